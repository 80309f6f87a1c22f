"""`explain --plot`: curves are measured by the conversion itself, and drawn."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from gpumft.cli.curves import curves
from gpumft.media import VideoType
from gpumft.ops import make_options, plan
from tests.cli.commands import Command

PQ = VideoType("p010le", (64, 48), transfer="pq")
SDR = VideoType("nv12", (32, 24), transfer="bt709", primaries="bt709", matrix="bt709")
WORDS = ("explain", "--from-format", "p010le", "--from-size", "64x48", "--in-transfer", "pq",
         "--preset", "hdr-to-sdr", "--plot")  # fmt: skip


def test_curves_of_hdr_to_sdr() -> None:
    found = curves([plan(PQ, SDR, make_options(peak=1000, rotate=90))])
    assert found.unit == "cd/m2"
    assert list(found.codes_in) == list(range(1024))
    assert (found.codes_out[64], found.codes_out[767]) == (16, 235)
    assert found.light_in[573] == pytest.approx(203, rel=0.005)
    assert found.light_in[940] == pytest.approx(10_000, rel=1e-3)
    assert found.light_out[767] == pytest.approx(203, rel=1e-3)
    dark = slice(150, 400)
    assert np.abs(found.light_out[dark] / found.light_in[dark] - 1).max() < 0.12  # 8 bits


def test_curves_of_sdr() -> None:
    srgb = VideoType("rgb24", (64, 48), transfer="srgb", primaries="bt709")
    found = curves([plan(srgb, srgb.replace(transfer="linear"), make_options())])
    assert found.unit == "1 = white"
    assert found.light_in[188] == pytest.approx(0.5029, abs=1e-3)
    assert found.codes_out[188] == 128
    assert np.abs(found.light_out - found.light_in).max() < 0.003


class Drawing:
    """Stands for Matplotlib: takes every call and remembers what was drawn."""

    lines: list[tuple[Any, Any]]

    def __init__(self, *_: object, **__: object) -> None:
        self.lines = []

    def subplots(self, *_: int) -> tuple[Drawing, ...]:
        return self, self, self

    def plot(self, x: Any, y: Any, **_: object) -> None:
        self.lines.append((x, y))

    def savefig(self, path: str, **_: object) -> None:
        Path(path).write_text(f"{len(self.lines)} lines")

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    library, figure = ModuleType("matplotlib"), ModuleType("matplotlib.figure")
    library.figure = figure  # type: ignore[attr-defined]
    figure.Figure = Drawing  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "matplotlib", library)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", figure)


@pytest.mark.usefixtures("drawing")
def test_a_plot_is_written(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    told = command(*WORDS, path)
    assert told.code == 0, told.err
    assert "1 pass" in told.out
    assert path.read_text() == "5 lines"
    kept = command(*WORDS, path)
    assert kept.code == 2
    assert "-y" in kept.err
    assert command(*WORDS, path, "-y").code == 0
    wrong = command(*WORDS, tmp_path / "a.jpg")
    assert wrong.code == 2
    assert "no PNG" in wrong.err


def test_without_matplotlib_the_extra_is_named(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    told = command(*WORDS, tmp_path / "a.png")
    assert told.code == 2
    assert "pip install 'gpumft[plot]'" in told.err
    assert list(tmp_path.iterdir()) == []
