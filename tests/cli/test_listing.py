"""`devices`, `formats`, `transforms`, `probe`, `explain`, help and version."""

import json
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import gpumft
from gpumft.cli.listing import FILTERS
from gpumft.effects import BUILT_IN
from gpumft.media import PixelFormat
from gpumft.mft import Registry
from gpumft.transforms import registry
from gpumft.transforms.chain import parse_chain
from tests.cli.commands import ROOT, Command


def test_help_loads_no_video_library_and_no_compiler() -> None:
    show = (
        "import json, sys; from gpumft.cli import main; main(['--help']); main(['run', '--help'])\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, check=True, cwd=ROOT)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}
    assert loaded & {"av", "cupy", "llvmlite", "numba", "numpy", "pyopencl"} == set()


@pytest.mark.parametrize(
    "name", ["run", "probe", "explain", "devices", "formats", "transforms", "demo"]
)
def test_every_command_has_help_and_a_place_in_the_list(command: Command, name: str) -> None:
    assert f" {name} " in command("--help").out
    told = command(name, "--help")
    assert told.code == 0
    assert "--json" in told.out


def test_without_a_command_there_is_help(command: Command) -> None:
    told = command()
    assert told.code == 0
    assert "Usage: gpumft" in told.out


def test_version(command: Command) -> None:
    assert command("--version").out == f"gpumft {gpumft.__version__}\n"


def test_devices(command: Command) -> None:
    found = command("devices", "--json").json
    cpu = next(each for each in found if each["spec"] == "cpu")
    assert cpu["usable"]
    assert set(cpu) == {"spec", "name", "kind", "usable", "identical", "reason"}
    assert cpu["name"] in command("devices").out


def test_formats(command: Command) -> None:
    found = {each["name"]: each for each in command("formats", "--json").json}
    assert list(found) == [str(name) for name in PixelFormat]
    assert found["nv12"] == {
        "name": "nv12",
        "kind": "yuv",
        "depth": 8,
        "float": False,
        "chroma": "4:2:0",
        "alpha": False,
        "planes": 2,
        "subtype": "NV12",
        "convertible": True,
    }
    lines = command("formats").out.splitlines()
    assert len(lines) == len(found) + 1


def test_transforms(command: Command) -> None:
    found = command("transforms", "--json").json
    registered = [each.name for each in gpumft.enumerate_transforms()]
    assert [each["name"] for each in found] == [*FILTERS, *BUILT_IN, *registered]
    assert all(each["summary"].endswith(".") for each in found)
    one = command("transforms", "sepia", "--json").json
    assert one["arguments"][0]["name"] == "strength"
    assert one["arguments"][0]["default"] == 1.0
    assert all(argument["help"] for argument in one["arguments"])
    assert "strength: 0 (nothing) to 1" in command("transforms", "sepia").out


def test_registered_transforms(command: Command) -> None:
    one = command("transforms", "VideoProcessor", "--json").json
    assert (one["kind"], one["category"], one["error"]) == ("transform", "video_processor", None)
    assert [argument["name"] for argument in one["arguments"]][:1] == ["device"]
    assert "as many as its memory holds" in one["arguments"][1]["help"]
    lines = [line.split() for line in command("transforms").out.splitlines()]
    assert ["VideoProcessor", "transform", "Converts,"] in [line[:3] for line in lines]


def test_a_broken_plug_in_is_listed_with_its_reason(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = (EntryPoint("wave", "no_such_package_at_all:Wave", "gpumft.transforms"),)
    monkeypatch.setattr(registry, "_REGISTRY", Registry(points=lambda: points))
    reason = "No module named 'no_such_package_at_all'"
    assert reason in command("transforms").out
    one = command("transforms", "wave", "--json").json
    assert one["error"] == f"ModuleNotFoundError: {reason}"


@pytest.mark.parametrize("name", FILTERS)
def test_filters_listed_are_those_of_chains(name: str) -> None:
    _, arguments = FILTERS[name]
    text = ":".join(f"{key}=1" for key, _ in arguments)
    (step,) = parse_chain(f"{name}={text}" if text else name)
    assert list(step.arguments) == [key for key, _ in arguments]


def test_an_unknown_transform(command: Command) -> None:
    told = command("transforms", "sepai")
    assert told.code == 2
    assert told.err == "gpumft: no transform is called 'sepai'; did you mean sepia?\n"


def test_probe(command: Command, clip: Path) -> None:
    found = command("probe", clip, "--json").json
    assert found["video"]["size"] == [320, 180]
    assert found["video"]["codec"] == "h264"
    assert found["video"]["taken_as"]["matrix"] == "bt709"
    assert [each["kind"] for each in found["streams"]] == ["audio"]
    told = command("probe", clip).out
    assert "320x180" in told
    assert "aac" in told


def test_explain_types(command: Command) -> None:
    words = ("explain", "--from-format", "nv12", "--from-size", "1280x720", "--format", "rgb24")
    told = command(*words, "--size", "640x-2", "--matrix", "bt709")
    assert told.code == 0
    assert "from  nv12 1280x720" in told.out
    assert "to    rgb24 640x360" in told.out
    (one,) = command(*words, "--json").json["passes"]
    assert one["source"].startswith("nv12 1280x720")
    assert one["filled"]["source"]["matrix"] == "bt709"


def test_explain_a_file_with_a_chain(command: Command, clip: Path) -> None:
    told = command("explain", clip, "--vf", "scale=160:-2,crop=80:40:0:0", "--in-range", "full")
    passes = command("explain", clip, "--vf", "scale=160:-2,crop=80:40:0:0", "--json").json[
        "passes"
    ]
    assert told.code == 0
    assert "full" in told.out.splitlines()[0]
    assert [each["target"].split()[1] for each in passes] == ["160x90", "80x40"]


def test_explain_without_a_source(command: Command, clip: Path) -> None:
    assert command("explain").code == 2
    assert command("explain", clip, "--from-size", "2x2").code == 2
    assert "leaves a side open" in command("explain", "--from-size", "640x-2").err


def test_help_names_the_extra_that_a_plot_needs(command: Command) -> None:
    words = command("explain", "--help").out.replace("│", " ").split()
    assert any(word.startswith("gpumft[plot]") for word in words)
