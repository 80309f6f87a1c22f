"""A process that negotiates ever new formats does not grow by what is compiled for them."""

from __future__ import annotations

import sys

import pytest

from tests.device.engine_help import in_child

SCRIPT = """
import sys
from pathlib import Path
from gpumft.device.cpu import compiler, kept, workshop

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

codes = [compiler.machine_code(name) for name in ("mix", "split.2", "vertical.uint8.4")]
kept.read = lambda name: None
kept.write = lambda name, code: True
asked = []

def make(name, formula):
    asked.append(name)
    return codes[len(asked) % 3]

workshop.make = make
for number in range(300):
    compiler.kernel(f"warm {number}").function(5)
before = resident()
for number in range(700):
    compiler.kernel(f"new {number}").function(5)
assert len(asked) == 1000
assert len(compiler._kernels) == 256
assert "numba" not in sys.modules
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_seven_hundred_kernels_leave_less_than_ten_megabytes() -> None:
    """Numba would keep one or two for each; those that no program uses any more are freed."""
    assert float(in_child({}, SCRIPT)) < 10
