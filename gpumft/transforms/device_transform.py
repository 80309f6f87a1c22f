"""DeviceTransform: a video transform whose pictures lie on a device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from gpumft.device import Device, Pool
from gpumft.device.cpu.memory import HOST
from gpumft.errors import InvalidArg, NoInterface
from gpumft.media import VideoType
from gpumft.mft import OutputStreamFlags, OutputStreamInfo
from gpumft.ops import as_device
from gpumft.samples import Sample
from gpumft.transforms.video_transform import VideoTransform


class DeviceTransform(VideoTransform):
    """What an author of a video transform on a device subclasses; everything else is inherited.

    Args:
        device: a Device, its spec, or None for the best there is.
        maximum: most pictures that come out of a graphics processor and are held at once; None:
            as many as its memory holds.

    Raises:
        InvalidArg: a maximum below 1.
        DeviceUnavailable: there is no such device.

    `process(src, dst)` gets Samples whose pictures are on `device`, wherever the client's are:
    `sample.surface.planes[0].array` is an array of the device's library. Within `process` CuPy's
    current device and stream are `device` and `device.stream`; all work goes to that queue.

    On the CPU clients bring the samples to write into. On other devices the transform provides
    them (PROVIDES_SAMPLES): pictures in the device's memory, which `to_numpy` copies. While all of
    `maximum` are held, `process_output` raises SampleAllocatorEmpty and keeps the input.

    Thread-safety: calls are serialised by the transform's own lock.
    Source: IMFTransform.
    """

    takes_device = True

    def __init__(self, *, device: Device | str | None = None, maximum: int | None = None) -> None:
        super().__init__()
        if maximum is not None and maximum < 1:
            msg = f"maximum is {maximum}; pictures cannot come out with less than 1"
            raise InvalidArg(msg)
        self._device = as_device(device)
        self._maximum = maximum
        self._uploads: Pool | None = None

    @property
    def device(self) -> Device:
        """Where pictures are processed."""
        return self._device

    def on_move(self, device: Device) -> None:
        """Rebuild what `configure` built for another device; raise to stay on the one there is."""

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

    def _begin_streaming(self) -> None:
        super()._begin_streaming()
        type = self._input_type()
        if type is not None and not self._on_host:
            self._upload_pool(type).fill(1)

    def _end_streaming(self) -> None:
        super()._end_streaming()
        self._uploads = None

    def _produce(self, into: Sample | None, id: int) -> Sample:
        if into is None and not self._on_host:
            into = self._allocate_output(id)
        return super()._produce(into, id)

    def _process(self, src: Sample, dst: Sample) -> None:
        with self._device.memory.current():
            if self._on_host:
                near = dst.on_host()
                self.process(src.on_host(), near)
                if near is not dst:
                    dst.surface.upload(near.planes)
                return
            with self._there(src) as there:
                self.process(there, dst)

    @contextmanager
    def _there(self, sample: Sample) -> Iterator[Sample]:
        """Give a sample on the device: this one, or a copy for as long as it is needed."""
        if sample.on_device and sample.surface.memory is self._device.memory:
            yield sample
            return
        near, type = sample.on_host(), self._input_type()
        assert type is not None  # noqa: S101 - samples come only when types are set
        with self._upload_pool(type).acquire() as surface:  # lent again after the work on it
            surface.upload(near.planes)
            yield near.moved(surface)

    def _upload_pool(self, type: VideoType) -> Pool:
        if self._uploads is None or self._uploads.type != type:
            self._uploads = Pool(type, self._device)
        return self._uploads

    def _set_device(self, device: object) -> None:
        if device is not None and not isinstance(device, Device):
            msg = f"{type(device).__name__} is no Device; open one with gpumft.open_device()"
            raise NoInterface(msg)
        chosen = as_device(device)
        self.on_move(chosen)
        self._device = chosen
        self._uploads = None
        if self._pool is not None:
            self._pool = self._make_pool(self._produced)
