"""Progress of long work on a terminal; plain lines where there is none."""

from __future__ import annotations

from types import TracebackType

from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from tools.output import notes


class ProgressReport:
    """One line per piece of work: a bar where its parts are countable, else a spinner."""

    def __init__(self) -> None:
        self._bars = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[count]}", justify="right"),
            TimeElapsedColumn(),
            console=notes,
        )
        self._doing = ""
        self._task: TaskID | None = None

    def __enter__(self) -> ProgressReport:
        if notes.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exception_type is None:
            self.close()
        else:
            self._bars.stop()

    def close(self) -> None:
        """Tick off what was done last and leave the terminal to others."""
        self._finish()
        self._bars.stop()

    def __call__(self, doing: str, done: int, total: int) -> None:
        """`done` of `total` parts of `doing` are done; 0 of 0 where they are not countable."""
        if doing != self._doing:
            self._finish()
            self._doing = doing
            if notes.is_terminal:
                self._task = self._bars.add_task(doing, total=None, count="")
            else:
                notes.print(doing)
        if self._task is not None and total:
            self._bars.update(self._task, completed=done, total=total, count=f"{done}/{total}")

    def _finish(self) -> None:
        if self._task is not None:
            task = self._bars.tasks[self._task]
            self._bars.update(self._task, completed=task.total or 1, total=task.total or 1)
            self._task = None
