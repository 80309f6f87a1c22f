"""Chains in FFmpeg's grammar."""

from fractions import Fraction

import pytest

from gpumft.errors import InvalidArg
from gpumft.media import VideoType
from gpumft.transforms.chain import Step, chain_stages, parse_chain

HD = VideoType("yuv420p", (1280, 720))


def test_positional_and_named_arguments() -> None:
    assert parse_chain("scale=1280:-2:filter=lanczos3,sepia=0.8,hflip") == [
        Step("scale", {"w": "1280", "h": "-2", "filter": "lanczos3"}),
        Step("sepia", {"strength": "0.8"}),
        Step("hflip", {}),
    ]


def test_quotes_and_escapes_protect_separators() -> None:
    assert parse_chain(r"scale=w=4:h=2:filter='bicubic:0,0.5'")[0].arguments["filter"] == (
        "bicubic:0,0.5"
    )
    assert parse_chain(r"scale=4:2:filter=bicubic\:0\,0.5")[0].arguments["filter"] == (
        "bicubic:0,0.5"
    )
    with pytest.raises(InvalidArg, match="quote"):
        parse_chain("scale=4:2:filter='bicubic")


def test_steps_in_order_share_one_stage() -> None:
    (stage,) = chain_stages(
        "crop=640:480:8:4,rotate=90,hflip,vflip,scale=320:240,sepia,format=rgb24"
    )
    assert stage.options["crop"] == (8, 4, 640, 480)
    assert stage.options["rotate"] == 90
    assert stage.options["flip"] == "hv"
    assert stage.size == (320, 240)
    assert stage.format == "rgb24"
    assert [e.name for e in stage.options["effects"]] == ["sepia"]


def test_scale_takes_what_says_how() -> None:
    (stage,) = chain_stages(
        "scale=64:64:linear=1:dither=ordered:seed=7:tone_map=hable:peak=600:white=100.5"
        ":gamut=perceptual:legalize=0"
    )
    assert stage.options == {
        "linear": True,
        "dither": "ordered",
        "seed": 7,
        "tone_map": "hable",
        "peak": 600.0,
        "white": 100.5,
        "gamut": "perceptual",
        "legalize": False,
    }


def test_a_step_that_comes_late_begins_another_stage() -> None:
    first, second = chain_stages("scale=64:64,crop=8:8:0:0")
    assert first.size == (64, 64)
    assert "crop" in second.options
    assert len(chain_stages("scale=64:64,scale=32:32")) == 2
    assert len(chain_stages("sepia,grayscale")) == 1


def test_two_equal_flips_cancel() -> None:
    (stage,) = chain_stages("hflip,hflip")
    assert stage.options["flip"] == ""


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", (1280, 720)),
        ("scale=640:-2", (640, 360)),
        ("scale=-2:100", (178, 100)),
        ("scale=-1:100", (178, 100)),
        ("scale=0:100", (1280, 100)),
        ("rotate=90", (720, 1280)),
        ("crop=100:50:0:0,rotate=270", (50, 100)),
    ],
)
def test_sizes_follow_ffmpegs_rules(text: str, size: tuple[int, int]) -> None:
    (stage,) = chain_stages(text)
    assert stage.output(HD).size == size


def test_a_crop_without_a_place_is_centred() -> None:
    (stage,) = chain_stages("crop=640:480", size=HD.size)
    assert stage.options["crop"] == (Fraction(320), Fraction(120), 640, 480)
    _, second = chain_stages("scale=100:50,crop=40:20", size=HD.size)
    assert second.options["crop"] == (30, 15, 40, 20)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scael=4:4", "did you mean scale"),
        ("scale=4:4:filtre=area", "did you mean filter"),
        ("scale=4:4:5", "too many"),
        ("scale=a:4", "'a' is not a number"),
        ("scale=1.5:4", "whole"),
        ("format=rgb42", "did you mean"),
        ("sepia=strenght=1", "did you mean strength"),
        ("=4", "without a name"),
        ("scale=4:4,", "without a name"),
        (",", "without a name"),
        ("crop=1e99999999:4:0:0", "not a number"),
        ("sepia=1e400", "not a number"),
        ("crop=1/0:4:0:0", "not a number"),
        ("crop=4", "width and a height"),
    ],
)
def test_mistakes_are_named_with_a_cure(text: str, message: str) -> None:
    with pytest.raises(InvalidArg, match=message):
        chain_stages(text, size=HD.size)
