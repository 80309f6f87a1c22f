"""SampleCopier: pictures copied as they are, into the client's samples or onto a device."""

from __future__ import annotations

from collections.abc import Iterable

from gpumft.media import VideoType
from gpumft.samples import Sample
from gpumft.transforms.device_transform import DeviceTransform
from gpumft.transforms.video_transform import TypeLike


class SampleCopier(DeviceTransform):
    """Copies each picture, whole, into a sample of the same type: frame and aperture alike.

    Args:
        device: where the copies lie: a Device, its spec, or None for the best there is.
        maximum: most copies that are held at once on a graphics processor; None: as many as its
            memory holds.

    Raises:
        InvalidArg: a maximum below 1.
        DeviceUnavailable: there is no such device.

    The input's type is set first; setting it clears the output's, which can only be the same. A
    copy has the input's time and duration, where these are set, and no flags.

    Thread-safety: calls are serialised by the transform's own lock.
    Source: IMFTransform; the Sample Copier MFT.
    """

    def output_types(self, input: VideoType) -> Iterable[TypeLike]:
        """Return the input's type."""
        return (input,)

    def process(self, src: Sample, dst: Sample) -> None:
        """Copy one picture."""
        if dst.on_device:
            src.surface.copy_to(dst.surface)
            return
        for mine, theirs in zip(src.planes, dst.planes, strict=True):
            theirs[...] = mine

    def _keeps_outputs(self, type: VideoType, id: int) -> bool:
        return False

    def _stamp(self, output: Sample, id: int) -> None:
        super()._stamp(output, id)
        output.flags = 0
