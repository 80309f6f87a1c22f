"""Hooks that count what is allocated and built, by whoever does it."""

from __future__ import annotations

import ctypes
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest import mock

import numpy as np

from gpumft.device.opencl_platform import library

BLOCK: Final = 4096
"""Bytes of an allocation that counts as pixel memory."""

# --- NumPy: its handler of memory (NEP 49), which sees every array's data, also what is short-lived

_HANDLER = ctypes.c_char_p(b"mem_handler")
_SET_HANDLER: Final = 304
"""Place of PyDataMem_SetHandler in NumPy's table of functions."""
_P, _N = ctypes.c_void_p, ctypes.c_size_t


class _Allocator(ctypes.Structure):
    _fields_ = (("ctx", _P), ("malloc", _P), ("calloc", _P), ("realloc", _P), ("free", _P))


class _Handler(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        ("allocator", _Allocator),
    )


def _libc(name: str, result: Any, *arguments: Any) -> Any:
    found = getattr(ctypes.CDLL(None), name)
    found.restype, found.argtypes = result, list(arguments)
    return found


_malloc = _libc("malloc", _P, _N)
_calloc = _libc("calloc", _P, _N, _N)
_realloc = _libc("realloc", _P, _P, _N)
_free = _libc("free", None, _P)
_sizes: list[int] = []
"""Bytes of the arrays that were allocated while NumPy's handler was ours."""


def _seen(size: int) -> None:
    _sizes.append(size)


def _on_malloc(_: Any, size: int) -> Any:
    _seen(size)
    return _malloc(size)


def _on_calloc(_: Any, count: int, size: int) -> Any:
    _seen(count * size)
    return _calloc(count, size)


def _on_realloc(_: Any, old: Any, size: int) -> Any:
    _seen(size)
    return _realloc(old, size)


def _on_free(_: Any, old: Any, __: int) -> None:
    _free(old)


# Arrays remember who is to free them: these live as long as the process.
_callbacks = (
    ctypes.PYFUNCTYPE(_P, _P, _N)(_on_malloc),
    ctypes.PYFUNCTYPE(_P, _P, _N, _N)(_on_calloc),
    ctypes.PYFUNCTYPE(_P, _P, _P, _N)(_on_realloc),
    ctypes.PYFUNCTYPE(None, _P, _P, _N)(_on_free),
)
_ours = _Handler(b"counting", 1, _Allocator(None, *(ctypes.cast(each, _P) for each in _callbacks)))


def _set_handler() -> Callable[[Any], Any]:
    api = ctypes.pythonapi.PyCapsule_GetPointer
    api.restype, api.argtypes = _P, [ctypes.py_object, ctypes.c_char_p]
    table = ctypes.cast(api(np._core._multiarray_umath._ARRAY_API, None), ctypes.POINTER(_P))  # type: ignore[attr-defined]
    make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)
    return make(table[_SET_HANDLER])


def _capsule() -> Any:
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, [_P, ctypes.c_char_p, _P]
    return new(ctypes.addressof(_ours), _HANDLER, None)


@contextmanager
def numpy_arrays() -> Iterator[list[int]]:
    """Collect the sizes in bytes of all arrays' data that this thread allocates."""
    install, counting = _set_handler(), _capsule()
    _sizes.clear()
    before = install(counting)
    try:
        yield _sizes
    finally:
        install(before)


# --- Everything else of Python


class Tracing:
    """Python's memory between two looks.

    Thread-safety: none.
    """

    def __init__(self) -> None:
        self._start = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()

    def peak(self) -> int:
        """Return the bytes by which memory grew at its highest since the last look."""
        now, highest = tracemalloc.get_traced_memory()
        grown = highest - self._start
        self._start = now
        tracemalloc.reset_peak()
        return grown


@contextmanager
def tracing() -> Iterator[Tracing]:
    """Trace Python's memory."""
    tracemalloc.start()
    try:
        yield Tracing()
    finally:
        tracemalloc.stop()


def blocks_kept() -> list[int]:
    """Return the sizes of traced blocks of BLOCK bytes and more that are still there."""
    return [trace.size for trace in tracemalloc.take_snapshot().traces if trace.size >= BLOCK]


# --- OpenCL

_CLASSES = ("Buffer", "Image", "Program", "Kernel", "CommandQueue", "Context", "UserEvent")


class _Counting:
    """In the place of a class: counts what is made of it, and is that class to isinstance."""

    def __init__(self, kind: Any, found: Counter[str]) -> None:
        self._kind = kind
        self._found = found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._found[self._kind.__name__] += 1
        return self._kind(*args, **kwargs)

    def __instancecheck__(self, other: object) -> bool:
        return isinstance(other, self._kind)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kind, name)


@contextmanager
def opencl_objects() -> Iterator[Counter[str]]:
    """Count the objects that are made of pyopencl's classes, by their names."""
    cl, found = library(), Counter[str]()
    with ExitStack() as stack:
        for name in _CLASSES:
            stand_in = _Counting(getattr(cl, name), found)
            stack.enter_context(mock.patch.object(cl, name, stand_in))
        yield found
