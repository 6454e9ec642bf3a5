"""One mutant in a process of its own: `python -m simulation.mutants.run NAME` prints its result.

The mistake has to be in place before anything of the product is imported, so nothing of it is
imported here before that.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from time import monotonic

from simulation.mutants.hunt import SECONDS_MAX, WORLDS_MAX, MutantResult
from simulation.mutants.listed import mutant_named
from simulation.mutants.mutant import PAYMENTS, Mutant
from simulation.mutants.patching import mutated


def hunted(mutant: Mutant) -> MutantResult:
    """Live through worlds with the mistake, from seed 0 on, until one breaks an invariant."""
    begun, payments, seed = monotonic(), 0, 0
    invariant, text = None, ""
    with mutated(mutant):
        from simulation.world import Scope, World

        while invariant is None and not text:
            try:
                ended = World(Scope(seed, PAYMENTS, mutant.level, mutant.plan or None)).run()
            except Exception as error:
                text = f"raised {type(error).__name__}: {error}"
                break
            payments += ended.payments
            if ended.violations:
                first = ended.violations[0]
                invariant, text = first.invariant, first.text
            elif mutant.plan or seed + 1 == WORLDS_MAX or monotonic() - begun > SECONDS_MAX:
                break
            else:
                seed += 1
    return MutantResult(
        name=mutant.name,
        description=mutant.description,
        caught=invariant is not None,
        invariant=invariant,
        seed=seed,
        payments=payments,
        seconds=round(monotonic() - begun, 2),
        text=text or f"nothing wrong in {seed + 1} worlds",
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(hunted(mutant_named(sys.argv[1])))) + "\n")
