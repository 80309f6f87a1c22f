"""Machine code on disk: found by the kernel's name, the engine's source and the processor."""

from __future__ import annotations

import hashlib
import logging
import os
import uuid
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from llvmlite import binding as llvm

from gpumft.device import cache as folders

_log = logging.getLogger("gpumft.device")
_DIGEST = 16
"""Bytes of the hash that a file begins with."""


class Code(NamedTuple):
    """The machine code of a kernel."""

    entry: str
    """The name of its C function."""
    binary: bytes
    """An object file, as LLVM writes it for this system."""


@cache
def source_hash() -> str:
    """Return a hash of everything that machine code depends on besides the processor."""
    digest = hashlib.blake2b(version("numba").encode(), digest_size=8)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def processor_hash() -> str:
    """Return a hash of what machine code is made for: the processor, and Numba's settings."""
    settings = sorted(item for item in os.environ.items() if item[0].startswith("NUMBA_"))
    try:
        features = llvm.get_host_cpu_features().flatten()
    except RuntimeError:  # LLVM cannot tell them on every system
        features = ""
    about = [llvm.get_process_triple(), llvm.get_host_cpu_name(), features, settings]
    return hashlib.blake2b(repr(about).encode(), digest_size=8).hexdigest()


def cache_folder() -> Path:
    """Return where machine code is kept: GPUMFT_CACHE_DIR, else the user's cache folder."""
    return folders.cache_folder() / "cpu" / source_hash()


def path_of(name: str) -> Path:
    """Return the file of a kernel's machine code; it may not exist."""
    return cache_folder() / f"{name}-{processor_hash()}.code"


def read(name: str) -> Code | None:
    """Return a kernel's machine code, if it is kept and whole.

    Thread-safety: any thread, and any process.
    """
    try:
        content = path_of(name).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        _warn_once(f"kernels in {cache_folder()} cannot be read: {error}")
        return None
    digest, body = content[:_DIGEST], content[_DIGEST:]
    entry, _, binary = body.partition(b"\0")
    if digest != _digest(body):
        _warn_once(f"kernels in {cache_folder()} cannot be read: {path_of(name).name} is damaged")
        return None
    return Code(entry.decode(), binary)


def write(name: str, code: Code) -> bool:
    """Keep a kernel's machine code; trouble means one warning, and False.

    The file is written aside and renamed: no reader sees half of it.

    Thread-safety: any thread, and any process.
    """
    path, body = path_of(name), code.entry.encode() + b"\0" + code.binary
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(f".{uuid.uuid4().hex}")
        try:
            aside.write_bytes(_digest(body) + body)
            aside.replace(path)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
    except OSError as error:
        _warn_once(f"kernels are not kept on disk: {cache_folder()} is not writable: {error}")
        return False
    return True


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST).digest()


@cache
def _warn_once(message: str) -> None:
    _log.warning("%s", message)
