"""OpenCL's platforms: made visible, listed, and none of them able to spoil the others."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from gpumft.device.cache import cache_folder, folder_of_this_process, is_writable
from gpumft.errors import DeviceUnavailable

_SYSTEM = Path("/etc/OpenCL/vendors")
_VARIABLE = "OCL_ICD_VENDORS"
_NO_CACHE = "PYOPENCL_NO_CACHE"
_STALE = 60
"""Seconds after which pyopencl gives a lock up; it is held for the time of a write."""
_LOCK = threading.Lock()


class Candidate(NamedTuple):
    """An OpenCL device, or a platform that could not list its devices."""

    spec: str
    name: str
    platform: str
    device: Any
    """pyopencl's device, or None where there is only a reason."""
    reason: str

    @property
    def words(self) -> str:
        """What a part of a name is looked for in."""
        return f"{self.platform} {self.name}".lower()


def library() -> Any:
    """Return pyopencl.

    The first call lets the OpenCL loader see Intel's CPU runtime from PyPI, if it is installed.

    Raises:
        DeviceUnavailable: pyopencl is not installed or does not load.

    Thread-safety: any thread.
    """
    if find_spec("pyopencl") is None:
        raise DeviceUnavailable('OpenCL needs pyopencl: pip install "gpumft[opencl]"')
    with _LOCK:
        show_runtimes()
        _check_cache()
        try:
            import pyopencl
        except (ImportError, OSError) as error:
            raise DeviceUnavailable(f"pyopencl does not load: {error}") from error
    return pyopencl


@cache
def show_runtimes() -> None:
    """Point the loader at a folder of .icd files: Intel's from PyPI, and the system's.

    Intel's package brings an .icd with a path of its maker's machine, so the loader never finds it.
    Does nothing where the user has set OCL_ICD_VENDORS, or where the package is not installed.

    Thread-safety: any thread; once a process.
    """
    intel = Path(sys.prefix) / "lib" / "libintelocl.so"
    if sys.platform != "linux" or _VARIABLE in os.environ or not intel.exists():
        return
    files = {path.name: path.read_text(errors="replace") for path in sorted(_SYSTEM.glob("*.icd"))}
    files["gpumft_intel.icd"] = f"{intel}\n"
    digest = hashlib.blake2b(repr(files).encode(), digest_size=8).hexdigest()
    folder = cache_folder() / f"opencl-vendors-{digest}"
    try:
        _fill(folder, files)
    except OSError:  # a read-only home: a folder for this process alone
        try:
            folder = folder_of_this_process("opencl")
            _fill(folder, files)
        except OSError:
            return  # nowhere to write at all: only Intel's runtime stays unseen
    os.environ[_VARIABLE] = f"{folder}{os.sep}"


def _check_cache() -> None:
    """Tell pyopencl to keep nothing where it cannot: it would fail to load or to build.

    Our kernels do without its cache (`opencl_build`); what its arrays do uses it. A process that is
    killed while it writes leaves pyopencl's lock behind: from then on every such build of every
    process would wait a minute and fail.
    """
    import platformdirs

    if _NO_CACHE not in os.environ:
        folder = Path(platformdirs.user_cache_dir("pyopencl", "pyopencl"))
        writable = is_writable(folder)
        try:
            for lock in folder.glob("*/lock"):
                if time.time() - lock.stat().st_mtime > _STALE:
                    lock.unlink(missing_ok=True)
        except OSError:
            writable = False
        if not writable:
            os.environ[_NO_CACHE] = "1"


def candidates() -> list[Candidate]:
    """Return every device of every platform, and a line for each platform that fails.

    Raises:
        DeviceUnavailable: pyopencl is missing or finds no platform.

    Thread-safety: any thread.
    """
    cl = library()
    try:
        platforms = cl.get_platforms()
    except cl.Error as error:
        raise DeviceUnavailable(f"OpenCL lists no platform: {error}") from error
    found = []
    for p, platform in enumerate(platforms):
        name = _text(cl, platform, "name")
        try:
            devices = platform.get_devices()
        except cl.Error as error:
            found.append(Candidate(f"opencl:{p}", name, name, None, f"lists no device: {error}"))
            continue
        for d, device in enumerate(devices):
            title = " ".join(_text(cl, device, "name").split())
            found.append(Candidate(f"opencl:{p}:{d}", title, name, device, ""))
    return found


def is_gpu(candidate: Candidate) -> bool:
    """Whether the candidate is a graphics processor. A simulator claims to be one and a CPU too.

    Thread-safety: any thread.
    """
    types = library().device_type
    kind = 0 if candidate.device is None else candidate.device.type
    return bool(kind & types.GPU) and not kind & types.CPU


def rank(candidate: Candidate) -> int:
    """Return 0 for graphics processors, 1 for other devices, 2 for simulators.

    Thread-safety: any thread.
    """
    types = library().device_type
    if is_gpu(candidate):
        return 0
    kind = 0 if candidate.device is None else candidate.device.type
    return 2 if kind & types.GPU else 1


def _text(cl: Any, object: Any, attribute: str) -> str:
    try:
        return str(getattr(object, attribute)).strip()
    except cl.Error as error:
        return f"(no name: {error})"


def _fill(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        _write(folder / name, text)


def _write(path: Path, text: str) -> None:
    """Write a file that other processes may be reading or writing."""
    if path.exists() and path.read_text(errors="replace") == text:
        return
    aside = path.with_suffix(f".{os.getpid()}")
    aside.write_text(text)
    aside.replace(path)
