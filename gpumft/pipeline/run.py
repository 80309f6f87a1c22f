"""Run: the three stages of a transcode, each in its thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from gpumft.errors import Truncated, Unexpected
from gpumft.media import VideoType
from gpumft.pipeline import report
from gpumft.pipeline.files.packets import EncodedPacket
from gpumft.pipeline.files.reader import Reader
from gpumft.pipeline.files.writer import Writer
from gpumft.pipeline.report import Progress, Report
from gpumft.pipeline.stages import Chain
from gpumft.pipeline.workers import Channel, Workers
from gpumft.samples import Sample

_AHEAD = 4
"""Pictures that may wait between two stages."""
_ROOM = 1 << 29
"""Bytes that they may take; one picture may always wait."""
_TICK = 0.05
"""Seconds between two looks at the progress."""


@dataclass(frozen=True, slots=True)
class Types:
    """The types at both ends of a run.

    Thread-safety: immutable.
    """

    source: VideoType
    """Of the input, with what the caller stated; unspecified fields are None."""
    target: VideoType
    """Of the output, every field filled."""


class Run:
    """One transcode under way.

    Args:
        reader: the input, at its beginning.
        chain: the transforms, with their types set.
        writer: the output.
        types: of both ends.
        device: spec of the device of the transforms.
        whole: whether all of the input is wanted.
        began: `time.perf_counter()` when the caller began.

    Thread-safety: `work` is called once; its threads share only channels and counters.
    """

    def __init__(
        self,
        reader: Reader,
        chain: Chain,
        writer: Writer,
        types: Types,
        device: str,
        *,
        whole: bool,
        began: float,
    ) -> None:
        self._reader = reader
        self._chain = chain
        self._writer = writer
        self._source = types.source
        self._target = types.target
        self._device = device
        self._whole = whole
        self._began = began
        self._decoded: Channel[Sample] = Channel(_ahead(types.source))
        self._encoded: Channel[Sample | EncodedPacket] = Channel(_ahead(types.target))
        self._workers = Workers(self._decoded.stop, self._encoded.stop, reader.stop)
        self._last = 0
        self._begin: int | None = None
        self._end = 0
        self._first_frame = 0.0
        self._read = 0
        self._stamp: tuple[int, Fraction] | None = None
        self._moved = 0
        self._switched = False

    def work(
        self,
        items: Iterator[Sample | EncodedPacket],
        progress: Callable[[Progress], object] | None,
        total: int | None,
    ) -> None:
        """Run to the end, or raise what went wrong with every thread ended."""
        told = -1

        def look() -> None:
            nonlocal told
            if progress is not None and self._writer.frames != told:
                told = self._writer.frames
                progress(self._progress(total))

        self._workers.run(
            _TICK,
            look,
            decode=lambda: self._decode(items),
            transform=self._transform,
            encode=self._encode,
        )
        if self._chain.one_to_one and self._writer.frames != self._read:
            raise Unexpected(f"{self._read} pictures went in and {self._writer.frames} came out")
        total = self._writer.frames
        look()

    def _decode(self, items: Iterator[Sample | EncodedPacket]) -> None:
        for item in items:
            if isinstance(item, Sample):
                self._read += 1
                self._decoded.put(item)
            else:
                self._encoded.put(item, counted=False)
        if not self._read:
            raise Truncated(f"no picture of {self._reader.path!r} could be decoded")
        self._decoded.finish()

    def _transform(self) -> None:
        for sample in self._transformed(iter(self._decoded)):
            self._encoded.put(sample)
        self._encoded.finish()

    def _transformed(self, samples: Iterator[Sample]) -> Iterator[Sample]:
        """Run the chain; where the stream changes its type, drain and set the types again."""
        current = self._reader.type
        waiting = next(samples, None)

        def alike() -> Iterator[Sample]:
            nonlocal waiting
            while waiting is not None and waiting.type == current:
                yield waiting
                waiting = next(samples, None)

        while waiting is not None:
            if waiting.type is not None and waiting.type != current:
                current = waiting.type
                self._switched |= current.interlace is not self._source.interlace
                self._chain.set_types(_like(current, self._source), self._target)
            yield from self._chain.run(alike())

    def _encode(self) -> None:
        for item in self._encoded:
            if isinstance(item, EncodedPacket):
                self._writer.write_packet(item)
                continue
            self._writer.write(self._in_time(item))
            if not self._first_frame:
                self._first_frame = time.perf_counter() - self._began
            self._last = item.time or 0
            self._begin = self._last if self._begin is None else self._begin
            self._end = self._last + (item.duration or 0)
        self._writer.finish()

    def _in_time(self, sample: Sample) -> Sample:
        """Return the sample, moved behind the one before if its time stamp does not go on."""
        if sample.pts is not None:
            before = self._stamp
            if before is not None and sample.time_base == before[1] and sample.pts <= before[0]:
                sample.pts = before[0] + 1
                self._moved += 1
            if sample.time_base is not None:
                self._stamp = (sample.pts, sample.time_base)
        return sample

    def _notes(self) -> tuple[str, ...]:
        notes = []
        if self._moved:
            notes.append(f"{self._moved} time stamps did not go on and were moved by the least")
        if self._switched:
            notes.append(
                "the input changes between interlaced and progressive pictures; all were treated "
                f"as its first ({self._source.interlace})"
            )
        claimed = self._reader.frames
        whole = self._whole and not self._reader.damage and self._reader.counts_exactly
        if whole and claimed is not None and claimed != self._read:
            notes.append(f"the header says {claimed} pictures, {self._read} were decoded")
        return tuple(notes)

    def _progress(self, total: int | None) -> Progress:
        frame = self._writer.frames
        seconds = time.perf_counter() - self._began
        fps = frame / seconds if seconds else 0.0
        eta = (total - frame) / fps if total is not None and fps else None
        return Progress(
            frame, total, self._last, fps, max(0.0, eta) if eta is not None else None, self._device
        )

    def report(self) -> Report:
        """Say what was done."""
        seconds = self._workers.seconds
        decoded, encoded = self._decoded, self._encoded
        waits = {
            "decode": decoded.gave,
            "transform": decoded.took + encoded.gave,
            "encode": encoded.took,
        }
        split = {
            name: report.Stage(max(0.0, seconds[name] - waited), waited)
            for name, waited in waits.items()
        }
        return Report(
            path=self._writer.path,
            frames=self._writer.frames,
            duration=self._end - (self._begin or 0),
            seconds=time.perf_counter() - self._began,
            first_frame=self._first_frame,
            decode=split["decode"],
            transform=split["transform"],
            encode=split["encode"],
            device=self._device,
            codec=self._writer.codec,
            input_type=self._source.resolved(),
            output_type=self._target,
            filled=tuple(n for n in self._source.unspecified if n not in ("frame_rate", "light")),
            streams=tuple(str(stream) for stream in self._writer.copied),
            warnings=self._notes(),
            partial=False,
        )


def _like(changed: VideoType, first: VideoType) -> VideoType:
    """Return a stream's new type with what the caller stated about its first one."""
    stated = ("matrix", "primaries", "transfer", "range", "siting", "alpha")
    words = {n: getattr(first, n) for n in stated if getattr(changed, n) is None}
    return changed.replace(interlace=first.interlace, **words)


def _ahead(kind: VideoType) -> int:
    """Return how many pictures of a type may wait."""
    return max(1, min(_AHEAD, _ROOM // kind.image_size))
