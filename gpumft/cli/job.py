"""A settled run, and doing it."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpumft.cli.output import UsageError, note
from gpumft.cli.picture import Picture
from gpumft.cli.progress import Reporter, reporter
from gpumft.errors import MFError

if TYPE_CHECKING:
    from types import FrameType

    from gpumft.device import Device
    from gpumft.pipeline.report import Report


@dataclass(frozen=True, slots=True)
class Job:
    """What `gpumft run` was asked to do.

    Thread-safety: immutable; runs are for the main thread.

    Attributes:
        source: the input file.
        target: the output file.
        picture: what is asked of the pictures.
        codec: an encoder, "auto", or None for the default.
        codec_options: of the encoder and the container.
        start: hns, or None for the beginning.
        end: hns, or None for the end.
        device: its spec, or None.
        threads: of the CPU, or None.
        sheet: a PNG to write too, or None.
        rows: pairs of frames on the sheet.
    """

    source: str
    target: str
    picture: Picture
    codec: str | None = None
    codec_options: dict[str, Any] = field(default_factory=dict)
    start: int | None = None
    end: int | None = None
    device: str | None = None
    threads: int | None = None
    sheet: str | None = None
    rows: int = 3

    @property
    def outputs(self) -> tuple[str, ...]:
        """The files to write."""
        return tuple(filter(None, (self.target, self.sheet)))

    def check_outputs(self, *, replace: bool) -> bool:
        """Refuse to replace files, unless told to; on a terminal, ask.

        Returns:
            Whether the video may replace a file that is there, or comes to be there meanwhile.

        Raises:
            UsageError: a file is there, an output is the input, or a sheet is wanted of a pipe.
            MFError: the sheet cannot be made there.
        """
        from gpumft.pipeline.files.pipes import is_pipe
        from gpumft.pipeline.files.temporary import check_place

        if self.sheet is not None and not self.sheet.lower().endswith(".png"):
            raise UsageError(f"--sheet: {self.sheet!r} is no PNG; end its name in .png")
        source = Path(self.source)
        if self.sheet is not None and source.exists() and is_pipe(self.source):
            raise UsageError(
                f"--sheet: {self.source!r} is a pipe, read once, and a sheet takes its pictures "
                "again; save it as a file first, or leave --sheet out"
            )
        for name in self.outputs:
            path = Path(name)
            if source.is_file() and path.exists() and path.samefile(source):
                raise UsageError(f"{name!r} is the input itself; name another file for the output")
        if self.sheet is not None:
            check_place(self.sheet, overwrite=True)
        asked = [name for name in self.outputs if Path(name).is_file() and not replace]
        for name in asked:
            _ask(name)
        return replace or self.target in asked

    def work(self, progress: str, *, overwrite: bool = True) -> Report:
        """Do it, and write the sheet.

        Args:
            progress: kind of reporter.
            overwrite: whether the video may replace a file.

        Raises:
            MFError: what `gpumft.transcode` raises.
            KeyboardInterrupt: Ctrl-C, or the process was told to end.
        """
        with _stoppable(), self.open_device() as device:
            try:
                with reporter(progress) as shown:
                    report = self._transcode(device, shown, overwrite=overwrite)
            except KeyboardInterrupt as error:
                raise KeyboardInterrupt("interrupted; nothing was written") from error
            if self.sheet is not None:
                try:
                    self._write_sheet(device, self.sheet)
                except KeyboardInterrupt as error:
                    message = f"interrupted; {self.target!r} is written, {self.sheet!r} is not"
                    raise KeyboardInterrupt(message) from error
                except MFError:
                    note(f"{self.target!r} is written, {self.sheet!r} is not:")
                    raise
        return report

    def _transcode(self, device: Device, shown: Reporter, *, overwrite: bool) -> Report:
        from gpumft.pipeline.transcoding import transcode

        return transcode(
            self.source,
            self.target,
            device=device,
            codec=self.codec,
            options=self.codec_options,
            progress=shown,
            start=self.start,
            end=self.end,
            overwrite=overwrite,
            **self.picture.for_transcode(),
        )

    def _write_sheet(self, device: Device, path: str) -> None:
        from gpumft.cli.sheet import write_sheet

        start = self.start or 0
        write_sheet(self.source, self.target, path, rows=self.rows, start=start, device=device)

    def open_device(self) -> Device:
        """Open the device that was named, or the best there is."""
        from gpumft.device import open_device

        return open_device(self.device, threads=self.threads)


def _ask(name: str) -> None:
    """Ask on a terminal whether a file may be replaced; elsewhere the answer is no."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{name!r} exists already; give -y to replace it")
    import typer

    if not typer.confirm(f"{name} exists; replace it?", err=True):
        raise UsageError(f"{name!r} is kept; nothing was written")


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Let a polite kill end a run as Ctrl-C does: threads joined, nothing half-written."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
