"""What the protocol does a frame, counted in calls of functions: a clock would tell less."""

from __future__ import annotations

from typing import Any

import pytest

from bench.protocol import TYPE, Empty, EmptyVideo, through
from gpumft.mft import Transform
from tests.calls import calls_of


@pytest.mark.parametrize(
    ("transform", "type", "most"), [(Empty(), "any", 65), (EmptyVideo(), TYPE, 135)]
)
def test_a_frame_calls_few_functions(
    transform: Transform[Any, Any], type: object, most: int
) -> None:
    run = through(transform, type)
    run()  # streaming begins
    assert calls_of(run) <= most
