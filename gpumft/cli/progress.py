"""How far a run is: a bar, a line each five seconds, JSON, or nothing. All on stderr."""

from __future__ import annotations

import json
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from gpumft.pipeline.report import Progress

KINDS = ("auto", "plain", "json", "none")
_EVERY = 5.0
"""Seconds between two lines."""


class Reporter(ABC):
    """Called with a `Progress` now and then; a context manager around the run.

    If nobody reads stderr any more the reporter falls silent: the run goes on.

    Thread-safety: called by one thread at a time.
    """

    def __init__(self) -> None:
        self._listening = True

    def __call__(self, progress: Progress) -> None:
        """Show where the run stands."""
        if self._listening:
            try:
                self._show(progress)
            except OSError:
                self._listening = False

    @abstractmethod
    def _show(self, progress: Progress) -> None:
        """Show it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


class _Nothing(Reporter):
    def _show(self, progress: Progress) -> None:
        pass


class _Plain(Reporter):
    """A line each five seconds, for logs."""

    def __init__(self) -> None:
        super().__init__()
        self._next = time.monotonic() + _EVERY

    def _show(self, progress: Progress) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _EVERY
        words = [_count(progress), f"{progress.fps:.1f} fps"]
        if progress.eta is not None:
            words.append(f"{progress.eta:.0f} s left")
        print(f"gpumft: {', '.join(words)}", file=sys.stderr, flush=True)  # noqa: T201


class _Json(Reporter):
    """One object a line, for programs."""

    def _show(self, progress: Progress) -> None:
        line = {
            "frame": progress.frame,
            "total": progress.total,
            "time": progress.time,
            "fps": round(progress.fps, 2),
            "eta": None if progress.eta is None else round(progress.eta, 2),
            "device": progress.device,
        }
        print(json.dumps(line), file=sys.stderr, flush=True)  # noqa: T201


class _Bar(Reporter):
    """A bar with speed and remaining time, for terminals."""

    def __init__(self) -> None:
        super().__init__()
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        from gpumft.cli.output import console

        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            console=console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("starting", total=None, told="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def _show(self, progress: Progress) -> None:
        told = f"{progress.fps:.1f} fps"
        if progress.eta is not None:
            told += f", {progress.eta:.0f} s left"
        self._bar.update(
            self._task,
            total=progress.total,
            completed=progress.frame,
            description=_count(progress),
            told=told,
        )


def _count(progress: Progress) -> str:
    of = f" of {progress.total}" if progress.total else ""
    return f"{progress.frame}{of} frames"


def reporter(kind: str) -> Reporter:
    """Return the reporter of a kind; "auto" is a bar on a terminal, else lines."""
    if kind == "auto":
        return _Bar() if sys.stderr.isatty() else _Plain()
    makers: dict[str, Callable[[], Reporter]] = {"plain": _Plain, "json": _Json, "none": _Nothing}
    return makers[kind]()
