"""Output files that appear when whole: a temporary name in the same folder, then a rename."""

from __future__ import annotations

import contextlib
import os
import secrets
import weakref
from pathlib import Path

from gpumft.errors import InvalidArg, OutputExists
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
            if self._target.is_dir():
                raise InvalidArg(f"the output {str(path)!r} is a folder; name a file")
            if self._target.is_file() or not self._target.exists():
                self._check_existing()
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

    def _check_existing(self) -> None:
        if not self._overwrite and self.path.exists():
            raise OutputExists(
                f"{str(self.path)!r} exists already; allow overwriting to replace it"
            )

    def commit(self) -> None:
        """Give the file, which must be closed, its real name.

        Raises:
            OutputExists: the name was taken in the meantime, and overwriting is not allowed.
            AccessDenied, Fail: renaming failed; the temporary file is gone.
        """
        try:
            if self._remove is not None and self._remove.alive:
                self._check_existing()
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


def _unlink(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _hidden_name(path: Path) -> str:
    return f".{path.stem[:40]}.{secrets.token_hex(4)}.part{path.suffix}"
