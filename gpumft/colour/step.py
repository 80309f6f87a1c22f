"""One step of colour on its way between two types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gpumft.colour.matrices import Rows
from gpumft.formula import Value

Function: TypeAlias = Callable[..., Sequence[Value]]


@dataclass(frozen=True, slots=True)
class Step:
    """A matrix or a function on the channels of a pixel.

    Thread-safety: immutable.
    """

    name: str
    rows: Rows | None = None
    function: Function | None = None


def each(function: Callable[[Value], Value]) -> Function:
    """Return `function` of every one of three channels.

    Thread-safety: a pure function.
    """
    return lambda a, b, c: (function(a), function(b), function(c))
