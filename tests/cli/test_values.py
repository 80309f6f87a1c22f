"""Reading what was typed."""

from fractions import Fraction

import pytest

from gpumft.cli import values
from gpumft.cli.output import UsageError
from gpumft.media import Matrix, PixelFormat


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1280x720", (1280, 720)),
        ("1280X720", (1280, 720)),
        ("1280x-2", (1280, -2)),
        ("-1x720", (-1, 720)),
        ("1x1", (1, 1)),
        ("65536x32768", (65536, 32768)),
    ],
)
def test_a_size(text: str, size: tuple[int, int]) -> None:
    assert values.size("--size", text) == size


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1280", "write WIDTHxHEIGHT"),
        ("axb", "write WIDTHxHEIGHT"),
        ("1280x720x3", "write WIDTHxHEIGHT"),
        ("0x720", "a side of 0"),
        ("-1x-2", "both sides open"),
        ("-9999x720", "up to 64"),
        ("65537x1", "too large"),
        ("999999999999x999999999999", "too large"),
        ("65536x65536", "too large"),
    ],
)
def test_a_bad_size_names_the_option(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        values.size("--size", text)
    assert str(caught.value).startswith("--size: ")


@pytest.mark.parametrize(
    ("text", "hns"),
    [
        ("0", 0),
        ("12.5", 125_000_000),
        ("1:30", 900_000_000),
        ("1:02:03.5", 37_235_000_000),
        ("0.0000001", 1),
    ],
)
def test_a_time(text: str, hns: int) -> None:
    assert values.time("--start", text) == hns


@pytest.mark.parametrize("text", ["", "x", "1:99", "1:2:3:4", "-1", "nan"])
def test_a_bad_time(text: str) -> None:
    with pytest.raises(UsageError, match="--start: "):
        values.time("--start", text)


def test_a_word_and_its_nearest() -> None:
    assert values.word("--matrix", "BT709", Matrix) is Matrix.BT709
    with pytest.raises(UsageError, match="--matrix: 'bt79' is not known; did you mean bt709"):
        values.word("--matrix", "bt79", Matrix)
    with pytest.raises(UsageError, match="there are: bt601, bt709"):
        values.word("--matrix", "?", Matrix)


def test_a_pixel_format_and_its_nearest() -> None:
    assert values.pixel_format("--format", "nv12") is PixelFormat.NV12
    with pytest.raises(UsageError, match="'yuv42p'; did you mean yuv42"):
        values.pixel_format("--format", "yuv42p")
    with pytest.raises(UsageError, match="see gpumft formats"):
        values.pixel_format("--format", "???")


def test_a_crop() -> None:
    assert values.crop("--crop", "640x360+100+50") == tuple(map(Fraction, (100, 50, 640, 360)))
    assert values.crop("--crop", "10.5x4+0.25+0") == tuple(
        map(Fraction, ("0.25", "0", "10.5", "4"))
    )
    for text in ("640x360", "640:360:0:0", "0x10+0+0", "1x1-1+0"):
        with pytest.raises(UsageError, match="--crop: "):
            values.crop("--crop", text)


def test_an_effect() -> None:
    effect = values.effect("--effect", "sepia:x=0.5:w=0.5")
    assert effect.name == "sepia"
    assert effect.region == (0.5, 0, 0.5, 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sepa", "did you mean sepia"),
        ("sepia:strenth=1", "did you mean strength"),
        ("sepia:strength=a lot", "is not a number"),
        ("sepia:strength", "has no value"),
        ("sepia:strength=2", "from 0"),
        ("", "there are: "),
    ],
)
def test_a_bad_effect(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=f"--effect: .*{told}"):
        values.effect("--effect", text)


def test_a_bit_rate() -> None:
    assert values.bitrate("--bitrate", "5M") == 5_000_000
    assert values.bitrate("--bitrate", "1.5k") == 1500
    assert values.bitrate("--bitrate", "64000") == 64_000
    for text in ("", "0", "-5M", "5G", "fast"):
        with pytest.raises(UsageError, match="--bitrate: "):
            values.bitrate("--bitrate", text)


def test_nothing_given_is_nothing() -> None:
    assert values.size("--size", None) is None
    assert values.time("--end", None) is None
    assert values.given(a=1, b=None) == {"a": 1}
