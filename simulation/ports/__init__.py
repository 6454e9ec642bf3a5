"""The ports in memory: plain dictionaries that keep the promises of `payflow.aws`, at full speed.

One module a port. Each answers and raises as its adapter on DynamoDB does, in the same order and
with the same cursors; `tests/differential` drives both through the same operations and compares.
What is eventual there (indexes, expiry by TTL) is immediate here. None is safe among threads: a run
has one, and each call is done before the next begins.
"""
