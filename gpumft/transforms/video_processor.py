"""VideoProcessor: any format and size into any other, with effects, in one pass."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from gpumft.device import Device
from gpumft.effects import FrameEffect
from gpumft.errors import InvalidMediaType, MFError
from gpumft.media import PartialType, Transfer, VideoType
from gpumft.ops import Converter, PeakHistory, Reading, make_options, shown
from gpumft.samples import Sample
from gpumft.transforms.device_transform import DeviceTransform
from gpumft.transforms.formats import CONVERTIBLE
from gpumft.transforms.passes import AnyEffect, Passes, Step, listed, settle
from gpumft.transforms.video_transform import TypeLike, as_video_type


class VideoProcessor(DeviceTransform):
    """Converts, scales, crops, turns and treats pictures.

    Args:
        device: a Device, its spec, or None for the best there is.
        maximum: most pictures that come out of a graphics processor and are held at once; None:
            as many as its memory holds.
        batch: how many inputs are collected and converted together, in the launches of one; what
            comes out is the same. A drain converts those that are there. See DeviceTransform.
        effects: in order. Those that fuse are part of the conversion; a FrameEffect is a pass of
            its own, at its place in the order.
        options: the others of `gpumft.convert`.

    Raises:
        InvalidArg: an unknown option or value, a maximum or a batch below 1, or a frame effect
            that cannot run on the device.
        DeviceUnavailable: there is no such device.

    On the CPU clients bring the samples to write into. On other devices the transform provides
    them (PROVIDES_SAMPLES): pictures in the device's memory, which `to_numpy` copies. While all of
    `maximum` are held, `process_output` raises SampleAllocatorEmpty and keeps the input. Input on
    the same device is read where it is; from anywhere else it is uploaded.

    With `peak="detect"` the peak of HDR input is measured in each picture and followed over time
    (docs/light.md, 12), without latency. A flush, a discontinuity, other types and END_STREAMING
    forget what came before; a drain does not.

    Either type may be set first; whatever the output's type leaves open comes from the input's.
    Samples that come out carry the resolved output type.

    Thread-safety: calls are serialised by the transform's own lock.
    Source: IMFTransform; the Video Processor MFT.
    """

    def __init__(
        self,
        *,
        device: Device | str | None = None,
        maximum: int | None = None,
        batch: int = 1,
        effects: AnyEffect | Iterable[AnyEffect] = (),
        **options: Any,
    ) -> None:
        super().__init__(device=device, maximum=maximum, batch=batch)
        self._options = make_options(**options)
        self._effects = listed(effects)
        self._check_effects(self._device)
        self._passes: Passes | None = None
        self._history = PeakHistory.of(Transfer.PQ, None)
        """The peaks of what has come out."""
        self._coming: deque[PeakHistory] = deque()
        """The same with pictures that are made, but not delivered."""

    @property
    def converter(self) -> Converter | None:
        """The conversion in force, with its plan; None unless both types are set.

        None also where there are frame effects, for there may be several conversions: see `steps`.
        """
        return self._passes.converter if self._typed and self._passes else None

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is done to a picture, in order: fused conversions and frame effects."""
        return self._passes.steps if self._typed and self._passes else ()

    @property
    def _typed(self) -> bool:
        return self._input_type() is not None and self._output_type() is not None

    def output_types(self, input: VideoType) -> Iterable[TypeLike]:
        """Return every format; the input's own comes first."""
        first = [name for name in CONVERTIBLE if name == input.format]
        rest = [name for name in CONVERTIBLE if name != input.format]
        return tuple(PartialType(format=name) for name in first + rest)

    def _completed(self, type: object, input: VideoType) -> VideoType:
        return as_video_type(type, like=shown(input))

    def configure(self, input: VideoType, output: VideoType) -> VideoType:
        """Plan and build the passes."""
        try:
            steps = settle(input, output, self._options, self._effects)
        except InvalidMediaType:
            raise
        except MFError as error:
            raise InvalidMediaType(str(error)) from error
        self._passes = Passes(steps, self._device)
        transfer = Transfer(input.resolved().transfer or Transfer.PQ)
        self._history = PeakHistory.of(transfer, input.frame_rate)
        return steps[-1].type

    def on_move(self, device: Device) -> None:
        """Build for another device."""
        self._check_effects(device)
        if self._passes is not None:
            self._passes = Passes(self._passes.steps, device)

    def process(self, src: Sample, dst: Sample) -> None:
        """Convert and treat one picture."""
        self.process_many([(src, dst)])

    def process_many(self, pictures: Sequence[tuple[Sample, Sample]]) -> None:
        """Convert and treat pictures, those of a conversion in one launch."""
        coming: deque[PeakHistory] = deque()

        def follow(readings: Sequence[Reading]) -> list[float]:
            history = self._history
            for (src, _), reading in zip(pictures, readings, strict=True):
                known = history.forgotten() if src.discontinuity else history
                coming.append(history := known.after(reading))
            return [made.light for made in coming]

        if self._passes is not None:
            self._passes.run([(src.planes, dst.planes) for src, dst in pictures], follow)
            self._coming = coming

    def _delivered(self, ids: Sequence[int]) -> None:
        super()._delivered(ids)
        if self._coming:
            self._history = self._coming.popleft()

    def _restart(self) -> None:
        super()._restart()
        self._coming.clear()

    def _flush(self) -> None:
        super()._flush()
        self._history = self._history.forgotten()

    def _begin_streaming(self) -> None:
        super()._begin_streaming()
        if self._passes is not None:
            self._passes.fill(1 if self._on_host else self.batch)

    def _end_streaming(self) -> None:
        super()._end_streaming()
        self._history = self._history.forgotten()
        if self._passes is not None:
            self._passes.trim()

    def _check_effects(self, device: Device) -> None:
        for effect in self._effects:
            if isinstance(effect, FrameEffect):
                effect.check(device.memory)


class EffectTransform(VideoProcessor):
    """Applies effects; the output's type is the input's, less what its aperture hides.

    Args:
        effects: applied in order; a FrameEffect is a pass of its own.
        device: a Device, its spec, or None for the best there is.
        maximum: as for VideoProcessor.

    Raises:
        InvalidArg: something that is no effect or cannot run there, or a maximum below 1.
        DeviceUnavailable: there is no such device.

    Thread-safety: calls are serialised by the transform's own lock.
    Source: IMFTransform.
    """

    def __init__(
        self,
        *effects: AnyEffect,
        device: Device | str | None = None,
        maximum: int | None = None,
    ) -> None:
        super().__init__(device=device, maximum=maximum, effects=effects)

    def output_types(self, input: VideoType) -> Iterable[TypeLike]:
        """Return the input's type, of the picture inside its aperture."""
        return (shown(input),)
