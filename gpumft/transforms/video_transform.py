"""VideoTransform: what an author of a video transform subclasses; everything else is inherited."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from gpumft.device import Pool
from gpumft.device.cpu.memory import HOST
from gpumft.errors import (
    AttributeNotFound,
    Fail,
    InvalidArg,
    InvalidMediaType,
    NoInterface,
    SampleHasTooManyBuffers,
)
from gpumft.media import PartialType, PixelFormat, VideoType, sample_interlace
from gpumft.media.fields import read_enum
from gpumft.mft import (
    InputStreamFlags,
    InputStreamInfo,
    OutputStreamFlags,
    OutputStreamInfo,
    Transform,
)
from gpumft.samples import Buffer2D, MediaBufferLike, PlanesBuffer, Sample, linear_length
from gpumft.transforms.formats import CONVERTIBLE

TypeLike = VideoType | PartialType | Mapping[str, Any]
_IN = (
    InputStreamFlags.WHOLE_SAMPLES
    | InputStreamFlags.SINGLE_SAMPLE_PER_BUFFER
    | InputStreamFlags.FIXED_SAMPLE_SIZE
)
_OUT = (
    OutputStreamFlags.WHOLE_SAMPLES
    | OutputStreamFlags.SINGLE_SAMPLE_PER_BUFFER
    | OutputStreamFlags.FIXED_SAMPLE_SIZE
)
_READY = 2
"""Pictures that wait in the pool when streaming begins."""


class VideoTransform(Transform[Sample, VideoType]):
    """One video stream in, one out: pictures of one type become pictures of another.

    A subclass names its `formats` and writes `process`; if the output's type is not the input's it
    writes `output_types` too. `configure` may prepare what a pair of types needs, `on_flush` and
    `on_drain` hear of those messages.

    Thread-safety: calls of one transform are serialised by its own lock.
    Source: IMFTransform.
    """

    takes_bounds = True

    needs_times: ClassVar[bool] = False
    """Whether pictures need a time and a duration: without them `process_output` raises
    NoSampleTimestamp or NoSampleDuration, and keeps the input."""

    formats: ClassVar[tuple[PixelFormat | str, ...]] = CONVERTIBLE
    """Input formats, best first."""

    def __init__(self) -> None:
        super().__init__(inputs=1, outputs=1)
        self._pool: Pool | None = None
        # The output type last asked for, and the answer: it is asked for once a frame.
        self._informed: tuple[VideoType | None, OutputStreamInfo] = None, OutputStreamInfo(_OUT)

    # --- What an author writes ---

    def process(self, src: Sample, dst: Sample) -> None:
        """Make `dst.planes` from `src.planes`; both carry their negotiated `type`.

        Their planes are NumPy arrays: samples on a device are copied to the host and back. Derive
        from DeviceTransform to work where they are.

        Raise to refuse: the input is then kept, and the client may try again.
        """
        raise NotImplementedError("a video transform has to define process(src, dst)")

    def output_types(self, input: VideoType) -> Iterable[TypeLike]:
        """Return the types that may come out for an input type, best first; default: the same.

        A pair of types that is not among them is never configured.
        """
        return (input,)

    def configure(self, input: VideoType, output: VideoType) -> VideoType:
        """Prepare for a pair of types; return the type that produced samples carry.

        Raises:
            InvalidMediaType: the pair does not work.
        """
        del input
        return output

    def on_drain(self) -> None:
        """DRAIN has come."""

    def on_flush(self) -> None:
        """Forget what past samples left behind: after a flush, a drain, or a change of types."""

    # --- Media types ---

    def _input_types(self, id: int) -> Sequence[object]:
        del id
        return tuple(PartialType(format=name) for name in self.formats)

    def _output_types(self, id: int) -> Sequence[object]:
        del id
        current = self._input_type()
        return () if current is None else tuple(self.output_types(current))

    def _check_input_type(self, type: object, id: int) -> VideoType:
        del id
        found = as_video_type(type)
        if found.format not in self.formats:
            names = ", ".join(map(str, self.formats))
            msg = f"{_name(self)} does not take {found.format}; it takes {names}"
            raise InvalidMediaType(msg)
        if self._input_type() is None:
            for output in self._wanted():  # the client wanted these outputs first of all
                self._check_pair(found, output)
        return found

    def _keeps_outputs(self, type: VideoType, id: int) -> bool:
        """An output type that the new input type cannot become is cleared."""
        return all(self._makes(type, output) for output in self._wanted())

    def _wanted(self) -> list[VideoType]:
        """Return the types of the outputs that are selected."""
        return [stream.type for stream in self._outputs.values() if stream.type is not None]

    def _check_output_type(self, type: object, id: int) -> VideoType:
        del id
        current = self._input_type()
        if current is None:
            return as_video_type(type)
        if isinstance(type, PartialType | Mapping):
            for offer in self.output_types(current):
                if isinstance(offer, VideoType) and offer.matches(PartialType.of(type)):
                    return offer
        found = self._completed(type, current)
        self._check_pair(current, found)
        return found

    def _completed(self, type: object, input: VideoType) -> VideoType:
        """Return the whole output type that a client means, given the input's."""
        return as_video_type(type, like=input)

    def _makes(self, input: VideoType, output: VideoType) -> bool:
        return any(_matches(output, offer) for offer in self.output_types(input))

    def _check_pair(self, input: VideoType, output: VideoType) -> None:
        if not self._makes(input, output):
            told = _listed(self.output_types(input))
            msg = f"{_name(self)} cannot make {output} of {input}; it makes {told}"
            raise InvalidMediaType(msg)

    def _configure(self, inputs: Mapping[int, VideoType], outputs: Mapping[int, VideoType]) -> None:
        produced = self.configure(inputs[0], next(iter(outputs.values())))
        self._produced, self._pool = produced, self._make_pool(produced)

    def _input_info(self, id: int) -> InputStreamInfo:
        del id
        current = self._input_type()
        flags = _IN | (InputStreamFlags.HOLDS_BUFFERS if self.holds else InputStreamFlags(0))
        size = linear_length(current) if current else 0
        latency = self.holds * (current.frame_duration or 0) if current else 0
        return InputStreamInfo(latency, flags, size, max_lookahead=self.holds * size)

    def _output_info(self, id: int) -> OutputStreamInfo:
        current = self._output_type(id)
        if current is not self._informed[0]:
            size = linear_length(current) if current else 0
            self._informed = current, OutputStreamInfo(flags=_OUT, size=size)
        return self._informed[1]

    # --- Resources and samples ---

    def _make_pool(self, type: VideoType) -> Pool:
        """Return a pool for the pictures that come out."""
        return Pool(type, HOST)

    def _begin_streaming(self) -> None:
        if self._pool:
            self._pool.fill(_READY)

    def _end_streaming(self) -> None:
        if self._pool:  # a new one: what clients still hold of the old one dies in their hands
            self._pool = self._make_pool(self._produced)

    def _accept(self, sample: Sample, id: int) -> None:
        del id
        current = self._input_type()
        if current is None:  # the protocol asks for samples only when types are set
            return
        if not isinstance(sample, Sample):
            msg = (
                f"input is a {type(sample).__name__}; wrap it with Sample.from_numpy(planes, type)"
            )
            raise NoInterface(msg)
        if not sample.buffer_count:
            msg = "input sample has no buffer; give it one with the picture"
            raise Fail(msg)
        _check_single(sample, "input")
        said = sample.type
        if said is not None and (said.format, said.size) != (current.format, current.size):
            msg = f"sample is {said}, but the input type is {current}; set that type, or convert"
            raise InvalidMediaType(msg)
        if sample.attributes:
            sample_interlace(sample.attributes, current.interlace)
        with sample.seen_as(current):
            pass

    def _produce(self, into: Sample | None, id: int) -> Sample:
        del id
        current = self._input_type()
        if into is not None and not isinstance(into, Sample):
            msg = f"output is a {type(into).__name__}; give an OutputDataBuffer with a Sample"
            raise NoInterface(msg)
        if into is None or current is None or not into.buffer_count:
            msg = "output sample has no buffer; give one of output_stream_info().size bytes"
            raise InvalidArg(msg)
        _check_single(into, "output")
        if self.needs_times:
            self._held()[0].get_time()
            self._held()[0].get_duration()
        with self._held()[0].seen_as(current) as src, into.seen_as(self._produced) as dst:
            self._process(src, dst)
        self._mark_made(into)
        return into

    def _mark_made(self, into: Sample) -> None:
        """Say in a sample which picture it holds now."""
        into.type = self._produced
        buffer = into.buffer_by_index(0)
        buffer.set_length(_picture_bytes(buffer, self._produced))

    def _process(self, src: Sample, dst: Sample) -> None:
        near = dst.on_host()
        self.process(src.on_host(), near)
        if near is not dst:
            dst.surface.upload(near.planes)

    def _allocate_output(self, id: int) -> Sample:
        del id
        pool = self._pool
        if pool is None:
            msg = f"{_name(self)} has no output type; set both types first"
            raise InvalidArg(msg)
        surface = pool.acquire(0)
        sample = Sample((PlanesBuffer if surface.on_host else Buffer2D).over(surface))
        sample.type = self._produced
        return sample

    def _drain(self) -> None:
        self.on_drain()

    def _restart(self) -> None:
        self.on_flush()


def as_video_type(type: object, like: VideoType | None = None) -> VideoType:
    """Return the whole type that a client means; what is missing comes from `like`.

    Raises:
        AttributeNotFound: format or size are missing.
        InvalidMediaType: not a media type at all.
    """
    if isinstance(type, VideoType):
        return type
    if not isinstance(type, PartialType | Mapping):
        msg = f"{type!r} is no media type; give a VideoType, a PartialType or a mapping"
        raise InvalidMediaType(msg)
    partial = PartialType.of(type)
    if like is not None:
        return partial.complete(like)
    for field, name in (("format", "MF_MT_SUBTYPE"), ("size", "MF_MT_FRAME_SIZE")):
        if getattr(partial, field) is None:
            msg = f"type {partial} lacks its {field} ({name}); give it, or set the input type first"
            raise AttributeNotFound(msg)
    return VideoType(**dict(partial.items()))


def transform(
    *, formats: tuple[PixelFormat | str, ...]
) -> Callable[[Callable[[Sample, Sample], None]], type[VideoTransform]]:
    """Return a decorator that makes a VideoTransform of `fn(src, dst)`.

    Args:
        formats: input formats; the output's type is the input's.

    Raises:
        InvalidMediaType: no format has that name.

    Thread-safety: `fn` is called under the transform's lock; two transforms may call it at once.
    """
    names = tuple(read_enum(PixelFormat, "format", name) for name in formats)

    def decorate(fn: Callable[[Sample, Sample], None]) -> type[VideoTransform]:
        def process(self: VideoTransform, src: Sample, dst: Sample) -> None:
            del self
            fn(src, dst)

        body = {
            "formats": names,
            "process": process,
            "__doc__": fn.__doc__,
            "__module__": fn.__module__,
            "__qualname__": fn.__qualname__,
        }
        return type(fn.__name__, (VideoTransform,), body)

    return decorate


def _check_single(sample: Sample, side: str) -> None:
    if sample.buffer_count != 1:
        msg = (
            f"{side} sample has {sample.buffer_count} buffers; a picture is in one: "
            "call contiguous_buffer() first"
        )
        raise SampleHasTooManyBuffers(msg)


def _picture_bytes(buffer: MediaBufferLike, type: VideoType) -> int:
    """How many bytes the picture takes in the buffer's linear view."""
    if isinstance(buffer, Buffer2D):
        return buffer.contiguous_length
    return buffer.max_length if isinstance(buffer, PlanesBuffer) else linear_length(type)


def _matches(found: VideoType, offer: TypeLike) -> bool:
    return found == offer if isinstance(offer, VideoType) else found.matches(offer)


def _listed(offers: Iterable[object]) -> str:
    return ", ".join(map(str, offers)) or "nothing"


def _name(thing: object) -> str:
    return type(thing).__name__
