"""The examples run, and what docs/effects.md says is so."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gpumft as gm
from gpumft.testing import frames
from tests.contract import backends

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "effects.md"
RGB = gm.VideoType("rgb24", (8, 6))


def user_kernels(**more: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "examples" / "user_kernels.py")],
        env={**os.environ, "PYTHONPATH": str(ROOT), **more},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_user_kernels() -> None:
    told = user_kernels(NUMBA_ENABLE_CUDASIM="1")
    assert [line.partition(":")[0] for line in told] == ["numpy", "pyopencl", "cupy", "numba"]
    assert told[0] == "numpy: the same bytes on cpu"
    assert told[3] == "numba: the same bytes on cpu"
    if not backends.missing("opencl"):
        assert told[1].startswith("pyopencl: the same bytes on opencl:")
    cupy = "the same bytes on cuda:0" if "cuda" in backends.REQUIRED else "left out, no device"
    assert told[2].startswith(f"cupy: {cupy}")


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """The names that the page's blocks make, run one after another."""
    names: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(block, names)  # noqa: S102 - our own text
    return names


def test_the_pages_function(page: dict[str, Any]) -> None:
    assert [getattr(step.make, "name", "conversion") for step in page["treat"].steps] == [
        "conversion",
        "mirror",
        "conversion",
    ]
    assert (page["y"].shape, page["uv"].shape) == ((36, 64), (18, 32, 2))


def test_the_pages_transform(page: dict[str, Any]) -> None:
    trail = page["trail"]
    trail.set_input_type(RGB)
    trail.set_output_type(RGB)
    first, second = (frames.noise(RGB, seed)[0] for seed in (1, 2))
    for _ in range(2):  # on_flush forgets the first run
        made = list(trail.run(gm.Sample.from_numpy([plane], RGB) for plane in (first, second)))
        np.testing.assert_array_equal(made[0].planes[0], first)
        np.testing.assert_array_equal(made[1].planes[0], second // 2 + first // 2)


def test_the_pages_links() -> None:
    for target in re.findall(r"\]\(([^)#:\s]+)\)", PAGE.read_text(encoding="utf-8")):
        assert (PAGE.parent / target).exists(), target
