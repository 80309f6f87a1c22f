"""Compiling kernels when a program first needs them, and keeping the machine code on disk."""

from __future__ import annotations

import hashlib
import inspect
import logging
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba import int64, void
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
from numba.core.ccallback import CFunc
from numba.core.errors import NumbaError

from gpumft.device import cache as folders
from gpumft.device.cpu import (
    across,
    columns,
    formulas,
    kernels,
    paint,
    pixels,
    selftest,
    v210,
    woven,
)
from gpumft.errors import KernelBuildError

_log = logging.getLogger("gpumft.device")
_lock = threading.RLock()

_KERNEL = void(*[int64] * 5)
_RUN_BAND = void(*[int64] * 7)


@cache
def _source_hash() -> str:
    """Return a hash of everything that machine code depends on besides Numba and the processor.

    Numba itself looks only at the file of the function, so an edited helper in another file would
    leave stale code behind.
    """
    digest = hashlib.blake2b(numba.__version__.encode(), digest_size=8)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Return where machine code is kept: GPUMFT_CACHE_DIR, else the user's cache folder."""
    return folders.cache_folder() / "cpu" / _source_hash()


class _Locator(_CacheLocator):
    """Tells Numba to keep our functions in our own folder."""

    def __init__(self) -> None:
        self._folder = str(cache_folder())

    def get_cache_path(self) -> str:
        return self._folder

    def get_source_stamp(self) -> str:
        return _source_hash()

    def get_disambiguator(self) -> str:
        return "0"

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> _Locator | None:
        locator = cls()
        try:
            locator.ensure_cache_path()
        except OSError:
            return None
        return locator


class _CacheImpl(CompileResultCacheImpl):
    _locator_classes = [_Locator]  # type: ignore[list-item]  # noqa: RUF012 - as Numba has it


class _Cache(FunctionCache):
    """Numba's cache of compiled functions; trouble with a file means compiling, never failing."""

    _impl_class = _CacheImpl

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:  # noqa: BLE001 - a damaged file may raise anything
            _warn_once(f"kernels in {self.cache_path} cannot be read: {error}")
            self._forget()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:
            _warn_once(f"kernels are not kept on disk: {error}")

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        """Return what tells machine codes in a file apart: the processor.

        Each kernel has files of its own, named after it, in a folder named after the source.
        Numba's key holds the functions that a kernel closes over, pickled: another key every time.
        """
        return sig, codegen.magic_tuple()

    def _forget(self) -> None:
        """Start an empty index in place of a damaged one."""
        try:
            self.flush()
        except OSError:
            self.disable()


@cache
def _warn_once(message: str) -> None:
    _log.warning("%s", message)


def _source(name: str) -> Callable[..., None]:
    """Return the Python function of a kernel: `mix`, `vertical.uint8`, `paint.uint8.prr.7-7-7`."""
    family, *variant = name.split(".")
    makers: dict[str, Callable[..., Callable[..., None]]] = {
        "load": pixels.load,
        "store": pixels.store,
        "vertical": columns.vertical,
        "paint": paint.paint,
        "split": paint.split,
        "phases": across.phases,
        "woven": woven.woven,
        "formula": formulas.formula,
        "pack": v210.pack,
        "unpack": v210.unpack,
    }
    if family in makers:
        return makers[family](*variant)
    rooms: dict[str, Any] = {
        "weigh": pixels, "unweigh": pixels, "probe": selftest, "gather": across,
    }  # fmt: skip
    room = rooms.get(family, kernels)
    found: Callable[..., None] = getattr(room, family)
    return found


def _name(function: Callable[..., Any], name: str) -> None:
    """Name a kernel, and the functions made for it alone, so that no other has theirs.

    Numba names machine code after a function and its types, and code that comes from files is
    linked by name: what another process called the same would be taken for it.
    """
    function.__qualname__ = name
    parts = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    for part, cell in parts:
        inner = cell.cell_contents
        if inspect.isfunction(inner) and "<locals>" in inner.__qualname__:
            _name(inner, f"{name}.{part}")


def compile_kernel(name: str, *, keep: bool = True) -> Any:
    """Compile a kernel, or load it from disk; `keep` = False does neither reading nor writing.

    Raises:
        KernelBuildError: Numba refuses it; the error holds what Numba says and the source.
    """
    source = _source(name)
    _name(source, name)
    signature = _RUN_BAND if name == "run_band" else _KERNEL
    made: Any = CFunc(
        source,
        (signature.args, signature.return_type),
        locals={},
        options={"error_model": "numpy", "boundscheck": False, "nopython": True},
    )
    if keep:
        try:
            made._cache = _Cache(source)  # noqa: SLF001 - enable_caching() takes no folder
        except RuntimeError:
            _warn_once(f"kernels are not kept on disk: {cache_folder()} is not writable")
    try:
        made.compile()
    except NumbaError as error:
        message = f"Numba {numba.__version__} cannot compile the kernel {name}"
        raise KernelBuildError(message, log=str(error), source=inspect.getsource(source)) from error
    return made


_kernels: dict[str, Any] = {}


def kernel(name: str) -> int:
    """Return the address of a kernel's machine code, compiling it if need be.

    Thread-safety: any thread.
    """
    with _lock:
        if name not in _kernels:
            _kernels[name] = compile_kernel(name)
        return int(_kernels[name].address)


def function(name: str) -> Callable[..., None]:
    """Return a kernel as a C function; the GIL is released while it runs.

    Thread-safety: any thread.
    """
    kernel(name)
    found: Callable[..., None] = _kernels[name].ctypes
    return found
