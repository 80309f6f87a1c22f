"""Your own kernels as effects, four ways: NumPy, PyOpenCL, CuPy and numba.cuda.

Each makes the same picture: codes above the middle are inverted. Run it with
`python examples/user_kernels.py`; ways whose library or device is missing say so. With
NUMBA_ENABLE_CUDASIM=1 the numba.cuda kernel runs in Numba's simulator, without a GPU.
"""

from __future__ import annotations

import os
import warnings
from functools import cache
from typing import Any

import numpy as np
from numba import cuda

import gpumft as gm

TYPE = gm.VideoType("rgb24", (64, 36))
SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"


def with_numpy(src: list[Any], dst: list[Any], stream: object) -> None:
    """On the CPU: arrays of (rows, columns, 3), the source read-only."""
    dst[0][...] = np.where(src[0] < 128, src[0], 255 - src[0])


OPENCL = """
kernel void solarise(global const uchar *src, int start, int pitch,
                     global uchar *dst, int begin, int step)
{
    const int x = get_global_id(0), y = get_global_id(1);
    const uchar code = src[start + y * pitch + x];
    dst[begin + y * step + x] = code < 128 ? code : 255 - code;
}
"""


@cache
def opencl_program(context: Any) -> Any:
    """Build once a context."""
    import pyopencl as cl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks of a compiler that succeeds
        return cl.Program(context, OPENCL).build()


def with_pyopencl(src: list[Any], dst: list[Any], queue: Any) -> None:
    """On OpenCL: rows may be apart, so the kernel gets offset and pitch of each buffer."""
    import pyopencl as cl

    read, write = src[0], dst[0]
    rows, columns, channels = read.shape
    kernel = cl.Kernel(opencl_program(queue.context), "solarise")
    places = [
        (a.base_data, np.int32(a.offset), np.int32(a.strides[0]))  # one line a picture
        for a in (read, write)
    ]
    kernel(queue, (columns * channels, rows), None, *places[0], *places[1])


def with_cupy(src: list[Any], dst: list[Any], stream: object) -> None:
    """On CUDA: CuPy's current stream is the device's own, so nothing has to be said."""
    import cupy

    dst[0][...] = cupy.where(src[0] < 128, src[0], 255 - src[0])


@cuda.jit
def solarise(src: Any, dst: Any) -> None:
    """One thread a pixel."""
    y, x = cuda.grid(2)
    if y < dst.shape[0] and x < dst.shape[1]:
        for c in range(3):
            code = src[y, x, c]
            dst[y, x, c] = code if code < 128 else 255 - code


def with_numba_cuda(src: list[Any], dst: list[Any], stream: Any) -> None:
    """On CUDA: launch on the stream that is given."""
    rows, columns, _ = dst[0].shape
    solarise[(-(-rows // 8), -(-columns // 8)), (8, 8), stream](src[0], dst[0])


WAYS = (
    ("numpy", with_numpy, "cpu"),
    ("pyopencl", with_pyopencl, "opencl"),
    ("cupy", with_cupy, "cuda"),
    ("numba", with_numba_cuda, "cpu" if SIMULATED else "cuda"),
)


def main() -> None:
    """Run every way that can run here, and compare what comes out."""
    planes = [np.random.default_rng(1).integers(0, 256, TYPE.plane_shapes[0], np.uint8)]
    wanted = None
    for arrays, fn, spec in WAYS:
        effect = gm.FrameEffect(fn, formats=("rgb24",), arrays=arrays)
        try:
            treat = gm.EffectTransform(gm.effects.grayscale(0.5), effect, device=spec)
        except gm.DeviceUnavailable as error:
            print(f"{arrays}: left out, {str(error).splitlines()[0]}")
            continue
        treat.set_input_type(TYPE)
        treat.set_output_type(TYPE)
        (made,) = treat.run([gm.Sample.from_numpy(planes, TYPE)])
        (found,) = made.to_numpy()
        wanted = found if wanted is None else wanted
        told = "the same bytes" if np.array_equal(found, wanted) else "OTHER BYTES"
        print(f"{arrays}: {told} on {treat.device.spec}")


if __name__ == "__main__":
    main()
