"""What the protocol does a frame, counted in calls of functions: a clock would tell less."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import pytest

from bench.protocol import TYPE, Empty, EmptyVideo, through
from gpumft.mft import Transform


@pytest.mark.parametrize(
    ("transform", "type", "most"), [(Empty(), "any", 65), (EmptyVideo(), TYPE, 135)]
)
def test_a_frame_calls_few_functions(
    transform: Transform[Any, Any], type: object, most: int
) -> None:
    run = through(transform, type)
    run()  # streaming begins
    seen: Counter[str] = Counter()

    def note(_frame: object, event: str, _argument: object) -> None:
        seen[event] += 1

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    assert seen["call"] + seen["c_call"] <= most
