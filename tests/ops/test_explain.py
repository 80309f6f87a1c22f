"""explain() says what is done, in words and as data."""

import json

from gpumft.effects import sepia
from gpumft.media import VideoType
from gpumft.ops import Converter, explain


def test_a_page_names_types_assumptions_matrices_taps_and_bytes() -> None:
    src = VideoType("nv12", (1280, 720), siting="left")
    dst = VideoType("rgb24", (1920, 1080))
    page = str(explain(src, dst, filter="lanczos3", effects=(sepia(),)))
    assert "source left unspecified, taken as: matrix bt709" in page
    assert "range limited" in page
    assert "y 16 + 219 n, u 128 + 224 n, v 128 + 224 n" in page
    assert "effect sepia" in page
    assert "luma: lanczos3" in page
    assert "720 -> 1080, up to 6 taps" in page
    assert "1,382,400 read, 6,220,800 written" in page


def test_a_page_says_what_a_picture_costs() -> None:
    src, dst = VideoType("nv12", (64, 32)), VideoType("rgb24", (64, 32))
    page = str(explain(src, dst))
    assert "1 pass: picture" in page
    assert "1 launch, 9,216 bytes (3,072 read, 6,144 written)" in page
    assert "us a picture, bound by loads and stores:" in page
    large = explain(src, VideoType("rgb24", (16, 8)), filter="lanczos3")
    assert large.passes == ("rows of y", "rows of u v", "picture")
    assert large.launches == 3
    assert large.bytes_between == 8 * (8 * 64 + 2 * 8 * 32)
    assert "3 passes: rows of y, rows of u v, picture" in str(large)
    assert f"{large.bytes_between:,} between launches" in str(large)
    roof = large.roofline
    assert roof is not None
    assert roof.counts["bytes"] == 3072 + 16 * 8 * 3 + large.bytes_between
    assert roof.microseconds[roof.bound] == max(roof.microseconds.values())
    assert large.to_dict()["roofline"]["counts"] == roof.counts


def test_the_cpu_walks_once_and_launches_nothing() -> None:
    src, dst = VideoType("nv12", (64, 32)), VideoType("rgb24", (16, 8))
    told = Converter(src, dst, device="cpu", filter="lanczos3").explain()
    assert (told.passes, told.launches, told.bytes_between) == (("rows",), 0, 0)
    assert told.roofline is None
    assert "0 launches, 3,456 bytes" in str(told)


def test_the_inverse_matrix_is_the_published_one() -> None:
    src = VideoType("yuv444p", (8, 8), matrix="bt709", range="limited")
    told = explain(src, VideoType("rgb24", (8, 8)))
    (stage,) = told.stages
    red, green, blue = stage[1]
    assert [round(value, 6) for value in red] == [1.164384, 0, 1.792741]
    assert [round(value, 6) for value in green] == [1.164384, -0.213249, -0.532909]
    assert [round(value, 6) for value in blue] == [1.164384, 2.112402, 0]
    assert told.in_codes
    assert "to R'G'B', in codes: each row times the components of codes less their zero" in str(
        told
    )


def test_a_layout_change_goes_straight_through() -> None:
    told = explain(VideoType("yuv420p", (9, 5)), VideoType("nv12", (9, 5)))
    assert told.stages == ()
    assert not told.in_codes
    assert "each component goes straight to its counterpart" in str(told)
    assert "samples copied" in str(told)
    assert set(told.filters.values()) == {"none, samples are copied"}
    up = explain(VideoType("yuv420p", (8, 6)), VideoType("rgb24", (8, 6))).filters
    assert up == {"luma": "none, samples are copied", "chroma": "bilinear"}


def test_it_is_json_and_html() -> None:
    told = explain(VideoType("gray", (4, 4)), VideoType("rgb24", (2, 2)), rotate=90, flip="h")
    data = json.loads(json.dumps(told.to_dict()))
    assert data["bytes_written"] == 12
    assert data["geometry"]["rotated"] == "90 degrees clockwise"
    assert told._repr_html_().startswith("<pre>")
