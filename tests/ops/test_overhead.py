"""What a call does in Python before and after the pixels, counted: a clock would tell less."""

from __future__ import annotations

import numpy as np
import pytest

from gpumft.device import open_device
from gpumft.media import VideoType
from gpumft.ops import Converter
from tests.calls import calls_of


@pytest.mark.parametrize(
    ("source", "target", "most"), [("nv12", "rgb24", 75), ("yuv420p", "yuv420p", 120)]
)
def test_a_call_into_arrays_calls_few_functions(source: str, target: str, most: int) -> None:
    with open_device("cpu", threads=1) as device:
        convert = Converter(VideoType(source, (64, 4)), {"format": target}, device=device)
        planes, out = (
            [np.zeros(s, d) for s, d in zip(type.plane_shapes, type.plane_dtypes, strict=True)]
            for type in (convert.source, convert.target)
        )
        convert(planes, out)  # the layout of the planes is seen
        assert calls_of(lambda: convert(planes, out)) <= most
