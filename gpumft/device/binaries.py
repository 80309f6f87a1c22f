"""Machine code that a device's compiler made, kept on disk for the processes to come."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

_log = logging.getLogger("gpumft.device")

_MAGIC = b"gpumft binary 1\n"
_HASH = 32
"""Bytes of the hash of a file's content, which follows the magic."""
_MOST = 512 << 20
"""Bytes of a folder; what was not used for longest goes first."""


def binary_key(words: Iterable[str]) -> str:
    """Return a hash of everything that decides about machine code, each word apart.

    Thread-safety: a pure function.
    """
    digest = hashlib.blake2b(digest_size=20)
    for word in words:
        data = word.encode("utf-8", "surrogateescape")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


class Binaries:
    """Machine code in a folder, a file for each key.

    A file holds the hash of its key and content: one that is cut short, changed, or another key's
    counts as missing. Files are written aside and renamed, so that processes never wait for each
    other. Where the folder cannot be written, nothing is kept and one warning is logged.

    Args:
        folder: is made when first needed.
        most: bytes that the folder may hold, more or less.

    Thread-safety: all methods may be called from any thread, and process.
    """

    def __init__(self, folder: Path, most: int = _MOST) -> None:
        self._folder = folder
        self._most = most
        self._unwatched = 0
        """Bytes that may be written before somebody looks at the size of the folder."""

    def find(self, key: str) -> bytes | None:
        """Return what was kept under a key, or None."""
        path = self._folder / key
        try:
            data = path.read_bytes()
        except OSError:
            return None
        head, binary = data[: len(_MAGIC) + _HASH], data[len(_MAGIC) + _HASH :]
        if not binary or head != _MAGIC + _hash(key, binary):
            return None
        with suppress(OSError):
            os.utime(path)  # it has been used
        return binary

    def keep(self, key: str, binary: bytes) -> None:
        """Keep machine code under a key; what was there before is replaced."""
        data = _MAGIC + _hash(key, binary) + binary
        try:
            self._write(key, data)
        except OSError as error:
            _warn_once(self._folder, error.strerror)
            return
        self._unwatched -= len(data)
        if self._unwatched < 0:
            self._unwatched = self._most // 8
            self._tidy()

    def _write(self, key: str, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        number, aside = tempfile.mkstemp(prefix=f"{key}.", dir=self._folder)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(data)
            Path(aside).replace(self._folder / key)
        except OSError:
            with suppress(OSError):
                Path(aside).unlink()
            raise

    def _tidy(self) -> None:
        """Remove what was not used for longest, if the folder holds too much."""
        files = []
        with suppress(OSError), os.scandir(self._folder) as found:
            for entry in found:
                with suppress(OSError):  # another process may be tidying too
                    told = entry.stat()
                    files.append((told.st_mtime, told.st_size, entry.path))
        held = sum(size for _, size, _ in files)
        if held <= self._most:
            return
        for _, size, path in sorted(files):
            with suppress(OSError):
                Path(path).unlink()
            held -= size
            if held <= self._most * 3 // 4:
                return


def _hash(key: str, binary: bytes) -> bytes:
    return hashlib.blake2b(binary, digest_size=_HASH, key=key.encode()).digest()


@cache
def _warn_once(folder: Path, reason: str | None) -> None:
    _log.warning("kernels are not kept on disk: %s cannot be written: %s", folder, reason)
