"""Routing policies against workloads whose true success rates are known."""
