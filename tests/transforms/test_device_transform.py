"""DeviceTransform: an author's transform whose pictures stay on a device."""

from __future__ import annotations

import numpy as np
import pytest

from gpumft.device import Device, Pool
from gpumft.device.base import DeviceInfo
from gpumft.device.built import Runner
from gpumft.device.cuda_memory import CudaMemory
from gpumft.device.program import Program
from gpumft.errors import InvalidArg, NoInterface
from gpumft.media import VideoType
from gpumft.mft import Message, OutputDataBuffer, OutputStreamFlags
from gpumft.samples import Sample
from gpumft.testing import frames
from gpumft.transforms import DeviceTransform
from tests.contract import backends
from tests.device.cupy_memory import OWN_STREAM, WAYS, Context, Cupy

TYPE = VideoType("rgb24", (21, 6))


class HostCuda(Device):
    """CUDA's memory over a CuPy that needs no GPU; it converts nothing."""

    def __init__(self) -> None:
        super().__init__(DeviceInfo("cuda:0", "", "cuda", usable=True, identical=False))
        self._memory = CudaMemory(Cupy(), 0, Context(OWN_STREAM), WAYS)
        self.stream = self._memory.own_queue

    @property
    def memory(self) -> CudaMemory:
        return self._memory

    def synchronize(self) -> None: ...

    def _build(self, program: Program) -> Runner:
        raise NotImplementedError


class Negative(DeviceTransform):
    formats = ("rgb24",)

    def process(self, src: Sample, dst: Sample) -> None:
        if self.device.kind == "cuda":
            assert Context.entered == [0, OWN_STREAM]
        read, write = (sample.surface.planes[0].array for sample in (src, dst))
        np.subtract(255, read, out=write)
        assert src.time == 7


def _run(negative: Negative, sample: Sample) -> Sample:
    negative.set_input_type(TYPE)
    negative.set_output_type(TYPE)
    (made,) = negative.run([sample])
    assert made.time == 7
    np.testing.assert_array_equal(made.to_numpy()[0], 255 - frames.noise(TYPE)[0])
    return made


def _sample() -> Sample:
    return Sample.from_numpy(frames.noise(TYPE), TYPE, time=7)


def test_on_cuda_with_its_stream_current() -> None:
    device = HostCuda()
    negative = Negative(device=device, maximum=1)
    assert negative.device is device
    made = _run(negative, _sample())
    assert made.surface.memory is device.memory
    assert negative.output_stream_info().flags & OutputStreamFlags.PROVIDES_SAMPLES
    surface = Pool(TYPE, device).acquire()
    surface.upload(frames.noise(TYPE))
    uploads = device.memory.ledger.use().uploads
    del made
    _run(negative, Sample.from_surface(surface, time=7))
    assert device.memory.ledger.use().uploads == uploads


@pytest.mark.parametrize("backend", [backends.param("opencl")])
def test_on_the_cpu_with_samples_that_lie_elsewhere(backend: str) -> None:
    device = backends.device(backend)
    negative = Negative(device="cpu")
    _run(negative, Sample.from_numpy(frames.noise(TYPE), TYPE, device=device, time=7))
    out = Sample.from_surface(Pool(TYPE, device).acquire())
    negative.process_input(_sample())
    negative.process_output([OutputDataBuffer(sample=out)])
    np.testing.assert_array_equal(out.to_numpy()[0], 255 - frames.noise(TYPE)[0])


def test_moving() -> None:
    negative = Negative(device="cpu")
    _run(negative, _sample())
    device = HostCuda()
    negative.process_message(Message.SET_DEVICE_MANAGER, device)
    assert _run(negative, _sample()).surface.memory is device.memory
    with pytest.raises(NoInterface, match="str is no Device"):
        negative.process_message(Message.SET_DEVICE_MANAGER, "cpu")
    assert negative.device is device


def test_a_refused_move_stays() -> None:
    class Stays(Negative):
        def on_move(self, device: Device) -> None:
            raise InvalidArg(f"not to {device.spec}")

    stays = Stays(device="cpu")
    with pytest.raises(InvalidArg, match="not to cuda:0"):
        stays.process_message(Message.SET_DEVICE_MANAGER, HostCuda())
    assert stays.device.spec == "cpu"
    _run(stays, _sample())
