"""VideoProcessor: any format and size into any other, with effects, in one pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from gpumft.device import Device, Pool
from gpumft.device.cpu.memory import HOST
from gpumft.effects import MatrixEffect
from gpumft.errors import InvalidArg, InvalidMediaType, MFError, NoInterface
from gpumft.media import PartialType, VideoType
from gpumft.mft import OutputStreamFlags, OutputStreamInfo
from gpumft.ops import Converter, as_device, make_options, plan, shown
from gpumft.samples import Sample
from gpumft.transforms.formats import CONVERTIBLE
from gpumft.transforms.video_transform import TypeLike, VideoTransform, as_video_type


class VideoProcessor(VideoTransform):
    """Converts, scales, crops, turns and treats pictures.

    Args:
        device: a Device, its spec, or None for the best there is.
        maximum: most pictures that come out of a graphics processor and are held at once; None:
            as many as its memory holds.
        options: those of `gpumft.convert`.

    Raises:
        InvalidArg: an unknown option or value, or a maximum below 1.
        DeviceUnavailable: there is no such device.

    On the CPU clients bring the samples to write into. On other devices the transform provides
    them (PROVIDES_SAMPLES): pictures in the device's memory, which `to_numpy` copies. While all of
    `maximum` are held, `process_output` raises SampleAllocatorEmpty and keeps the input. Input on
    the same device is read where it is; from anywhere else it is uploaded.

    Either type may be set first; whatever the output's type leaves open comes from the input's.
    Samples that come out carry the resolved output type.

    Thread-safety: calls are serialised by the transform's own lock.
    Source: IMFTransform; the Video Processor MFT.
    """

    takes_device = True

    def __init__(
        self, *, device: Device | str | None = None, maximum: int | None = None, **options: Any
    ) -> None:
        super().__init__()
        if maximum is not None and maximum < 1:
            msg = f"maximum is {maximum}; pictures cannot come out with less than 1"
            raise InvalidArg(msg)
        self._options = make_options(**options)
        self._device = as_device(device)
        self._maximum = maximum
        self._uploads: Pool | None = None
        self._converter: Converter | None = None

    @property
    def converter(self) -> Converter | None:
        """The conversion in force, with its plan; None unless both types are set."""
        typed = self._input_type() is not None and self._wanted()
        return self._converter if typed else None

    def output_types(self, input: VideoType) -> Iterable[TypeLike]:
        """Return every format; the input's own comes first."""
        first = [name for name in CONVERTIBLE if name == input.format]
        rest = [name for name in CONVERTIBLE if name != input.format]
        return tuple(PartialType(format=name) for name in first + rest)

    def _completed(self, type: object, input: VideoType) -> VideoType:
        return as_video_type(type, like=shown(input))

    def configure(self, input: VideoType, output: VideoType) -> VideoType:
        """Plan and build the conversion."""
        try:
            settled = plan(input, output, self._options)
        except InvalidMediaType:
            raise
        except MFError as error:
            raise InvalidMediaType(str(error)) from error
        self._converter = Converter.of(settled, self._device)
        self._uploads = None
        return settled.target

    def process(self, src: Sample, dst: Sample) -> None:
        """Convert one picture."""
        converter = self._converter
        if converter is None:
            return
        if src.on_device and src.surface.memory is not self._device.memory:
            src = src.on_host()
        if self._on_host or src.on_device:
            converter(src.planes, dst.planes)
            return
        if self._uploads is None:
            self._uploads = Pool(converter.source, self._device)
        with self._uploads.acquire() as surface:  # its slot is used again after the conversion
            surface.upload(src.planes)
            converter(surface.planes, dst.planes)

    @property
    def _on_host(self) -> bool:
        return self._device.memory is HOST

    def _output_info(self, id: int) -> OutputStreamInfo:
        info = super()._output_info(id)
        if self._on_host:
            return info
        return replace(info, flags=info.flags | OutputStreamFlags.PROVIDES_SAMPLES)

    def _make_pool(self, type: VideoType) -> Pool:
        if self._on_host:
            return super()._make_pool(type)
        return Pool(type, self._device, maximum=self._maximum)

    def _end_streaming(self) -> None:
        super()._end_streaming()
        self._uploads = None

    def _produce(self, into: Sample | None, id: int) -> Sample:
        if into is None and not self._on_host:
            into = self._allocate_output(id)
        return super()._produce(into, id)

    def _set_device(self, device: object) -> None:
        if device is not None and not isinstance(device, Device):
            msg = f"{type(device).__name__} is no Device; open one with gpumft.open_device()"
            raise NoInterface(msg)
        chosen = as_device(device)
        if self._converter is not None:
            self._converter = Converter.of(self._converter.plan, chosen)
        self._device = chosen
        self._uploads = None
        if self._pool is not None:
            self._pool = self._make_pool(self._produced)


class EffectTransform(VideoProcessor):
    """Applies effects; the output's type is the input's, less what its aperture hides.

    Args:
        effects: applied in order.
        device: a Device, its spec, or None for the best there is.
        maximum: as for VideoProcessor.

    Raises:
        InvalidArg: something that is no effect, or a maximum below 1.
        DeviceUnavailable: there is no such device.

    Thread-safety: calls are serialised by the transform's own lock.
    Source: IMFTransform.
    """

    def __init__(
        self,
        *effects: MatrixEffect,
        device: Device | str | None = None,
        maximum: int | None = None,
    ) -> None:
        super().__init__(device=device, maximum=maximum, effects=effects)

    def output_types(self, input: VideoType) -> Iterable[TypeLike]:
        """Return the input's type, of the picture inside its aperture."""
        return (shown(input),)
