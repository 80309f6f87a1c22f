"""Interlaced pictures that are cropped and scaled: rows stay in their field."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from gpumft.media import VideoType
from gpumft.ops import Converter, make_options, plan
from gpumft.testing import bounds, frames, twin
from tests.contract.conversions import same_bytes

CROPS = [(0, 3, 6, 9), (0, 1, 6, 14), (0, 2, 6, 9), (1, Fraction(5, 2), 4, 9), None]
FORMATS = [("gray", {}), ("yuv420p", {}), ("yuv420p", {"siting": "bottom"}), ("yuva420p", {})]


@pytest.mark.parametrize("crop", CROPS, ids=str)
@pytest.mark.parametrize(("name", "more"), FORMATS, ids=str)
@pytest.mark.parametrize("transfer", ["linear", "bt709"])
def test_a_crop_from_any_row_keeps_the_fields(
    name: str, more: dict[str, Any], transfer: str, crop: tuple[Any, ...] | None
) -> None:
    # An odd first row, scaled in light (or weighted by alpha): the reads still lead to both fields.
    for interlace, fit in (("upper", "stretch"), ("lower", "cover")):
        common = {"transfer": transfer, "interlace": interlace, **more}
        src, dst = VideoType(name, (6, 16), **common), VideoType(name, (5, 13), **common)
        for linear in (True, False):
            options: dict[str, Any] = {"linear": linear, "crop": crop, "fit": fit}
            planes = frames.noise(src)
            made = twin.run(plan(src, dst, make_options(**options)).program, planes)
            bounds.check(made, planes, src, dst, **options)


def test_an_engine_does_so_too() -> None:
    fields: dict[str, Any] = {"transfer": "linear", "interlace": "upper"}
    src, dst = VideoType("yuv420p", (6, 16), **fields), VideoType("yuv420p", (5, 13), **fields)
    options: dict[str, Any] = {"linear": True, "crop": (0, 3, 6, 9)}
    planes = frames.noise(src)
    got = Converter(src, dst, **options)(planes)
    same_bytes(got, twin.run(plan(src, dst, make_options(**options)).program, planes))
    bounds.check(got, planes, src, dst, **options)
