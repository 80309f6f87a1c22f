"""Kernels by name: in memory, on disk, or compiled when a program first needs them."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict

from gpumft.device.cpu import kept, workshop
from gpumft.device.cpu.layout import formula_of
from gpumft.device.cpu.loader import Loaded

_MOST = 256
"""Kernels that stay in memory although no program uses them: some 60 KiB each."""

_lock = threading.RLock()
_kernels: OrderedDict[str, Loaded] = OrderedDict()
_unwritten: dict[str, kept.Code] = {}


def machine_code(name: str) -> kept.Code:
    """Return a kernel's machine code from disk, or compile it and keep it there.

    Raises:
        KernelBuildError: it cannot be compiled.
    """
    code = kept.read(name) or _unwritten.get(name)
    if code is None:
        code = workshop.make(name, formula_of(name))
        if not kept.write(name, code):
            _unwritten[name] = code
    return code


def kernel(name: str) -> Loaded:
    """Return a kernel in memory, compiling it if need be. It stays as long as it is held.

    Raises:
        KernelBuildError: it cannot be compiled.

    Thread-safety: any thread.
    """
    with _lock:
        found = _kernels.pop(name, None) or Loaded(machine_code(name))
        _kernels[name] = found
        while len(_kernels) > _MOST:
            _kernels.popitem(last=False)
        return found


def _after_fork() -> None:
    global _lock  # noqa: PLW0603 - another thread of the parent may have held it
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
