"""The vectors of the self-test: hard cases of every primitive, with the right bits."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

PRIMITIVES = (
    "fma", "recip", "flush", "code", "half", "from_half", "exponent", "mantissa", "power_of_two",
    "root_seed",
)  # fmt: skip
"""In the order in which kernels number them."""
_QUIET = 0x7FC00000


class Vectors(NamedTuple):
    """Operands and results of one primitive, as words of 32 bits; floats are their bits."""

    primitive: str
    operands: npt.NDArray[np.uint32]
    """Shape (cases, 1 to 3)."""
    results: npt.NDArray[np.uint32]
    """Shape (cases,)."""

    def complaint(self, found: npt.NDArray[np.uint32]) -> str:
        """Return what is wrong with the results `found`, or "" where every bit is right.

        Thread-safety: a pure function.
        """
        found = found.copy()
        if self.primitive not in ("code", "half"):  # payload and sign of a NaN mean nothing
            found[np.isnan(found.view(np.float32))] = _QUIET
        bad = np.flatnonzero(found != self.results)
        if not len(bad):
            return ""
        first = bad[0]
        given = " ".join(f"{int(word):08x}" for word in self.operands[first])
        wanted = f"{int(self.results[first]):08x}"
        return f"{self.primitive}({given}) gives {int(found[first]):08x}, not {wanted}"


def vectors() -> list[Vectors]:
    """Return the vectors of docs/arithmetic.md, 7, in the order of PRIMITIVES.

    Thread-safety: a pure function.
    """
    text = files("gpumft.device").joinpath("primitives.json").read_text("ascii")
    table: dict[str, list[list[Any]]] = json.loads(text)
    made = []
    for name in PRIMITIVES:
        rows = [[w if isinstance(w, int) else int(w, 16) for w in row] for row in table[name]]
        if name == "code":
            rows = [[bits, _bits(float(highest)), code] for bits, highest, code in rows]
        words = np.array(rows, np.int64).astype(np.uint32)
        made.append(Vectors(name, words[:, :-1], words[:, -1]))
    return made


def _bits(value: float) -> int:
    return int(np.array(value, np.float32).view(np.uint32))
