"""Light on the command line: presets, tone maps, dither; `run` and `explain` take the same."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path

import pytest

from gpumft.cli.explain import explain
from gpumft.cli.picture import picture
from gpumft.cli.picture_options import PictureOptions
from gpumft.cli.run import run
from gpumft.media import Light
from gpumft.ops.options import OPTION_NAMES, Options
from gpumft.pipeline.files.reader import open as open_file
from gpumft.transforms.chain import chain_stages
from tests.cli.commands import Command

EVERY = (
    "--tone-map", "hable", "--tone-map-basis", "luminance", "--peak", "600", "--white", "100",
    "--gamut", "perceptual", "--adaptation", "none", "--dither", "ordered", "--seed", "7",
    "--linear", "--legalize",
)  # fmt: skip
HDR = ("--from-format", "yuv420p10le", "--from-size", "64x48", "--in-transfer", "pq")


def test_both_commands_have_every_option() -> None:
    names = set(PictureOptions.__dataclass_fields__)
    assert names <= set(inspect.signature(run).parameters)
    assert names <= set(inspect.signature(explain).parameters)
    assert "asked" not in inspect.signature(run).parameters


def test_every_option_reaches_the_conversion(command: Command) -> None:
    words = ("explain", *HDR, "--transfer", "bt709", "--size", "32x24", "--json")
    plain, told = command(*words), command(*words, *EVERY)
    assert told.code == plain.code == 0, told.err
    names = [stage["name"] for stage in told.json["passes"][0]["stages"]]
    assert names != [stage["name"] for stage in plain.json["passes"][0]["stages"]]


@pytest.mark.parametrize("words", [("--peak", "detect"), ("--vf", "scale=32:24:peak=detect")])
def test_a_peak_that_is_measured(command: Command, words: tuple[str, ...]) -> None:
    told = command("explain", *HDR, "--transfer", "bt709", "--json", *words)
    assert told.code == 0, told.err
    names = " ".join(stage["name"] for stage in told.json["passes"][0]["stages"])
    assert "the measured peak to 203 cd/m2" in names


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tone-map", "habel"), "tone_map"),
        (("--peak", "-1"), "peak is -1"),
        (("--peak", "bright"), "--peak: 'bright' is no light; write cd/m2, as in 1000, or detect"),
        (("--dither", "red"), "dither"),
        (("--preset", "hdr2sdr"), "no preset is called 'hdr2sdr'"),
        (("--vf", "scale=32:24:linear=maybe"), "linear is 'maybe'"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_mistakes_are_told(command: Command, words: tuple[str, ...], said: str) -> None:
    told = command("explain", *HDR, *words)
    assert told.code == 2
    assert said in told.err


def test_a_preset_of_the_other_kind(command: Command, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.mp4"
    told = command("run", clip, out, "--preset", "hdr-to-sdr")
    assert told.code == 4
    assert "use sdr-to-hdr" in told.err
    assert not out.exists()


def test_a_preset_reaches_the_file(command: Command, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.mp4"
    told = command(
        "run", clip, out, "--preset", "sdr-to-hdr", "--white", "100", "--end", "0.6", "--codec",
        "libx265", "--codec-option", "preset=ultrafast", "--size", "64x36",
    )  # fmt: skip
    assert told.code == 0, told.err
    with open_file(out) as reader:
        assert str(reader.type.transfer) == "pq"
        assert reader.type.format == "yuv420p10le"
        assert reader.type.light == Light(max_cll=100)
    shown = command("explain", clip, "--preset", "sdr-to-hdr")
    assert "yuv420p10le" in shown.out
    assert "bt2020" in shown.out


def test_every_option_of_a_conversion_is_one_of_a_command_and_of_a_chain() -> None:
    """A new one is found here until `PictureOptions` has it too."""
    asked = {field.name for field in dataclasses.fields(PictureOptions)}
    assert set(OPTION_NAMES) <= asked
    words = {"filter": "lanczos3", "chroma_filter": "bilinear", "peak": "1000", "fit": "cover"}
    for name, value in dataclasses.asdict(Options()).items():
        if name in ("crop", "rotate", "flip", "effects"):
            continue  # filters of their own
        word = words.get(name, str(int(value) if isinstance(value, bool) else value))
        (stage,) = chain_stages(f"scale=64:36:{name}={word}")
        Options(**stage.options)
        assert set(stage.options) == {name}
        typed = Options(**picture(PictureOptions(**{name: stage.options[name]})).options)
        assert typed == Options(**stage.options)
