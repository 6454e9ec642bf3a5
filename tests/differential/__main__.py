"""The long run: `python -m tests.differential`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from tests.differential.driver import Difference
from tests.differential.payments import small_limits
from tests.differential.reference import Reference, best_references
from tests.differential.sequences import SEED, play

TELL_EVERY_S = 20.0
DIFFERENCES_MAX = 10


def main() -> None:
    """Play as many sequences as are asked for; ends with status 1 if there are differences."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential")
    parser.add_argument("--sequences", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    numbers = range(arguments.first, arguments.first + arguments.sequences)
    run = Run(arguments.seed, len(numbers))
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, run.stop)
    with best_references() as references, small_limits():
        _say(f"{len(numbers)} sequences from {arguments.first} on, seed {arguments.seed},")
        _say(f"against {references[0].name}")
        with ThreadPoolExecutor(len(references)) as pool:
            parts = [
                pool.submit(run.play, reference, numbers[place :: len(references)])
                for place, reference in enumerate(references)
            ]
        for part in parts:
            part.result()
    _say(f"{run.played} sequences played, {run.differences} differences")
    sys.exit(run.differences > 0 or run.played < len(numbers))


class Run:
    """What is done so far, told now and then."""

    def __init__(self, seed: int, sequences: int) -> None:
        self.played = self.differences = 0
        self._seed, self._sequences, self._operations = seed, sequences, 0
        self._began = self._told = time.monotonic()
        self._lock = threading.Lock()
        self._is_over = False

    def stop(self, *_: object) -> None:
        """End after the sequences that are being played; a signal's handler."""
        self._is_over = True

    def play(self, reference: Reference, numbers: Iterable[int]) -> None:
        """Play all of `numbers`, or until there are differences enough to look at."""
        for number in numbers:
            if self._is_over or self.differences >= DIFFERENCES_MAX:
                return
            try:
                operations = play(reference, number, self._seed)
            except Difference as difference:
                _say(str(difference))
                operations, self.differences = 0, self.differences + 1
            with self._lock:
                self._add(operations)

    def _add(self, operations: int) -> None:
        self.played, self._operations = self.played + 1, self._operations + operations
        now = time.monotonic()
        if now - self._told >= TELL_EVERY_S or self.played == self._sequences:
            self._told = now
            done = f"{self.played:>7} sequences, {self._operations:>8} operations"
            _say(f"{done}, {now - self._began:.0f} s")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
