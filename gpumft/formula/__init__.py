"""Float32 arithmetic as values: curves, tone maps and effects are written once, here or above.

A `Formula` is straight-line arithmetic on the channels of one pixel. Backends know some sixteen
single operations and print any Formula with them, so that all of them compute the same bits
(docs/arithmetic.md, 8).
"""

from gpumft.formula.functions import (
    clamp,
    divide,
    exp2,
    larger,
    log2,
    nearest_integer,
    polynomial,
    power,
    smaller,
    square_root,
)
from gpumft.formula.scalars import evaluate
from gpumft.formula.value import (
    OPERATIONS,
    Formula,
    Step,
    Value,
    flush,
    fma,
    formula,
    keep_nan,
    literal,
    parameter,
    reciprocal,
    select,
)

__all__ = [
    "OPERATIONS",
    "Formula",
    "Step",
    "Value",
    "clamp",
    "divide",
    "evaluate",
    "exp2",
    "flush",
    "fma",
    "formula",
    "keep_nan",
    "larger",
    "literal",
    "log2",
    "nearest_integer",
    "parameter",
    "polynomial",
    "power",
    "reciprocal",
    "select",
    "smaller",
    "square_root",
]
