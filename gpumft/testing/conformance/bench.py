"""The bench on which a transform is checked: types, pictures, and the client's loops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpumft.errors import InvalidArg, MFError, NotAccepting, NotImplementedMF, TransformTypeNotSet
from gpumft.media import PartialType, VideoType
from gpumft.mft import Flow, Message, OutputDataBuffer, OutputStreamFlags, negotiate
from gpumft.samples import Buffer2D, Sample
from gpumft.testing import frames
from gpumft.testing.conformance.rule import Broken, NotApplicable

FRAME = 400_000
"""Duration of a picture in 100 ns: 25 a second."""
COUNT = 5
"""Pictures of a stream."""
MOST = 64
"""Outputs of one input, and inputs of one output, beyond which nobody waits any longer."""
WRONG_STREAM = 4242
_SIZE = (66, 50)
_PROVIDES = OutputStreamFlags.PROVIDES_SAMPLES


@dataclass(frozen=True, slots=True)
class Taken:
    """A copy of one output: its stream, its planes, and its times."""

    stream: int
    planes: tuple[NDArray[Any], ...]
    time: int | None
    duration: int | None

    def same(self, other: Taken) -> bool:
        """Whether times and every byte of the picture are equal."""
        return (self.stream, self.time, self.duration) == (
            other.stream,
            other.time,
            other.duration,
        ) and all(
            one.tobytes() == two.tobytes()
            for one, two in zip(self.planes, other.planes, strict=True)
        )


class Bench:
    """Makes transforms of one kind, sets their types and does what clients do.

    Thread-safety: one thread.
    """

    def __init__(
        self, factory: Callable[[], Any], input: object = None, output: object = None
    ) -> None:
        self.factory = factory
        first = self.new()
        self.inputs, self.outputs = stream_ids(first)
        given = None if input is None else [input]
        self._offers = (given or _whole(first), None if output is None else [output])
        negotiate(first, *self._offers)
        self.input_types = {id: video(first.input_current_type(id)) for id in self.inputs}
        self.output_types = {id: video(first.output_current_type(id)) for id in self.outputs}
        self.one_to_one = not first.attributes.get("MFPKEY_EXATTRIBUTE_SUPPORTED")
        self.fixed = first.stream_limits()[0] == first.stream_limits()[1]
        self.lazy = all(
            first.output_stream_info(id).flags & OutputStreamFlags.LAZY_READ for id in self.outputs
        )
        self._noise: dict[tuple[int, int], list[NDArray[Any]]] = {}
        self._expected: dict[int, list[Taken] | Exception] = {}

    # --- Transforms ---

    def new(self) -> Any:
        """A transform without types."""
        return self.factory()

    def typed(self) -> Any:
        """A transform with all types set."""
        made = self.new()
        try:
            self.set_types(made)
        except MFError as error:
            msg = "the types that it tells cannot be set, see types_are_read_back"
            raise NotApplicable(msg) from error
        return made

    def set_types(self, made: Any) -> None:
        """Set the types that the first transform ended up with."""
        outputs = list(dict.fromkeys(self.output_types.values()))
        negotiate(made, list(self.input_types.values()), outputs)

    def full(self) -> tuple[Any, int]:
        """A transform that has output to give, and how many pictures that took."""
        made = self.typed()
        for index in range(MOST):
            if self.ready(made):
                return made, index
            self.feed(made, index)
        raise NotApplicable(f"{MOST} pictures make no output")

    # --- What a client does ---

    def picture(self, index: int, stream: int | None = None) -> Sample:
        """The picture that comes at place `index` of an input."""
        id = self.inputs[0] if stream is None else stream
        type = self.input_types[id]
        buffer = Buffer2D(type.format, type.size)
        noise = self._noise.get((index, id))
        if noise is None:
            noise = self._noise[index, id] = frames.noise(type, index)
        for plane, values in zip(buffer.planes, noise, strict=True):
            plane[...] = values
        buffer.set_length(buffer.contiguous_length)
        sample = Sample(buffer, time=index * FRAME, duration=FRAME)
        sample.type = type
        return sample

    def feed(self, made: Any, index: int) -> list[Sample]:
        """Deliver picture `index` to every input that takes one now."""
        given, refusals = [], []
        for id in self.inputs:
            sample = self.picture(index, id)
            try:
                made.process_input(sample, id)
                given.append(sample)
            except NotAccepting as error:
                refusals.append(error)
        if not given:
            raise refusals[0]
        return given

    def provides(self, made: Any, id: int) -> bool:
        """Whether the client must not bring the samples of an output."""
        return bool(made.output_stream_info(id).flags & _PROVIDES)

    def empty_sample(self, id: int) -> Sample:
        """A sample with room for one output."""
        type = self.output_types[id]
        return Sample(Buffer2D(type.format, type.size))

    def entries(self, made: Any) -> list[OutputDataBuffer[Any]]:
        """One entry an output, with a sample where the client brings it."""
        return [
            OutputDataBuffer(id, None if self.provides(made, id) else self.empty_sample(id))
            for id in self.outputs
        ]

    def ready(self, made: Any) -> bool:
        """Whether there is output, as far as one can ask."""
        try:
            return bool(made.output_status())
        except NotImplementedMF:
            return not any(made.input_status(id) for id in self.inputs)

    def take(self, made: Any) -> list[Taken] | None:
        """Take one round of output; None when more input is needed."""
        for _ in range(MOST):
            entries = self.entries(made)
            flow = made.process_output(entries).flow
            if flow is Flow.NEED_MORE_INPUT:
                return None
            if flow is Flow.OK:
                return [self.copied(entry) for entry in entries if entry.sample is not None]
            for id in self.outputs:
                made.set_output_type(made.available_output_types(id)[0], id)
        raise Broken(f"it asks for another output type {MOST} times over")

    def take_all(self, made: Any) -> list[Taken]:
        """Take output until more input is needed."""
        found: list[Taken] = []
        for _ in range(MOST):
            taken = self.take(made)
            if taken is None:
                return found
            found += taken
        raise Broken(f"output does not end: after {MOST} samples there is still more")

    def copied(self, entry: OutputDataBuffer[Any]) -> Taken:
        """What came out, safe from whatever happens to the sample."""
        sample, id = entry.sample, entry.stream_id
        if sample is None:
            raise Broken(f"the entry of stream {id} has no sample")
        with sample.seen_as(sample.type or self.output_types[id]) as seen:
            planes = tuple(np.array(plane) for plane in Sample.to_numpy(seen))
        return Taken(id, planes, sample.time, sample.duration)

    def run(self, made: Any, indices: Iterable[int] = range(COUNT)) -> list[Taken]:
        """A whole stream by the founding document's steps."""
        found: list[Taken] = []
        made.process_message(Message.BEGIN_STREAMING)
        made.process_message(Message.START_OF_STREAM)
        for index in indices:
            self.feed(made, index)
            found += self.take_all(made)
        found += self.finish(made)
        made.process_message(Message.END_STREAMING)
        return found

    def finish(self, made: Any) -> list[Taken]:
        """The end of a stream: what is left comes out."""
        for id in self.inputs:
            made.process_message(Message.END_OF_STREAM, id)
        made.process_message(Message.DRAIN)
        return self.take_all(made)

    def expected(self, count: int = COUNT) -> list[Taken]:
        """What a new transform makes of the first pictures, by the documented steps."""
        if count not in self._expected:
            try:
                self._expected[count] = self.run(self.typed(), range(count))
            except Exception as error:  # noqa: BLE001 - the rule about the steps tells it
                self._expected[count] = error
        found = self._expected[count]
        if isinstance(found, Exception):
            raise NotApplicable("the documented steps fail, see the_documented_steps_work")
        return found

    def still_gives(self, made: Any, count: int, after: str) -> None:
        """Expect all that `count` pictures make to come out, as if nothing had happened."""
        same_pictures(self.take_all(made) + self.finish(made), self.expected(count), after)


def same_pictures(found: Sequence[Taken], expected: Sequence[Taken], after: str) -> None:
    """Expect the same outputs, byte for byte and at the same times."""
    if len(found) != len(expected):
        raise Broken(f"{after} {len(found)} samples come out, not {len(expected)}")
    for place, (one, other) in enumerate(zip(found, expected, strict=True)):
        if one.time != other.time or one.duration != other.duration:
            raise Broken(
                f"{after} sample {place} is at {one.time} for {one.duration}, "
                f"not at {other.time} for {other.duration}"
            )
        if not one.same(other):
            raise Broken(f"{after} the picture of sample {place} differs")


def stream_ids(made: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The streams' numbers, as a client finds them out."""
    n_in, n_out = made.stream_count()
    try:
        ins, outs = made.stream_ids()
    except NotImplementedMF:
        return tuple(range(n_in)), tuple(range(n_out))
    return tuple(ins), tuple(outs)


def video(type: Any) -> VideoType:
    """A type that a transform tells, as a value."""
    if isinstance(type, VideoType):
        return type
    said: dict[str, Any] = dict(PartialType.of(type).items())
    return VideoType(**said)


def completed(offer: Any) -> VideoType:
    """A whole input type of what a transform offers."""
    said: dict[str, Any] = dict(PartialType.of(offer).items())
    whole: dict[str, Any] = {"size": _SIZE, "frame_rate": 25} | said
    return VideoType(**whole)


def _whole(made: Any) -> list[VideoType]:
    try:
        offers = made.available_input_types(stream_ids(made)[0][0])
        return [completed(offer) for offer in offers]
    except (NotImplementedMF, TransformTypeNotSet) as error:
        msg = "the transform offers no input types by itself; say input= and output="
        raise InvalidArg(msg) from error
