"""Values that remember how they are made, and the Formula that a function of such values is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from gpumft.errors import InvalidArg

OPERATIONS: Final = {
    "literal": 0,
    "parameter": 0,
    "multiply": 2,
    "add": 2,
    "subtract": 2,
    "fma": 3,
    "negate": 1,
    "absolute": 1,
    "select": 4,
    "flush": 1,
    "reciprocal": 1,
    "keep_nan": 2,
    "exponent": 1,
    "mantissa": 1,
    "power_of_two": 1,
    "root_seed": 1,
}
"""Every operation with the number of its operands. Source: docs/arithmetic.md, 8.1."""


class Value:
    """A float32 in the making: an operation and what it is done to.

    `+`, `-`, `*`, unary `-` and `abs()` make new values; Python numbers beside them become
    literals. A product cannot be an operand of `+` or `-`: that is `fma`.

    Thread-safety: immutable.
    """

    __slots__ = ("name", "number", "operands", "operation")

    def __init__(
        self, operation: str, *operands: Value, number: float = 0.0, name: str = ""
    ) -> None:
        self.operation = operation
        self.operands = operands
        self.number = number
        self.name = name

    def __mul__(self, other: Value | float) -> Value:
        return Value("multiply", self, lifted(other))

    __rmul__ = __mul__

    def __add__(self, other: Value | float) -> Value:
        return _sum("add", self, lifted(other))

    __radd__ = __add__

    def __sub__(self, other: Value | float) -> Value:
        return _sum("subtract", self, lifted(other))

    def __rsub__(self, other: float) -> Value:
        return _sum("subtract", lifted(other), self)

    def __neg__(self) -> Value:
        return Value("negate", self)

    def __abs__(self) -> Value:
        return Value("absolute", self)


def _sum(operation: str, left: Value, right: Value) -> Value:
    for operand in (left, right):
        inner = operand.operands[0] if operand.operation == "negate" else operand
        if inner.operation == "multiply":
            raise InvalidArg(f"a product is an operand of {operation}: write fma(a, b, c)")
    return Value(operation, left, right)


def lifted(value: Value | float) -> Value:
    """Return a value; a number becomes a literal."""
    return value if isinstance(value, Value) else literal(value)


def literal(number: float) -> Value:
    """Return a constant that is part of the machine code, rounded to float32."""
    return Value("literal", number=float(np.float32(number)))


def parameter(number: float, name: str = "") -> Value:
    """Return a constant that machine code takes as an argument, rounded to float32.

    One with a name may be another number from picture to picture.
    """
    return Value("parameter", number=float(np.float32(number)), name=name)


def fma(a: Value | float, b: Value | float, c: Value | float) -> Value:
    """Return a * b + c with one rounding."""
    return Value("fma", lifted(a), lifted(b), lifted(c))


def select(a: Value | float, b: Value | float, yes: Value | float, no: Value | float) -> Value:
    """Return `yes` where a < b, else `no` (also where one of them is NaN)."""
    return Value("select", lifted(a), lifted(b), lifted(yes), lifted(no))


def flush(x: Value) -> Value:
    """Return x, or +0 where |x| < 2^-64. Source: docs/arithmetic.md, 1."""
    return Value("flush", x)


def reciprocal(x: Value) -> Value:
    """Return 1 / x for x in [2^-64, 2^64], within 1 ulp. Source: docs/arithmetic.md, 2."""
    return Value("reciprocal", x)


def keep_nan(x: Value, y: Value) -> Value:
    """Return y, or NaN where x is NaN."""
    return Value("keep_nan", x, y)


class Step(NamedTuple):
    """One operation of a Formula."""

    operation: str
    operands: tuple[int, ...]
    """Values by number: the inputs come first, then the steps in their order."""
    number: float = 0.0
    """Of a literal. A parameter's is its index."""


@dataclass(frozen=True, slots=True)
class Formula:
    """Straight-line float32 arithmetic: some channels in, some out.

    Thread-safety: immutable.
    """

    name: str
    """What it does, for people."""
    inputs: int
    """How many channels it takes, 1 to 4."""
    steps: tuple[Step, ...]
    """In the order of evaluation; equal ones occur once."""
    outputs: tuple[int, ...]
    """The numbers of the values that it returns, 1 to 4."""
    parameters: tuple[float, ...]
    """float32 values held as Python floats."""
    names: tuple[str, ...] = ()
    """Of the parameters, "" for those that stay what they are."""
    key: str = field(init=False, repr=False)
    """Equal for formulas of equal operations; parameters and names are no part of it."""

    def __post_init__(self) -> None:
        plain = repr((self.inputs, self.steps, self.outputs))
        object.__setattr__(self, "key", hashlib.blake2b(plain.encode(), digest_size=10).hexdigest())

    @property
    def operations(self) -> int:
        """How many operations are done per pixel."""
        return sum(step.operation not in ("literal", "parameter") for step in self.steps)


def formula(name: str, inputs: int, function: Callable[..., Sequence[Value]]) -> Formula:
    """Return `function` of `inputs` channels as a Formula.

    Args:
        name: what it does.
        inputs: how many channels `function` takes.
        function: called once, with Values.

    Raises:
        InvalidArg: a product is an operand of + or -, or nothing is returned.

    Thread-safety: as `function`.
    """
    given = [Value("input", number=index) for index in range(inputs)]
    made = function(*given)
    if not 1 <= len(made) <= 4 or not 1 <= inputs <= 4:
        raise InvalidArg(f"formula {name} has {inputs} inputs and {len(made)} outputs, not 1 to 4")
    order = _Order(inputs)
    outputs = tuple(order.number_of(value) for value in made)
    numbers = tuple(number for number, _ in order.parameters)
    names = tuple(name for _, name in order.parameters)
    return Formula(name, inputs, tuple(order.steps), outputs, numbers, names)


class _Order:
    """Puts values in an order in which operands come first; equal steps are kept once."""

    def __init__(self, inputs: int) -> None:
        self._inputs = inputs
        self.steps: list[Step] = []
        self.parameters: list[tuple[float, str]] = []
        """Numbers and names."""
        self._places: dict[Step, int] = {}
        self._known: dict[int, tuple[int, Value]] = {}

    def number_of(self, value: Value) -> int:
        """Return the number of a value, adding the steps that it needs."""
        waiting = [value]
        while waiting:
            top = waiting[-1]
            if id(top) in self._known:
                waiting.pop()
                continue
            missing = [v for v in top.operands if id(v) not in self._known]
            if missing:
                waiting += reversed(missing)
                continue
            waiting.pop()
            self._known[id(top)] = self._place(top), top
        return self._known[id(value)][0]

    def _place(self, value: Value) -> int:
        if value.operation == "input":
            return int(value.number)
        number = value.number
        if value.operation == "parameter":
            if (number, value.name) not in self.parameters:
                self.parameters.append((number, value.name))
            number = self.parameters.index((number, value.name))
        operands = tuple(self._known[id(v)][0] for v in value.operands)
        step = Step(value.operation, operands, float(number))
        if step not in self._places:
            self._places[step] = self._inputs + len(self.steps)
            self.steps.append(step)
        return self._places[step]
