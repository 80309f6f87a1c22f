"""One conversion case: types and options from plain words, run on a device and judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gpumft.device import Device
from gpumft.media import VideoType
from gpumft.media.resolve import resolve_pair
from gpumft.ops import Converter, make_options, plan
from gpumft.testing import bounds, frames, twin

FORMATS = (
    "yuv420p", "nv12", "yuv422p", "yuv444p", "p010le", "yuv420p10le", "yuyv422", "rgb24", "bgr24",
    "rgba", "bgra", "gbrp", "gray", "grayf32le", "gbrpf32le",
)  # fmt: skip
"""The formats that every engine has to convert into each other."""


def types(
    source: str,
    source_size: tuple[int, int],
    target: str,
    target_size: tuple[int, int],
    *,
    colour: dict[str, Any] | None = None,
    target_colour: dict[str, Any] | None = None,
) -> tuple[VideoType, VideoType]:
    """Return both types, resolved, with the same transfer and primaries on either side."""
    src = VideoType(source, source_size, **(colour or {}))
    dst = VideoType(target, target_size, **(target_colour or {}))
    src, dst = resolve_pair(src, dst)
    return src, dst.replace(transfer=src.transfer, primaries=src.primaries)


def judge(device: Device, src: VideoType, dst: VideoType, seed: int = 0, **options: Any) -> float:
    """Convert noise; the bytes must be the twin's and lie within the reference's bounds.

    Returns:
        The worst error in codes.
    """
    planes = frames.noise(src, seed)
    got = Converter(src, dst, device=device, **options)(planes)
    same_bytes(got, twin.run(plan(src, dst, make_options(**options)).program, planes))
    return bounds.check(got, planes, src, dst, **options)


def same_bytes(got: list[npt.NDArray[Any]], wanted: list[npt.NDArray[Any]]) -> None:
    """Require equal planes, byte for byte."""
    assert len(got) == len(wanted)
    for mine, theirs in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(
            np.ascontiguousarray(mine).view(np.uint8), np.ascontiguousarray(theirs).view(np.uint8)
        )
