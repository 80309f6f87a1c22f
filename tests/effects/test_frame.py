"""FrameEffect on surfaces: users' functions of every library, and what they may get wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpumft.device import Device, Pool, Surface
from gpumft.device.cpu.memory import HOST
from gpumft.effects import FrameEffect
from gpumft.errors import InvalidArg, InvalidMediaType, InvalidRequest
from gpumft.media import VideoType
from gpumft.testing import frames
from gpumft.testing.fake_device import FakeDevice
from tests.contract import backends
from tests.effects.user_kernels import BY_LIBRARY, solarised, with_numpy

ROOT = Path(__file__).parents[2]
TYPE = VideoType("rgb24", (21, 9))
ON = [("cpu", "numpy"), ("opencl", "pyopencl"), ("oclgrind", "pyopencl")]
if "cuda" in backends.REQUIRED:  # on a machine with a GPU; see ci/gpu
    ON += [("cuda", "cupy"), ("cuda", "numba")]
    ON += [("cuda", "dlpack")] if find_spec("torch") else []
if find_spec("torch"):
    ON += [("cpu", "dlpack")]


SIMULATED = """
import numpy as np
import gpumft as gm
from tests.effects.numba_kernels import solarise
from tests.effects.user_kernels import solarised, with_numba_cuda

TYPE = gm.VideoType("rgb24", (11, 5))
PLANES = [np.random.default_rng(1).integers(0, 256, (5, 11, 3), np.uint8)]
assert type(solarise).__module__.startswith("numba.cuda.simulator")

def spoil(src, dst, stream):
    solarise[(1, 1), (1, 1), stream](dst[0], src[0])

def run(fn):
    effect = gm.FrameEffect(fn, ("rgb24",), arrays="numba")
    treat = gm.EffectTransform(gm.effects.grayscale(), effect, device="cpu")
    treat.set_input_type(TYPE)
    treat.set_output_type(TYPE)
    (made,) = treat.run([gm.Sample.from_numpy(PLANES, TYPE)])
    return made.planes[0]

gray = gm.convert(PLANES, TYPE, TYPE, device="cpu", effects=gm.effects.grayscale())
np.testing.assert_array_equal(run(with_numba_cuda), solarised(gray[0]))
try:
    run(spoil)
except ValueError as error:
    print(error.__notes__)
"""


def effect_of(library: str, **more: Any) -> FrameEffect:
    return FrameEffect(BY_LIBRARY[library], ("rgb24", "nv12"), arrays=library, **more)


def two(type: VideoType, device: Device) -> tuple[Surface, Surface, list[Any]]:
    pool = Pool(type, device)
    src, dst = pool.acquire(), pool.acquire()
    planes = frames.noise(type)
    src.upload(planes)
    return src, dst, planes


def same(found: Any, wanted: Any) -> None:
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("backend", "library"), [backends.param(*pair) for pair in ON])
@pytest.mark.parametrize("in_place", [False, True])
def test_every_library(backend: str, library: str, in_place: bool) -> None:
    src, dst, planes = two(TYPE, backends.device(backend))
    effect_of(library, in_place=in_place)(src, dst)
    same(dst.to_numpy(), map(solarised, planes))
    same(src.to_numpy(), planes)


@pytest.mark.parametrize(("backend", "library"), [backends.param(*pair) for pair in ON])
def test_arrays_point_at_the_surface(backend: str, library: str) -> None:
    src, dst, _ = two(TYPE, backends.device(backend))
    found: list[int | None] = []

    def look(reads: list[Any], writes: list[Any], stream: Any) -> None:
        found.extend(_address(array) for array in (*reads, *writes))

    FrameEffect(look, ("rgb24",), arrays=library)(src, dst)
    wanted = [s.memory.address(raw) for s in (src, dst) for raw in s.raw_planes()]
    assert found == wanted


def _address(array: Any) -> int | None:
    for name in ("__cuda_array_interface__", "__array_interface__"):
        if hasattr(array, name):
            return int(getattr(array, name)["data"][0])
    if hasattr(array, "__dlpack__"):
        import torch

        return int(torch.from_dlpack(array).data_ptr())
    return None  # OpenCL has no addresses; tests/device/test_user_arrays.py looks at its buffers


def test_a_numba_cuda_effect_in_numbas_simulator() -> None:
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SIMULATED],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout) == (
        0,
        "",
        "['in effect spoil on cpu']\n",
    )


def test_a_device_of_another_library_is_refused_with_the_cure() -> None:
    device = FakeDevice("opencl")
    src, dst = (Pool(TYPE, device).acquire() for _ in range(2))
    with pytest.raises(InvalidArg, match=r"effect with_numpy takes numpy .* through_host=True"):
        effect_of("numpy")(src, dst)
    host = Pool(TYPE, HOST).acquire()
    with pytest.raises(InvalidArg, match=r"effect with_cupy takes cupy .* on cpu"):
        effect_of("cupy")(host, host)


@pytest.mark.parametrize("backend", [backends.param("opencl"), backends.param("oclgrind")])
@pytest.mark.parametrize("in_place", [False, True])
def test_through_the_host_only_where_it_is_asked_for(backend: str, in_place: bool) -> None:
    src, dst, planes = two(TYPE, backends.device(backend))
    before = src.memory.ledger.use()
    effect_of("numpy", through_host=True, in_place=in_place)(src, dst)
    after = src.memory.ledger.use()
    assert (after.uploads - before.uploads, after.downloads - before.downloads) == (1, 1)
    same(dst.to_numpy(), map(solarised, planes))
    near = Pool(TYPE, HOST).acquire()
    effect_of("numpy", through_host=True)(near, Pool(TYPE, HOST).acquire())
    assert near.memory.ledger.use().uploads == HOST.ledger.use().uploads


def test_work_is_ordered_by_the_devices_queue() -> None:
    device = FakeDevice()

    def enqueue(src: list[Any], dst: list[Any], stream: object) -> None:
        device.memory.launch(lambda: with_numpy(src, dst, None))

    src, dst, planes = two(TYPE, device)
    FrameEffect(enqueue, ("rgb24",))(src, dst)
    src.release()  # what was enqueued still reads it
    same(dst.to_numpy(), map(solarised, planes))


@pytest.mark.parametrize("backend", [backends.param("cpu"), backends.param("opencl")])
def test_who_keeps_an_array_keeps_the_slot(backend: str) -> None:
    pool = Pool(TYPE, backends.device(backend))
    kept: list[Any] = []
    with pool.acquire() as src, pool.acquire() as dst:
        FrameEffect(lambda _, writes, __: kept.extend(writes), ("rgb24",))(src, dst)
    assert pool.live_count == 1
    kept.clear()
    assert pool.live_count == 0


def test_what_it_raises_comes_out_with_a_note() -> None:
    def fail(src: list[Any], dst: list[Any], stream: object) -> None:
        raise KeyError("mine")

    src, dst = (Pool(TYPE, HOST).acquire() for _ in range(2))
    with pytest.raises(KeyError, match="mine") as caught:
        FrameEffect(fail, ("rgb24",))(src, dst)
    assert caught.value.__notes__ == ["in effect fail on cpu"]
    with pytest.raises(ValueError, match="read-only"):
        FrameEffect(lambda reads, *_: reads[0].fill(0), ("rgb24",))(src, dst)


def test_surfaces_that_do_not_fit() -> None:
    src, dst, _ = two(TYPE, backends.device("cpu"))
    effect = effect_of("numpy", name="mine")
    with pytest.raises(InvalidMediaType, match=r"effect mine makes .*rgb24.* not .*bgr24"):
        effect(src, Pool(TYPE.replace(format="bgr24"), HOST).acquire())
    other = Pool(VideoType("gray", (4, 4)), HOST)
    with pytest.raises(InvalidMediaType, match="takes rgb24, nv12, not gray; an EffectTransform"):
        effect(other.acquire(), other.acquire())
    with pytest.raises(InvalidArg, match="src is on cpu, dst on cuda:0"):
        effect(src, Pool(TYPE, FakeDevice()).acquire())
    src.release()
    with pytest.raises(InvalidRequest, match="released"):
        effect(src, dst)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"fn": 3}, InvalidArg, "fn is 3; give a function"),
        ({"formats": ()}, InvalidArg, "one format at least"),
        ({"formats": ("rgb23",)}, InvalidMediaType, "rgb24"),
        ({"arrays": "jax"}, InvalidArg, r"arrays is 'jax'; it can be 'numpy', .* or None"),
        ({"arrays": "cupy", "through_host": True}, InvalidArg, "through_host is for arrays='num"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        FrameEffect(**{"fn": with_numpy, **arguments})


def test_what_it_is_called_and_takes_by_default() -> None:
    effect = FrameEffect(with_numpy)
    assert (effect.name, effect.formats, effect.arrays) == ("with_numpy", ("rgbaf32le",), None)
    assert FrameEffect(with_numpy, "nv12").formats == ("nv12",)  # type: ignore[arg-type]
    assert effect == FrameEffect(with_numpy)
    assert len({effect, FrameEffect(with_numpy), FrameEffect(with_numpy, in_place=True)}) == 2
