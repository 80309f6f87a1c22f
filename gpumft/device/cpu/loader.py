"""Machine code in memory, ready to be called. LLVM alone does it, without Numba."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any

from llvmlite import binding as llvm

from gpumft.device.cpu.kept import Code

_lock = threading.Lock()
_WITH_OBJECT = ctypes.PYFUNCTYPE(None, ctypes.py_object, *[ctypes.c_int64] * 4)


class Loaded:
    """A kernel in memory; its code goes with the object.

    Thread-safety: immutable; calls release the GIL.
    """

    def __init__(self, code: Code) -> None:
        with _lock:  # LLVM's own tables are global
            self._engine = _engine()
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(code.binary))
            self._engine.finalize_object()
            self.address = int(self._engine.get_function_address(code.entry))

    def function(self, count: int) -> Callable[..., None]:
        """Return it as a C function of so many integers; hold the kernel while you call it."""
        return ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * count)(self.address)

    def with_objects(self) -> Callable[..., None]:
        """Return it as a function of Python's that takes an object and four integers.

        It holds the GIL; hold the kernel while you call it.
        """
        return _WITH_OBJECT(self.address)


def _engine() -> Any:
    """Return an empty engine of LLVM."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    triple = llvm.get_process_triple()
    target = llvm.Target.from_triple(triple)
    # x86 needs static relocation in memory, as Numba has it
    reloc = "static" if target.name.startswith("x86") else "default"
    machine = target.create_target_machine(codemodel="jitdefault", reloc=reloc, jit=True)
    module = llvm.parse_assembly(f'target triple = "{triple}"')
    return llvm.create_mcjit_compiler(module, machine)
