"""SampleCopier: the same picture in another sample, by the rules observed of Windows' own."""

from __future__ import annotations

import numpy as np
import pytest

from gpumft.device import Device
from gpumft.errors import InvalidMediaType, TransformTypeNotSet
from gpumft.media import PixelFormat, VideoType
from gpumft.mft import Flow, OutputDataBuffer, negotiate
from gpumft.samples import Buffer2D, Sample
from gpumft.testing import frames
from gpumft.transforms import CONVERTIBLE, SampleCopier
from tests.contract import backends

TYPE = VideoType("bgr24", (6, 4), aperture=(1, 1, 2, 2))


@pytest.fixture(params=[backends.param("cpu"), backends.param("opencl")])
def device(request: pytest.FixtureRequest) -> Device:
    return backends.device(request.param)


def copier(type: VideoType = TYPE) -> SampleCopier:
    made = SampleCopier(device="cpu")
    negotiate(made, type)
    return made


def test_types_and_infos() -> None:
    made = SampleCopier(device="cpu")
    offered = made.available_input_types()
    assert [type.format for type in offered] == list(CONVERTIBLE)  # type: ignore[attr-defined]
    assert made.available_output_types() == ()
    assert (made.input_stream_info().size, made.output_stream_info().size) == (0, 0)
    made.set_input_type(TYPE)
    assert made.available_output_types() == (TYPE,)
    with pytest.raises(InvalidMediaType, match="cannot make"):
        made.set_output_type(TYPE.replace(size=(8, 4)))
    made.set_output_type(TYPE)
    assert made.output_stream_info().size == TYPE.image_size
    made.set_input_type(TYPE)
    with pytest.raises(TransformTypeNotSet):
        made.output_current_type()


@pytest.mark.parametrize("format", PixelFormat)
def test_every_format_is_copied_whole(format: PixelFormat) -> None:
    type = VideoType(format, (6, 4), aperture=(2, 0, 2, 2))
    sample = Sample.from_numpy(frames.noise(type, 1), type)
    (copy,) = copier(type).run([sample])
    for mine, theirs in zip(sample.planes, copy.to_numpy(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert copy.type == type


def test_the_copies_lie_on_the_device(device: Device) -> None:
    made = SampleCopier(device=device)
    negotiate(made, TYPE)
    sample = Sample.from_numpy(frames.noise(TYPE, 1), TYPE, time=7)
    (copy,) = made.run([sample])
    assert copy.on_device is (device.kind != "cpu")
    assert copy.time == 7
    np.testing.assert_array_equal(copy.to_numpy()[0], sample.planes[0])


def test_rows_go_where_the_buffers_say() -> None:
    given = Sample(Buffer2D("bgr24", (6, 4), bottom_up=True))
    given.planes[0][...] = frames.noise(TYPE, 2)[0]
    made, taken = copier(), Sample(Buffer2D("bgr24", (6, 4)))
    made.process_input(given)
    made.process_output([OutputDataBuffer(sample=taken)])
    np.testing.assert_array_equal(taken.planes[0], given.planes[0])


def test_unset_times_leave_those_of_the_output_and_flags_are_cleared() -> None:
    made, taken = copier(), Sample(Buffer2D("bgr24", (6, 4)), time=5, duration=6, flags=3)
    made.process_input(Sample.from_numpy(frames.noise(TYPE, 2), TYPE))
    assert made.process_output([OutputDataBuffer(sample=taken)]).flow is Flow.OK
    assert (taken.time, taken.duration, taken.flags) == (5, 6, 0)
