"""Progress on stderr."""

import io
import json
import sys
from typing import Any

import pytest
from rich.console import Console

from gpumft.cli import output, progress
from gpumft.pipeline.report import Progress

STAND = Progress(frame=3, total=41, time=1_000_000, fps=12.34, eta=3.21, device="cpu")


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.reporter("json") as report:
        report(STAND)
        report(STAND)
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert not captured.out
    assert [json.loads(line) for line in lines] == [
        {"frame": 3, "total": 41, "time": 1_000_000, "fps": 12.34, "eta": 3.21, "device": "cpu"}
    ] * 2


def test_plain_is_a_line_each_five_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter((100.0, 100.0, 104.9, 105.0, 105.0, 106.0, 109.9, 110.0, 110.0))
    monkeypatch.setattr("gpumft.cli.progress.time.monotonic", lambda: next(times))
    with progress.reporter("plain") as report:
        for _ in range(6):
            report(STAND)
    assert not list(times)
    assert capsys.readouterr().err == "gpumft: 3 of 41 frames, 12.3 fps, 3 s left\n" * 2


def test_none_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.reporter("none") as report:
        report(STAND)
    assert capsys.readouterr().err == ""


def test_auto_is_plain_off_a_terminal() -> None:
    assert type(progress.reporter("auto")) is type(progress.reporter("plain"))


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, width=100)

    def console(*, stderr: bool) -> Console:
        assert stderr
        return terminal

    monkeypatch.setattr(output, "console", console)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress.reporter("auto") as report:
        assert isinstance(report, progress._Bar)
        report(STAND)
        report._bar.refresh()
        assert "3 of 41 frames" in shown.getvalue()
        assert "12.3 fps, 3 s left" in shown.getvalue()
        report(Progress(frame=4, total=None, time=0, fps=1.0, eta=None, device="cpu"))
        report._bar.refresh()
        assert "4 frames" in shown.getvalue()


def test_a_run_goes_on_when_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def broken(*words: Any, **more: Any) -> None:
        calls.append(words)
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("builtins.print", broken)
    report = progress.reporter("json")
    report(STAND)
    report(STAND)
    assert len(calls) == 1
