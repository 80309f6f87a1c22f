"""Output files that appear when whole: a temporary name in the same folder, then a rename."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from gpumft.errors import InvalidArg
from gpumft.pipeline.files.failures import OutputExists, writing


class OutputFile:
    """A file under a temporary name that becomes `path` when `commit` is called.

    The name begins with a dot and ends with the real suffix, in the same folder, so that the rename
    stays within one file system. A device or pipe that exists already is written directly.

    It has what the video library asks of a file object: `write seek tell close seekable name`.

    Args:
        path: the file to make.
        overwrite: whether an existing regular file may be replaced.

    Raises:
        OutputExists: it exists, and `overwrite` is false.
        FileMissing, AccessDenied, InvalidArg, DiskFull: it cannot be created there.

    Thread-safety: none.
    """

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool = True) -> None:
        self.path = Path(path)
        self._handle = -1
        self._temporary: Path | None = None
        self._overwrite = overwrite
        target = Path(os.path.realpath(self.path))
        try:
            mode = target.stat().st_mode if target.exists() else stat.S_IFREG
            if stat.S_ISDIR(mode):
                raise IsADirectoryError(21, "Is a directory")  # noqa: TRY301 - worded below
            if stat.S_ISREG(mode):
                self._check_existing()
                self._target = target
                name = f".{target.stem[:40]}.{secrets.token_hex(4)}.part{target.suffix}"
                self._temporary = target.with_name(name)  # before it exists: Ctrl-C may come
                self._handle = os.open(self._temporary, _FLAGS | os.O_CREAT | os.O_EXCL, 0o666)
            else:
                self._handle = os.open(target, _FLAGS)
        except IsADirectoryError as error:
            raise InvalidArg(f"the output {str(path)!r} is a folder; name a file") from error
        except OSError as error:
            raise writing(path, error) from error
        self.name = str(self._temporary or target)
        self._seekable = stat.S_ISREG(mode)

    def _check_existing(self) -> None:
        if not self._overwrite and self.path.exists():
            raise OutputExists(
                f"{str(self.path)!r} exists already; allow overwriting to replace it"
            )

    # --- What the video library calls ---

    def write(self, data: bytes) -> int:
        """Write all of `data`."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._handle, view) :]
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a byte."""
        return os.lseek(self._handle, offset, whence)

    def tell(self) -> int:
        """Return the position in bytes."""
        return os.lseek(self._handle, 0, os.SEEK_CUR)

    def seekable(self) -> bool:
        """Whether `seek` works; not for pipes and devices."""
        return self._seekable

    def writable(self) -> bool:
        """Whether `write` works."""
        return True

    @property
    def closed(self) -> bool:
        """Whether the file is closed."""
        return self._handle < 0

    def close(self) -> None:
        """Close the file; it keeps its temporary name."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    # --- What the writer calls ---

    def commit(self) -> None:
        """Close the file and give it its real name.

        Raises:
            OutputExists: the name was taken in the meantime, and overwriting is not allowed.
            DiskFull, AccessDenied, Fail: closing or renaming failed; the temporary file is gone.
        """
        try:
            self.close()
            if self._temporary is not None:
                self._check_existing()
                os.replace(self._temporary, self._target)  # noqa: PTH105 - replaces on Windows too
                self._temporary = None
        except OSError as error:
            raise writing(self.path, error) from error
        finally:
            self.discard()

    def __del__(self) -> None:
        self.discard()

    def discard(self) -> None:
        """Close and remove what was written; nothing happens after `commit`."""
        with contextlib.suppress(OSError):
            self.close()
        temporary, self._temporary = self._temporary, None
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


_FLAGS = os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
