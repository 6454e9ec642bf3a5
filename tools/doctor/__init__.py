"""`payflow doctor`: the invariants of a running deployment, checked from outside.

What is stored is read with the product's own decoders, but judged with arithmetic of this package:
a check never calls the function whose result it checks, or it would repeat the mistake that it is
there to find. `sources` and `examination` read, the modules named after families of invariants
judge (pure functions from facts to problems), `probes` try the API, `report` tells.
"""
