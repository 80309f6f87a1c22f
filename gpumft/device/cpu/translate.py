"""From a kernel's Python function to machine code, by Numba.

Numba never forgets what it has compiled, and takes long to import: `workshop` runs this in a
process of its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numba
from llvmlite import ir
from numba import int64, void
from numba.core import compiler, registry
from numba.core.compiler_lock import global_compiler_lock
from numba.core.errors import NumbaError

from gpumft.device.cpu import (
    across,
    columns,
    doubled,
    formulas,
    kernels,
    paint,
    pairs,
    pixels,
    probe,
    recognise,
    v210,
    woven,
)
from gpumft.device.cpu.kept import Code
from gpumft.errors import KernelBuildError
from gpumft.formula import Formula

_KERNEL = void(*[int64] * 5)
_BANDS = void(*[int64] * 3)
_OPTIONS = {"error_model": "numpy", "boundscheck": False, "nopython": True}


def source_of(name: str, formula: Formula | None = None) -> Callable[..., None]:
    """Return the Python function of a kernel: `mix`, `vertical.uint8`, `paint.uint8.prr.7-7-7`."""
    if formula is not None:
        return formulas.formula(formula)
    family, *variant = name.split(".")
    makers: dict[str, Callable[..., Callable[..., None]]] = {
        "load": pixels.load,
        "store": pixels.store,
        "vertical": columns.vertical,
        "pairs": pairs.pairs,
        "paint": paint.paint,
        "doubled": doubled.doubled,
        "split": paint.split,
        "phases": across.phases,
        "woven": woven.woven,
        "pack": v210.pack,
        "unpack": v210.unpack,
    }
    if family in makers:
        return makers[family](*variant)
    rooms: dict[str, Any] = {
        "weigh": pixels, "unweigh": pixels, "probe": probe, "gather": across,
        "recognise": recognise,
    }  # fmt: skip
    room = rooms.get(family, kernels)
    found: Callable[..., None] = getattr(room, family)
    return found


def library_of(name: str, formula: Formula | None = None) -> tuple[str, Any]:
    """Return the name of a kernel's C function, and Numba's library that holds it.

    Raises:
        KernelBuildError: Numba refuses it; the error holds what Numba says and the source.
    """
    source = source_of(name, formula)
    source.__qualname__ = name
    signature = _BANDS if name in ("run_bands", "stop_bands") else _KERNEL
    target = registry.cpu_target
    flags: Any = compiler.Flags()
    target.options.parse_as_flags(flags, _OPTIONS)
    flags.no_cpython_wrapper = flags.no_cfunc_wrapper = flags.no_compile = True
    with global_compiler_lock:
        try:
            made = compiler.compile_extra(
                target.typing_context, target.target_context, source, signature.args,
                signature.return_type, flags, locals={},
            )  # fmt: skip
        except NumbaError as error:
            message = f"Numba {numba.__version__} cannot compile the kernel {name}"
            raise KernelBuildError(
                message, log=str(error), source=inspect.getsource(source)
            ) from error
        entry = _add_entry(target.target_context, made)
        made.library.finalize()
    return entry, made.library


def _add_entry(context: Any, made: Any) -> str:
    """Add a C function that calls a kernel; return its name.

    Numba's own would need Python and Numba where the kernel runs, to tell of errors; kernels raise
    none.
    """
    described = made.fndesc
    module = context.create_module("entry")
    kind = context.call_conv.get_function_type(described.restype, described.argtypes)
    kernel = ir.Function(module, kind, described.llvm_func_name)
    words = [ir.IntType(64)] * len(described.argtypes)
    entry = ir.Function(
        module, ir.FunctionType(ir.VoidType(), words), described.llvm_cfunc_wrapper_name
    )
    builder = ir.IRBuilder(entry.append_basic_block("entry"))
    context.call_conv.call_function(
        builder, kernel, described.restype, described.argtypes, entry.args, attrs=("noinline",)
    )
    builder.ret_void()
    made.library.add_ir_module(module)
    return str(described.llvm_cfunc_wrapper_name)


def translate(name: str, formula: Formula | None = None) -> Code:
    """Return the machine code of a kernel.

    Raises:
        KernelBuildError: Numba refuses it, or it calls what only Numba has.

    Thread-safety: any thread; they take turns.
    """
    entry, library = library_of(name, formula)
    module = library._final_module  # noqa: SLF001 - there is no other way to it
    absent = [f.name for f in module.functions if f.is_declaration and f.name[:5] != "llvm."]
    if absent:
        message = f"the kernel {name} calls {', '.join(absent)}, which is no part of it"
        raise KernelBuildError(message, source=str(module))
    return Code(entry, bytes(library._get_compiled_object()))  # noqa: SLF001 - the same
