"""One effect, every code above the middle inverted, as users write it for each library."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

SOURCE = """
kernel void solarise(global const uchar *src, int start, int pitch,
                     global uchar *dst, int begin, int step)
{
    const int x = get_global_id(0), y = get_global_id(1);
    const uchar code = src[start + y * pitch + x];
    dst[begin + y * step + x] = code < 128 ? code : 255 - code;
}
"""


def solarised(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What has to come out."""
    return np.where(plane < 128, plane, 255 - plane)


def with_numpy(src: list[Any], dst: list[Any], stream: object) -> None:
    for read, write in zip(src, dst, strict=True):
        write[...] = solarised(read)


@cache
def program(context: Any) -> Any:
    import pyopencl as cl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Intel's compiler remarks on success
        return cl.Program(context, SOURCE).build()


def with_pyopencl(src: list[Any], dst: list[Any], queue: Any) -> None:
    import pyopencl as cl

    kernel = cl.Kernel(program(queue.context), "solarise")
    for read, write in zip(src, dst, strict=True):
        size = int(np.prod(read.shape[1:]))
        kernel(
            queue, (size, read.shape[0]), None,
            read.base_data, np.int32(read.offset), np.int32(read.strides[0]),
            write.base_data, np.int32(write.offset), np.int32(write.strides[0]),
        )  # fmt: skip


def with_cupy(src: list[Any], dst: list[Any], stream: object) -> None:
    import cupy

    for read, write in zip(src, dst, strict=True):
        write[...] = cupy.where(read < 128, read, 255 - read)


def with_numba_cuda(src: list[Any], dst: list[Any], stream: Any) -> None:
    from tests.effects.numba_kernels import solarise

    for read, write in zip(src, dst, strict=True):
        blocks = -(-read.shape[0] // 8), -(-read.shape[1] // 8)
        solarise[blocks, (8, 8), stream](read, write)


def with_torch(src: list[Any], dst: list[Any], stream: Any) -> None:
    import torch

    for read, write in zip(src, dst, strict=True):
        codes, out = torch.from_dlpack(read), torch.from_dlpack(write)
        out.copy_(torch.where(codes < 128, codes, 255 - codes))


BY_LIBRARY = {
    "numpy": with_numpy,
    "pyopencl": with_pyopencl,
    "cupy": with_cupy,
    "numba": with_numba_cuda,
    "dlpack": with_torch,
}
"""Kinds of arrays, and the function that takes them."""
