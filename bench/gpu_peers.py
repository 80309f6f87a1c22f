"""Peers on a GPU, where their packages are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.gpu_timer import CudaTimer, Timer

_BODY = """
    const int y = i / width, x = i % width;
    const float c = 1.1643835f * ((float)luma[i] - 16.0f);
    const int k = (y / 2) * width + x / 2 * 2;
    const float u = (float)chroma[k] - 128.0f, v = (float)chroma[k + 1] - 128.0f;
    const float r = c + 1.5960268f * v, g = c - 0.3917623f * u - 0.8129676f * v;
    const float b = c + 2.0172321f * u;
    rgb[3 * i] = (unsigned char)rintf(fminf(fmaxf(r, 0.0f), 255.0f));
    rgb[3 * i + 1] = (unsigned char)rintf(fminf(fmaxf(g, 0.0f), 255.0f));
    rgb[3 * i + 2] = (unsigned char)rintf(fminf(fmaxf(b, 0.0f), 255.0f));
"""


@dataclass(frozen=True)
class Peer:
    """Another way to do the first job: NV12 to RGB24."""

    name: str
    note: str
    work: Callable[[tuple[int, int], int], Callable[[], object]]
    """(size, pictures) -> what converts all of them."""


def elementwise(timer: Timer) -> Peer | None:
    """Return an elementwise kernel as a user of CuPy writes it; None without CUDA."""
    if not isinstance(timer, CudaTimer):
        return None
    cupy, stream = timer.device.machine.cupy, timer.device.machine.stream

    def work(size: tuple[int, int], count: int) -> Callable[[], object]:
        width, height = size
        kernel = cupy.ElementwiseKernel(
            "raw uint8 luma, raw uint8 chroma, int32 width", "raw uint8 rgb", _BODY, "nv12_rgb24"
        )
        shapes = (height * width, height // 2 * width, 3 * height * width)
        with timer.device.machine.device, stream:
            pictures: list[list[Any]] = [
                [cupy.zeros(shape, cupy.uint8) for shape in shapes] for _ in range(count)
            ]

        def run() -> None:
            with timer.device.machine.device, stream:
                for luma, chroma, rgb in pictures:
                    kernel(luma, chroma, width, rgb, size=width * height)

        return run

    return Peer("CuPy elementwise, NV12 to RGB24", "chroma repeated, BT.601, one a launch", work)
