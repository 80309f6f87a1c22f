"""A consumer of DLPack capsules by hand, so that a test decides when each part is let go."""

from __future__ import annotations

import ctypes
from typing import Any

_api = ctypes.pythonapi
_api.PyCapsule_GetPointer.restype = ctypes.c_void_p
_api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
_api.PyCapsule_SetName.restype = ctypes.c_int
_api.PyCapsule_SetName.argtypes = [ctypes.py_object, ctypes.c_char_p]
_USED = ctypes.create_string_buffer(b"used_dltensor")


class _Tensor(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device", ctypes.c_int32 * 2),
        ("ndim", ctypes.c_int32),
        ("dtype", ctypes.c_uint8 * 4),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


class _Managed(ctypes.Structure):
    _fields_ = (
        ("tensor", _Tensor),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.PYFUNCTYPE(None, ctypes.c_void_p)),
    )


class Consumed:
    """A tensor taken out of a capsule, which may be dropped at once."""

    def __init__(self, capsule: Any) -> None:
        self._at = _api.PyCapsule_GetPointer(capsule, b"dltensor")
        _api.PyCapsule_SetName(capsule, _USED)
        self._managed = _Managed.from_address(self._at)

    @property
    def address(self) -> int:
        return int(self._managed.tensor.data) + int(self._managed.tensor.byte_offset)

    @property
    def shape(self) -> tuple[int, ...]:
        tensor = self._managed.tensor
        return tuple(tensor.shape[: tensor.ndim])

    def read(self, count: int) -> bytes:
        return ctypes.string_at(self.address, count)

    def delete(self) -> None:
        self._managed.deleter(self._at)
