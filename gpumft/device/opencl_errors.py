"""OpenCL's failures as gpumft's errors."""

from __future__ import annotations

from typing import Any

from gpumft.device.health import Health
from gpumft.errors import Fail, MFError, OutOfMemory

# cl.h. pyopencl has a class for the first alone.
_MEMORY = {-4: "MEM_OBJECT_ALLOCATION_FAILURE", -5: "OUT_OF_RESOURCES", -6: "OUT_OF_HOST_MEMORY"}
_LOST = {-2: "DEVICE_NOT_AVAILABLE", -9999: "an illegal access, as one vendor reports it"}
_DOUBTFUL = {-33: "INVALID_DEVICE", -34: "INVALID_CONTEXT", -36: "INVALID_COMMAND_QUEUE"}
"""Of a queue that a driver has given up, but also of a queue of somebody else that is gone."""


def translated(error: Any, cl: Any, queue: Any, call: str, health: Health) -> MFError:
    """Return the error to raise; where the device is lost, `health` says so from now on.

    Args:
        error: a pyopencl.Error.
        cl: the module pyopencl.
        queue: the device's own queue, to ask whether it still answers.
        call: what was being done, in a word.
        health: the device's.

    Thread-safety: any thread. Source: OpenCL 1.2, Appendix A and the errors of each call.
    """
    spec, code = health.spec, error.code
    if code in _MEMORY or isinstance(error, cl.MemoryError):
        return OutOfMemory(f"{spec} is out of memory in {call}: {error}")
    if code in _LOST or (code in _DOUBTFUL and not _answers(queue, cl)):
        return health.lose(f"{spec} is lost, it failed in {call}: {error}; open the device again")
    return Fail(f"{spec} failed in {call}: {error}")


def _answers(queue: Any, cl: Any) -> bool:
    try:
        queue.flush()
    except cl.Error:
        return False
    return True
