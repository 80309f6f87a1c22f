"""Where files are kept that can be made again."""

from __future__ import annotations

import os
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
