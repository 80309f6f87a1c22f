"""Writing a transform: a subclass or a decorated function, and the host's side of it."""

from __future__ import annotations

import numpy as np
import pytest

from gpumft.errors import InvalidMediaType
from gpumft.media import VideoType
from gpumft.mft import Flow
from gpumft.samples import Sample
from gpumft.testing import frames
from gpumft.transforms import VideoTransform, transform

TYPE = VideoType("rgb24", (6, 4))


class Invert(VideoTransform):
    formats = ("rgb24",)

    def process(self, src: Sample, dst: Sample) -> None:
        np.subtract(255, src.planes[0], out=dst.planes[0])


@transform(formats=("rgb24", "bgr24"))
def mirrored(src: Sample, dst: Sample) -> None:
    """Turn the picture left to right."""
    dst.planes[0][...] = src.planes[0][:, ::-1]


def _frames(count: int) -> list[Sample]:
    return [Sample.from_numpy(frames.noise(TYPE, i), TYPE, time=i) for i in range(count)]


def test_a_subclass_needs_formats_and_process_only() -> None:
    invert = Invert()
    invert.set_input_type(TYPE)
    invert.set_output_type(invert.output_available_type(0))
    out = list(invert.run(_frames(3)))
    for seed, sample in enumerate(out):
        np.testing.assert_array_equal(sample.planes[0], 255 - frames.noise(TYPE, seed)[0])
    assert [sample.time for sample in out] == [0, 1, 2]


def test_a_decorated_function_is_a_transform_class() -> None:
    assert mirrored.__name__ == "mirrored"
    assert mirrored.__doc__ == "Turn the picture left to right."
    made = mirrored()
    made.set_input_type(TYPE)
    made.set_output_type(TYPE)
    (out,) = made.run(_frames(1))
    np.testing.assert_array_equal(out.planes[0], frames.noise(TYPE, 0)[0][:, ::-1])


def test_other_formats_are_refused_with_both_sides() -> None:
    with pytest.raises(InvalidMediaType, match=r"Invert does not take nv12; it takes rgb24"):
        Invert().set_input_type(VideoType("nv12", (6, 4)))
    invert = Invert()
    invert.set_input_type(TYPE)
    with pytest.raises(InvalidMediaType, match="cannot make"):
        invert.set_output_type(VideoType("rgb24", (3, 2)))


def test_a_process_that_raises_keeps_the_input() -> None:
    calls = []

    class Moody(VideoTransform):
        formats = ("rgb24",)

        def process(self, src: Sample, dst: Sample) -> None:
            calls.append(src.time)
            if len(calls) == 1:
                raise ZeroDivisionError
            dst.planes[0][...] = src.planes[0]

    moody = Moody()
    moody.set_input_type(TYPE)
    moody.set_output_type(TYPE)
    (frame,) = _frames(1)
    moody.push(frame)
    with pytest.raises(ZeroDivisionError):
        moody.pull()
    out = moody.pull()
    assert isinstance(out, Sample)
    assert calls == [0, 0]
    assert moody.pull() is Flow.NEED_MORE_INPUT


def test_streaming_allocates_no_pictures_after_it_began() -> None:
    invert = Invert()
    invert.set_input_type(TYPE)
    invert.set_output_type(TYPE)
    for count, _ in enumerate(invert.run(_frames(50))):
        pool = invert._pool
        assert pool is not None
        assert pool.statistics().slots == 2, f"after {count} frames"
