"""The README's examples run as they stand, and its links lead somewhere."""

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gpumft as gm
from gpumft.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(ROOT / "tests" / "data" / "clip_320x180.mp4", tmp_path / "in.mp4")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_python_blocks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)  # noqa: S102 - our own text
        with gm.open("out.mp4") as made:
            assert made.type.size == (1920, 1080)
            assert sum(1 for _ in made) == 41
        (folder / "out.mp4").unlink()
    told = capsys.readouterr().out
    assert "41 frames" in told
    assert "each component goes straight to its counterpart" in told


def test_the_line_for_arrays() -> None:
    (line,) = re.findall(r"`(gm\.convert\(.*?)`\.", README)
    planes = [np.zeros((720, 1280), np.uint8), np.full((360, 640, 2), 128, np.uint8)]
    (rgb,) = eval(line, {"gm": gm, "planes": planes})  # noqa: S307 - our own text
    assert rgb.shape == (720, 1280, 3)


def test_the_line_for_the_shell(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = re.findall(r"`gpumft run in\.mp4 out\.mp4 --vf \"(.*?)\"`", README)
    monkeypatch.setattr("sys.argv", ["gpumft", "run", "in.mp4", "out.mp4", "--vf", line])
    assert main() == 0
    with gm.open("out.mp4") as made:
        assert made.type.size == (1280, 720)


def test_links_lead_to_files() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
