"""Policies: which arm gets the next payment, learnt from outcomes alone.

A policy sees opaque arms, one decision and one outcome at a time; no provider, no payment, no
money. Benchmarks and third parties use it through `create_strategy` and `strategy_names` of
`payflow.domain.routing.strategies`. Nothing here is loaded before a policy is asked for.
"""
