"""VideoProcessor: any format and size into any other, with effects, in one pass."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gpumft.device import Device
from gpumft.effects import MatrixEffect
from gpumft.errors import InvalidMediaType, MFError, NoInterface
from gpumft.media import PartialType, VideoType
from gpumft.ops import Converter, as_device, make_options, plan, shown
from gpumft.samples import Sample
from gpumft.transforms.formats import CONVERTIBLE
from gpumft.transforms.video_transform import TypeLike, VideoTransform, as_video_type


class VideoProcessor(VideoTransform):
    """Converts, scales, crops, turns and treats pictures.

    Args:
        device: a Device, its spec, or None for the best there is.
        options: those of `gpumft.convert`.

    Raises:
        InvalidArg: an unknown option or value.
        DeviceUnavailable: there is no such device.

    Either type may be set first; whatever the output's type leaves open comes from the input's.
    Samples that come out carry the resolved output type.

    Thread-safety: calls are serialised by the transform's own lock.
    Source: IMFTransform; the Video Processor MFT.
    """

    takes_device = True

    def __init__(self, *, device: Device | str | None = None, **options: Any) -> None:
        super().__init__()
        self._options = make_options(**options)
        self._device = as_device(device)
        self._converter: Converter | None = None

    @property
    def converter(self) -> Converter | None:
        """The conversion in force, with its plan; None unless both types are set."""
        typed = self._input_type() is not None and self._output_type() is not None
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
        return settled.target

    def process(self, src: Sample, dst: Sample) -> None:
        """Convert one picture."""
        if self._converter is not None:
            self._converter(src.planes, dst.planes)

    def _set_device(self, device: object) -> None:
        if device is not None and not isinstance(device, Device):
            msg = f"{type(device).__name__} is no Device; open one with gpumft.open_device()"
            raise NoInterface(msg)
        chosen = as_device(device)
        if self._converter is not None:
            self._converter = Converter.of(self._converter.plan, chosen)
        self._device = chosen


class EffectTransform(VideoProcessor):
    """Applies effects; the output's type is the input's, less what its aperture hides.

    Args:
        effects: applied in order.
        device: a Device, its spec, or None for the best there is.

    Raises:
        InvalidArg: something that is no effect.
        DeviceUnavailable: there is no such device.

    Thread-safety: calls are serialised by the transform's own lock.
    Source: IMFTransform.
    """

    def __init__(self, *effects: MatrixEffect, device: Device | str | None = None) -> None:
        super().__init__(device=device, effects=effects)

    def output_types(self, input: VideoType) -> Iterable[TypeLike]:
        """Return the input's type, of the picture inside its aperture."""
        return (shown(input),)
