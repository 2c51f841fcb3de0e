"""A line per notebook on the terminal while it runs."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from analysis.language import _, number
from analysis.report.execution import Execution


class TerminalProgress:
    """Show how far each notebook is; without a terminal, print one line when it has ended."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tasks: dict[str, TaskID] = {}
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"))
        self._bars = Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal)

    def __enter__(self) -> TerminalProgress:
        """Begin to draw."""
        self._bars.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave the lines as they are."""
        self._bars.stop()

    def start(self, name: str, cells: int) -> None:
        """Add the line of notebook ``name``."""
        self._tasks[name] = self._bars.add_task(name, total=cells, state=_("running"))

    def step(self, name: str) -> None:
        """Move the bar of ``name`` on by one cell."""
        self._bars.advance(self._tasks[name])

    def end(self, execution: Execution) -> None:
        """Say how the notebook ended."""
        state = _("failed") if execution.failure else _("done")
        task = self._tasks[execution.name]
        self._bars.update(task, state=state)
        self._bars.stop_task(task)
        if not self._console.is_terminal:
            message = _("{name}: {state} after {seconds} s")
            self._console.print(
                message.format(name=execution.name, state=state, seconds=number(execution.seconds, 1)),
                highlight=False,
                markup=False,
            )
