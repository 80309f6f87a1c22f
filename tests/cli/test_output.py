"""Errors, exit codes and JSON."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from gpumft import errors
from gpumft.cli import output
from gpumft.cli.output import Exit
from gpumft.media import Matrix
from gpumft.resample import get_filter


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (output.UsageError("x"), Exit.USAGE),
        (errors.InvalidArg("x"), Exit.USAGE),
        (errors.InvalidPosition("x"), Exit.USAGE),
        (errors.OutputExists("x"), Exit.USAGE),
        (errors.DeviceUnavailable("x"), Exit.NO_DEVICE),
        (errors.KernelBuildError("x"), Exit.NO_DEVICE),
        (errors.InvalidMediaType("x"), Exit.UNSUPPORTED),
        (errors.InvalidStreamData("x"), Exit.UNSUPPORTED),
        (errors.NotImplementedMF("x"), Exit.UNSUPPORTED),
        (errors.Truncated("x"), Exit.UNSUPPORTED),
        (errors.FileMissing("x"), Exit.FAILED),
        (errors.OutOfMemory("x"), Exit.FAILED),
        (errors.DiskFull("x"), Exit.FAILED),
        (errors.AccessDenied("x"), Exit.FAILED),
        (errors.Unexpected("x"), Exit.FAILED),
        (RuntimeError("x"), Exit.FAILED),
        (KeyboardInterrupt(), Exit.INTERRUPTED),
    ],
)
def test_exit_code(error: BaseException, code: Exit) -> None:
    assert output.exit_code(error) is code


def test_codes_are_the_documented_numbers() -> None:
    assert [int(code) for code in Exit] == [0, 1, 2, 3, 4, 5, 130]


def test_an_error_is_one_line_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    code = output.report(errors.InvalidMediaType("two\nlines"), as_json=False, verbose=False)
    assert code == Exit.UNSUPPORTED
    captured = capsys.readouterr()
    assert captured.err == "gpumft: two lines\n"
    assert not captured.out


def test_verbose_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(errors.InvalidArg) as caught:
        get_filter("no such filter")
    output.report(caught.value, as_json=False, verbose=True)
    assert "Traceback" in capsys.readouterr().err


def test_an_error_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    output.report(errors.DeviceUnavailable("none"), as_json=True, verbose=False)
    assert json.loads(capsys.readouterr().out) == {
        "error": {
            "hresult": "0xC00D36D6",
            "name": "MF_E_NOT_AVAILABLE",
            "message": "none",
            "exit_code": 3,
        }
    }


def test_a_defect_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert output.report(RuntimeError("odd"), as_json=True, verbose=False) == Exit.FAILED
    captured = capsys.readouterr()
    assert "RuntimeError: odd (a defect of gpumft" in captured.err
    assert json.loads(captured.out)["error"]["name"] == "E_FAIL"


def test_plain_values() -> None:
    value = {"m": Matrix.BT709, "f": Fraction(30000, 1001), "t": (1, None), "p": Path("a")}
    assert output.plain(value) == {"m": "bt709", "f": "30000/1001", "t": [1, None], "p": "a"}


def test_tables_off_a_terminal_are_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(("A", "B"), [("x" * 120, "[not markup]")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["x" * 120, "[not", "markup]"]
