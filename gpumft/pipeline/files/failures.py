"""What goes wrong with files, in words, and the translation of the video library's errors.

FFmpeg reports a number; a user needs to know which file, what is the matter and what to do.
"""

from __future__ import annotations

import difflib
import errno
import os
from collections.abc import Iterable
from pathlib import Path

import av
import av.error

from gpumft.errors import (
    AccessDenied,
    DiskFull,
    Fail,
    FileMissing,
    InvalidArg,
    InvalidMediaType,
    InvalidStreamData,
    MFError,
    OutOfMemory,
    Truncated,
)

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_ACCESS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ETXTBSY}


def nearest(name: str, known: Iterable[str], count: int = 3) -> str:
    """Return a phrase such as ``"nearest are 'libx264', 'libx265'"``, or an empty string."""
    close = difflib.get_close_matches(name, sorted(known), count, 0.5)
    if not close:
        return ""
    names = ", ".join(repr(c) for c in close)
    return f"nearest is {names}" if len(close) == 1 else f"nearest are {names}"


def _shown(path: str | os.PathLike[str]) -> str:
    return repr(os.fspath(path))


def reading(path: str | os.PathLike[str], error: BaseException) -> MFError:
    """Translate what happened while `path` was opened or read.

    Args:
        path: the input.
        error: the exception of PyAV or of the operating system.

    Returns:
        The exception to raise ``from error``.
    """
    shown = _shown(path)
    if isinstance(error, MFError):
        return error
    if isinstance(error, FileNotFoundError):
        hint = "; for standard input give /dev/stdin" if os.fspath(path) == "-" else ""
        return FileMissing(f"{shown} does not exist{hint}")
    if isinstance(error, IsADirectoryError):
        return InvalidArg(f"{shown} is a folder; give a video file")
    if isinstance(error, PermissionError):
        return AccessDenied(f"{shown} cannot be read: permission denied; make it readable")
    if isinstance(error, MemoryError):
        return OutOfMemory(f"not enough memory to read {shown}")
    if isinstance(error, av.error.EOFError):
        return Truncated(f"{shown} ends before its first picture: it is empty or cut off")
    if isinstance(error, av.error.InvalidDataError):
        return InvalidStreamData(
            f"{shown} is not a video file that can be read: no known container was recognised, "
            "or it is cut off before its index"
        )
    return InvalidStreamData(f"{shown} cannot be read: {_reason(error)}")


def writing(path: str | os.PathLike[str], error: BaseException) -> MFError:
    """Translate what happened while `path` was written; see `reading`."""
    shown = _shown(path)
    if isinstance(error, MFError):
        return error
    number = getattr(error, "errno", None)
    if isinstance(error, OSError) and number in _NO_SPACE:
        return DiskFull(
            f"{shown} cannot be finished: {os.strerror(number or errno.ENOSPC).lower()}; "
            "free some space or write elsewhere"
        )
    if isinstance(error, OSError) and number in _NO_ACCESS:
        return AccessDenied(
            f"{shown} cannot be written: {os.strerror(number or errno.EACCES).lower()}; "
            "choose a folder that you may write to"
        )
    if isinstance(error, FileNotFoundError):
        place = Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)
        folder = str(place.parent)
        return FileMissing(f"the folder {folder!r} of the output {shown} does not exist; make it")
    if isinstance(error, NotADirectoryError):
        return InvalidArg(f"the output {shown} lies inside something that is not a folder")
    if isinstance(error, MemoryError):
        return OutOfMemory(f"not enough memory to write {shown}")
    return Fail(f"{shown} cannot be written: {_reason(error)}")


def encoding(codec: str, what: str, error: BaseException) -> MFError:
    """Translate a refusal of an encoder.

    Args:
        codec: its name.
        what: what it was asked to encode, such as ``"1280x720 yuv420p"``.
        error: the exception of PyAV.
    """
    if isinstance(error, MFError):
        return error
    if isinstance(error, MemoryError):
        return OutOfMemory(f"not enough memory for {codec} to encode {what}")
    return InvalidMediaType(
        f"{codec} cannot encode {what}: {_reason(error)}; choose another size, format or codec"
    )


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text)[:1].lower() + str(text)[1:]
