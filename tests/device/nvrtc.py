"""Kernels through NVRTC without a GPU, and what is in the machine code."""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path

from gpumft.device.cuda import OPTIONS

ARCHITECTURES = (75, 80, 90, 120)


@dataclass(frozen=True)
class Code:
    """One kernel's machine code."""

    registers: int
    stack: int
    local: int
    cubin: bytes

    @cached_property
    def sass(self) -> str:
        """Instructions, one a line, without addresses; half a second of nvdisasm."""
        listing = _run("nvdisasm", "-ndf", self.cubin)  # the flow of data takes time
        return "\n".join(re.findall(r"/\*[0-9a-f]{4,}\*/\s+(.*?);", listing))


@cache
def compile(source: str, architecture: int, *, ptx: bool = False, fmad: bool = False) -> bytes:
    """Machine code or PTX; raises RuntimeError with the log. Equal questions are asked once."""
    from cuda.bindings import nvrtc

    options = [o for o in OPTIONS if not o.startswith("--fmad")]
    options += [f"--fmad={str(fmad).lower()}"]
    options += [f"--gpu-architecture={'compute' if ptx else 'sm'}_{architecture}"]
    _, program = nvrtc.nvrtcCreateProgram(source.encode(), b"unit.cu", 0, [], [])
    encoded = [option.encode() for option in options]
    (status,) = nvrtc.nvrtcCompileProgram(program, len(encoded), encoded)
    if int(status):
        _, length = nvrtc.nvrtcGetProgramLogSize(program)
        log = b" " * length
        nvrtc.nvrtcGetProgramLog(program, log)
        raise RuntimeError(log.decode())
    size, get = nvrtc.nvrtcGetCUBINSize, nvrtc.nvrtcGetCUBIN
    if ptx:
        size, get = nvrtc.nvrtcGetPTXSize, nvrtc.nvrtcGetPTX
    _, length = size(program)
    result = b" " * length  # NVRTC writes into it
    get(program, result)
    nvrtc.nvrtcDestroyProgram(program)
    return bytes(result)


def version() -> str:
    """NVRTC's version."""
    from cuda.bindings import nvrtc

    return ".".join(str(n) for n in nvrtc.nvrtcVersion()[1:])


def look(cubin: bytes) -> Code:
    """What cuobjdump says of a CUBIN with one kernel."""
    usage = _run("cuobjdump", "-res-usage", cubin)
    numbers = {name: int(n) for name, n in re.findall(r"(REG|STACK|LOCAL):(\d+)", usage)}
    return Code(numbers["REG"], numbers["STACK"], numbers["LOCAL"], cubin)


def _run(tool: str, option: str, cubin: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "unit.cubin"
        file.write_bytes(cubin)
        command = [str(_bin() / tool), option, str(file)]
        return subprocess.run(command, capture_output=True, check=True).stdout.decode()


@cache
def _bin() -> Path:
    spec = find_spec("nvidia.cu13")
    assert spec is not None
    return Path(next(iter(spec.submodule_search_locations or ()))) / "bin"


def missing() -> str:
    """Which package is not installed, or ""."""
    for name in ("cuda", "cuda.bindings", "nvidia", "nvidia.cu13"):
        if find_spec(name) is None:
            return f"{name} is not installed"
    return ""
