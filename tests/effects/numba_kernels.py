"""The kernel of `user_kernels` for numba.cuda, whose simulator needs `cuda` to be a global name."""

from __future__ import annotations

from typing import Any

from numba import cuda as real_cuda

cuda: Any = real_cuda  # its words for kernels have no types


@cuda.jit  # type: ignore[untyped-decorator]
def solarise(src: Any, dst: Any) -> None:
    y, x = cuda.grid(2)
    if y < dst.shape[0] and x < dst.shape[1]:
        for c in range(dst.shape[2]):
            code = src[y, x, c]
            dst[y, x, c] = code if code < 128 else 255 - code
