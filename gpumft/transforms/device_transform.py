"""DeviceTransform: a video transform whose pictures lie on a device."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

from gpumft.device import Device, Pool, Surface
from gpumft.device.cpu.memory import HOST
from gpumft.device.plane import Layout
from gpumft.errors import InvalidArg, NoInterface, OutOfMemory, SampleAllocatorEmpty
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
        batch: how many inputs are collected before output comes. Then each `process_output` gives
            one, and input is taken again when all are out; a drain ends the collecting. On a
            graphics processor `process_many` makes all that the pool has room for at the first of
            them; on the CPU each is made when a client brings a sample to write into.

    Raises:
        InvalidArg: a maximum or a batch below 1, or a batch of a transform that looks ahead.
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

    def __init__(
        self,
        *,
        device: Device | str | None = None,
        maximum: int | None = None,
        batch: int = 1,
    ) -> None:
        super().__init__()
        if maximum is not None and maximum < 1:
            msg = f"maximum is {maximum}; pictures cannot come out with less than 1"
            raise InvalidArg(msg)
        if batch < 1:
            msg = f"batch is {batch}; give 1 to convert each picture when it comes, or more"
            raise InvalidArg(msg)
        if batch > 1 and self.holds:
            msg = f"batch is {batch}, but {type(self).__name__} looks ahead by {self.holds}; give 1"
            raise InvalidArg(msg)
        if batch > 1:
            self.holds = batch - 1
        self.batch = batch
        """How many inputs are collected before output comes."""
        self._due = 0
        """How many of the inputs that are held, oldest first, are collected."""
        self._made: deque[Sample] = deque()
        """Pictures made of the oldest of these, not yet delivered."""
        self._device = as_device(device)
        self._maximum = maximum
        self._uploads: Pool | None = None
        self._uploaded: deque[Surface] = deque()
        """The latest uploads: the next ones need not wait for the work on them."""

    @property
    def device(self) -> Device:
        """Where pictures are processed."""
        return self._device

    def process_many(self, pictures: Sequence[tuple[Sample, Sample]]) -> None:
        """Make several pictures at once, as `process` makes one; default: one by one.

        Asked where a batch is larger than 1, on devices other than the CPU. Raise to refuse all of
        them: the inputs are then kept, and the client may try again.
        """
        for src, dst in pictures:
            self.process(src, dst)

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
        if self._pool is not None and not self._on_host:
            self._pool.fill(2 * self.batch)  # a batch, and the one that the client still holds
        super()._begin_streaming()
        type = self._input_type()
        if type is not None and not self._on_host:
            uploads = self._upload_pool(type)
            uploads.fill(self.batch)
            with suppress(OutOfMemory):  # then uploads wait for the work on the last ones
                uploads.fill(2 * self.batch)
            for each in (type, self._produced):
                self._device.memory.make_room(Layout.of(each).planes(None, 0))

    def _end_streaming(self) -> None:
        super()._end_streaming()
        self._drop_uploads()

    # --- Batches ---

    def _wants(self, id: int) -> bool:
        return not self._due if self.batch > 1 else super()._wants(id)

    def _received(self, sample: Sample, id: int) -> None:
        super()._received(sample, id)
        if len(self._held()) == self.batch:
            self._due = self.batch

    def _drain(self) -> None:
        super()._drain()
        self._due = len(self._held())

    def _ready(self, id: int, *, draining: bool) -> bool:
        return self._due > 0 if self.batch > 1 else super()._ready(id, draining=draining)

    def _delivered(self, ids: Sequence[int]) -> None:
        super()._delivered(ids)
        self._due = max(0, self._due - 1)
        if self._made:
            self._made.popleft()

    def _restart(self) -> None:
        super()._restart()
        self._due = 0
        self._made.clear()

    def _produce(self, into: Sample | None, id: int) -> Sample:
        if self._on_host:
            return super()._produce(into, id)
        if self.batch == 1:
            return super()._produce(self._allocate_output(id) if into is None else into, id)
        if not self._made:
            self._made.extend(self._produced_together(id))
        return self._made[0]

    def _produced_together(self, id: int) -> list[Sample]:
        """Make as many of the collected inputs as the pool has room for, at least one."""
        made = self._lent(id)
        with self._device.memory.current(), ExitStack() as held:
            pictures = [
                (self._source(sample, held), held.enter_context(into.seen_as(self._produced)))
                for sample, into in zip(self._held(), made, strict=False)
            ]
            self.process_many(pictures)
        for into in made:
            self._mark_made(into)
        return made

    def _lent(self, id: int) -> list[Sample]:
        if self._pool is not None:
            self._pool.fill(self._due)  # in one allocation, if they are not there
        made = [self._allocate_output(id)]
        with suppress(SampleAllocatorEmpty):
            while len(made) < self._due:
                made.append(self._allocate_output(id))
        return made

    def _source(self, sample: Sample, held: ExitStack) -> Sample:
        """Return a sample on the device; one that is uploaded is not locked any longer."""
        type = self._input_type()
        assert type is not None  # noqa: S101 - samples come only when types are set
        if sample.on_device and sample.surface.memory is self._device.memory:
            return held.enter_context(sample.seen_as(type))
        with sample.seen_as(type) as seen:
            return held.enter_context(self._there(seen))

    # --- One picture ---

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
        surface = self._upload_surface(type)
        try:
            surface.upload(near.planes)
            yield near.moved(surface)
        finally:
            self._uploaded.append(surface)
            if len(self._uploaded) > self.batch:
                self._uploaded.popleft().release()

    def _upload_surface(self, type: VideoType) -> Surface:
        """Return a surface that no recent work uses, where there is room for one."""
        pool = self._upload_pool(type)
        try:
            return pool.acquire()
        except OutOfMemory:
            if not self._uploaded:
                raise
            self._uploaded.popleft().release()
            return pool.acquire()

    def _upload_pool(self, type: VideoType) -> Pool:
        if self._uploads is None or self._uploads.type != type:
            self._drop_uploads()
            self._uploads = Pool(type, self._device)
        return self._uploads

    def _drop_uploads(self) -> None:
        while self._uploaded:
            self._uploaded.pop().release()
        self._uploads = None

    def _set_device(self, device: object) -> None:
        if device is not None and not isinstance(device, Device):
            msg = f"{type(device).__name__} is no Device; open one with gpumft.open_device()"
            raise NoInterface(msg)
        chosen = as_device(device)
        self.on_move(chosen)
        self._device = chosen
        self._drop_uploads()
        if self._pool is not None:
            self._pool = self._make_pool(self._produced)
