"""Import hook: a module's source is patched in memory before it is compiled, and nothing else is.

The file stays as it is, and no byte code of a patched module is kept. A patch that does not fit the
source of today raises `StalePatch`, so that no mutant is ever silently the product itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from simulation.mutants.mutant import Mutant


class StalePatch(Exception):
    """The text that a mutant replaces is not there just once, or its module is loaded already."""


def patched(source: str, mutant: Mutant) -> str:
    """`source` with the mutant's mistake in it; raises `StalePatch`."""
    count = source.count(mutant.old)
    if count != 1:
        raise StalePatch(f"{mutant.name}: its text occurs {count} times in {mutant.module}")
    if mutant.new == mutant.old:
        raise StalePatch(f"{mutant.name} changes nothing")
    return source.replace(mutant.old, mutant.new)


def compiled(mutant: Mutant, path: str) -> CodeType:
    """The code of the mutant's module, whose source is at `path`; raises `StalePatch`."""
    source = Path(path).read_text(encoding="utf-8")
    return compile(patched(source, mutant), path, "exec", dont_inherit=True)


class _PatchedLoader(SourceFileLoader):
    """Loads one module with the mutant's mistake; never from byte code."""

    def __init__(self, mutant: Mutant, path: str) -> None:
        super().__init__(mutant.module, path)
        self._mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        """The patched code."""
        return compiled(self._mutant, self.path)


class _MutantFinder(MetaPathFinder):
    """Finds the mutant's module, and leaves all others to those who find them otherwise."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's own spec, with a loader that patches."""
        if fullname != self._mutant.module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            raise StalePatch(f"{self._mutant.name}: there is no module {fullname}")
        spec.loader = _PatchedLoader(self._mutant, spec.origin)
        return spec


@contextmanager
def mutated(mutant: Mutant) -> Iterator[None]:
    """While this lasts, the mutant's module is imported with its mistake.

    Raises `StalePatch` if it has been imported before: what others took from it would not change.
    """
    if mutant.module in sys.modules:
        raise StalePatch(f"{mutant.module} is loaded already")
    finder = _MutantFinder(mutant)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
