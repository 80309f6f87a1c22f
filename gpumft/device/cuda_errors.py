"""CUDA's failures as gpumft's errors."""

from __future__ import annotations

from typing import Any

from gpumft.device.health import Health
from gpumft.errors import Fail, MFError, OutOfMemory

_STICKY = frozenset({
    "assert", "contained", "contextisdestroyed", "eccuncorrectable",
    "externaldevice", "hardwarestackerror", "illegaladdress", "illegalinstruction",
    "invalidaddressspace", "invalidpc", "launchfailed", "launchfailure", "launchtimeout",
    "misalignedaddress", "mpsclientterminated", "nvlinkuncorrectable", "tensormemoryleak",
})  # fmt: skip
"""Errors after which a context returns nothing else (cudaError_t: "the process must be terminated
and relaunched"), and those of hardware that has gone; as `_word` writes them."""
_MEMORY = frozenset({"memoryallocation", "outofmemory"})


def failures(cupy: Any) -> tuple[type[BaseException], ...]:
    """Return what CuPy raises.

    Thread-safety: a pure function.
    """
    cuda = cupy.cuda
    driver = getattr(cuda, "driver", cuda.runtime)
    errors = (getattr(driver, "CUDADriverError", None), cuda.runtime.CUDARuntimeError)
    return (cuda.memory.OutOfMemoryError, *filter(None, errors))


def translated(error: BaseException, cupy: Any, call: str, health: Health) -> MFError:
    """Return the error to raise; where the device is lost, `health` says so from now on.

    Args:
        error: one of `failures`.
        cupy: the module cupy.
        call: what was being done, in a word.
        health: the device's.

    Thread-safety: any thread. Source: CUDA Runtime API, cudaError_t.
    """
    spec, word = health.spec, _word(error)
    if isinstance(error, cupy.cuda.memory.OutOfMemoryError) or word in _MEMORY:
        return OutOfMemory(f"{spec} is out of memory in {call}: {error}")
    if word in _STICKY:
        return health.lose(
            f"{spec} is lost, it failed in {call}: {error}; open the device again, in a new "
            f"process if CUDA refuses"
        )
    return Fail(f"{spec} failed in {call}: {error}")


def _word(error: BaseException) -> str:
    """Return an error's name as both of CUDA's interfaces have it, in small letters."""
    name = str(error).partition(":")[0].strip()
    bare = name.removeprefix("cudaError").removeprefix("CUDA_ERROR_")
    return "" if bare == name else bare.replace("_", "").lower()
