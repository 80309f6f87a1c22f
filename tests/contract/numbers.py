"""Arrays of hard float32 values, and their bits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tests.contract import exact
from tests.contract.program_parts import random_bits

F32 = npt.NDArray[np.float32]


def bits(x: npt.NDArray[np.float32]) -> list[int]:
    """Bits with one NaN, as ints."""
    raw = np.ascontiguousarray(x).view(np.uint32)
    return [int(b) for b in np.where(np.isnan(x), exact.NAN, raw).ravel()]


def random32(count: int, seed: int) -> F32:
    return random_bits(count, seed).astype(np.uint32).view(np.float32)


def with_exponents(count: int, seed: int, low: int, high: int) -> F32:
    """Random signs and significands, biased exponents in [low, high)."""
    raw = random_bits(count, seed)
    exponent = (raw >> np.uint64(40)) % np.uint64(high - low) + np.uint64(low)
    return (
        ((raw & np.uint64(0x807FFFFF)) | exponent << np.uint64(23))
        .astype(np.uint32)
        .view(np.float32)
    )
