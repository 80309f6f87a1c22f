"""Output files that appear when whole: a temporary name in the same folder, then a rename."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import weakref
from pathlib import Path

from gpumft.errors import AccessDenied, InvalidArg, MFError, OutputExists
from gpumft.pipeline.files.failures import writing


class OutputFile:
    """A file under a temporary name that becomes `path` when `commit` is called.

    The name begins with a dot and ends with the real suffix, in the same folder, so that the rename
    stays within one file system. A device or pipe that exists already is written directly.

    The video library opens the file by its name: were it to call back into Python for every write,
    Ctrl-C could strike inside the callback, where C code has to drop it.

    Args:
        path: the file to make.
        overwrite: whether an existing regular file may be replaced.

    Attributes:
        name: the file to write, empty at first.

    Raises:
        OutputExists: it exists, and `overwrite` is false.
        FileMissing, AccessDenied, InvalidArg, DiskFull: it cannot be created there.

    Thread-safety: none.
    """

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool = True) -> None:
        self.path = Path(path)
        self._overwrite = overwrite
        self._remove: weakref.finalize[..., OutputFile] | None = None
        self._target = Path(os.path.realpath(self.path))
        try:
            check_place(path, overwrite=overwrite)
            if self._target.is_file() or not self._target.exists():
                temporary = self._target.with_name(_hidden_name(self._target))
                # Also when forgotten, and at the interpreter's exit. No __del__: Ctrl-C may strike
                # in it, and Python then drops it.
                self._remove = weakref.finalize(self, _unlink, temporary)
                temporary.touch(exist_ok=False)
                self.name = str(temporary)
            else:
                self.name = str(self._target)
        except OSError as error:
            raise writing(path, error) from error

    def commit(self) -> None:
        """Give the file, which must be closed, its real name.

        Raises:
            OutputExists: the name was taken in the meantime, and overwriting is not allowed.
            AccessDenied, Fail: renaming failed; the temporary file is gone.
        """
        try:
            if self._remove is not None and self._remove.alive:
                _check_existing(self.path, overwrite=self._overwrite)
                os.replace(self.name, self._target)  # noqa: PTH105 - replaces on Windows too
                self._remove.detach()
        except OSError as error:
            raise writing(self.path, error) from error
        finally:
            self.discard()

    def discard(self) -> None:
        """Remove what was written; nothing happens after `commit`."""
        if self._remove is not None:
            self._remove()


def check_place(path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Check that an output can be made at `path`. Nothing is written.

    Args:
        path: the file to make.
        overwrite: whether an existing regular file may be replaced.

    Raises:
        OutputExists, FileMissing, AccessDenied, InvalidArg: it cannot.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.is_dir():
            raise InvalidArg(f"the output {str(path)!r} is a folder; name a file")
        if not target.exists() or target.is_file():
            _check_existing(Path(path), overwrite=overwrite)
            if not target.parent.exists():
                raise FileNotFoundError(errno.ENOENT, "no such folder")
            if not target.parent.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, "no folder")
            if not os.access(target.parent, os.W_OK):
                raise PermissionError(errno.EACCES, "permission denied")
            if target.exists() and not os.access(target, os.W_OK):
                raise AccessDenied(f"{str(path)!r} is read-only; allow writing, or name another")
    except MFError:
        raise
    except OSError as error:
        raise writing(path, error) from error


def _check_existing(path: Path, *, overwrite: bool) -> None:
    if not overwrite and path.exists():
        raise OutputExists(
            f"{str(path)!r} exists already; replace it with -y or overwrite=True, or name another"
        )


def _unlink(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _hidden_name(path: Path) -> str:
    return f".{path.stem[:40]}.{secrets.token_hex(4)}.part{path.suffix}"
