"""Counters in memory that several threads count up at once."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from gpumft.device.cpu.arithmetic import INT32, INT64

_PAUSES = {"x86_64": ("llvm.x86.sse2.pause", []), "aarch64": ("llvm.aarch64.hint", [1])}
"""What a processor has for waiting in a loop."""


def _added(_typing: Any, address: Any, more: Any) -> Any:
    """added(address, n): add n to the int64 there; return what it was before.

    Whoever finds a number there sees all that was written before it was counted.
    """

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        address, more = values
        place = builder.inttoptr(address, INT64.as_pointer())
        return builder.atomic_rmw("add", place, more, "acq_rel")

    return types.int64(types.int64, types.int64), emit


def _settled(_typing: Any, address: Any) -> Any:
    """settled(address): the int64 there, and all that was written before it was counted."""

    def emit(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        place = builder.inttoptr(values[0], INT64.as_pointer())
        return builder.load_atomic(place, "acquire", 8)

    return types.int64(types.int64), emit


def _pause(_typing: Any) -> Any:
    """pause(): wait for a moment."""

    def emit(context: Any, builder: Any, _signature: Any, _values: Any) -> Any:
        processor = context.codegen().magic_tuple()[0].partition("-")[0]
        if processor in _PAUSES:
            name, operands = _PAUSES[processor]
            given = [ir.Constant(INT32, operand) for operand in operands]
            kind = ir.FunctionType(ir.VoidType(), [INT32] * len(given))
            builder.call(cgutils.get_or_insert_function(builder.module, kind, name), given)
        return ir.Constant(INT32, 0)

    return types.int32(), emit


added: Any = intrinsic(_added)
settled: Any = intrinsic(_settled)
pause: Any = intrinsic(_pause)
