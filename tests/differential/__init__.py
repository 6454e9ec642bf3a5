"""The adapters on DynamoDB and the ports in memory, asked the same.

The simulator proves things about PayFlow with the ports of `simulation.ports`, so those have to
promise what `payflow.aws` promises. Random sequences of three to eight operations are made on an
adapter and on its port at once: creations under ids that are taken, writes over right and wrong
versions, listings with every filter from page to page, claims and wallet operations under repeated
keys, pages that are appended twice, cards that expire. Every answer has to be equal, and every
error in its class and code. A sequence follows from a seed and its number, uses ids of its own, and
leaves the tables as it found them, so any one of them can be played again alone.

The reference is Amazon's own DynamoDB Local where its jars are (`make differential` fetches them if
Java and Maven are installed), and moto elsewhere: moto needs nothing but Python, so every test run
has it, but it is somebody's reading of DynamoDB where DynamoDB Local is Amazon's. KMS is a stub: a
vault in memory does not encrypt, and how the real one does is tested with it.

    make differential                   100,000 sequences against the best reference there is
    make differential SEQUENCES=5000    fewer
    .venv/bin/python -m tests.differential --first 4711 --sequences 1    one of them again

Not compared: `fingerprint` (keyed differently on purpose), the order of facts that were posted in
the same millisecond (no index promises one), and calls that are mistakes, such as counting in an
item that is not there. What indexes and TTL do later than a write, they do at once in both.
"""
