"""Where files are kept that can be made again."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path


def cache_folder() -> Path:
    """Return GPUMFT_CACHE_DIR, else the user's cache folder of this package. It may not exist.

    Thread-safety: any thread.
    """
    chosen = os.environ.get("GPUMFT_CACHE_DIR")
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("gpumft", appauthor=False))


def is_writable(folder: Path) -> bool:
    """Return whether files can be made in a folder, which is made if need be.

    Thread-safety: any thread.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def folder_of_this_process(purpose: str) -> Path:
    """Return a new folder among the temporary ones, which goes with the process.

    Raises:
        OSError: there is nowhere to write.

    Thread-safety: any thread.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"gpumft-{purpose}-"))
    atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: Path, process: int) -> None:
    if os.getpid() == process:  # a forked child may end first
        shutil.rmtree(folder, ignore_errors=True)
