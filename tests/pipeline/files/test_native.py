"""What PyAV gives, as Python's own values, whatever its version."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from av.rational import AVRational

from gpumft.pipeline.files.native import fraction, tags
from gpumft.pipeline.files.reader import open as open_file
from gpumft.pipeline.files.writer import create

Make = Callable[..., Path]


@pytest.mark.parametrize("kind", [Fraction, AVRational])
@pytest.mark.parametrize(("above", "below"), [(1, 90_000), (30_000, 1001), (-2, 3)])
def test_rationals_become_fractions(kind: Any, above: int, below: int) -> None:
    found = fraction(kind(above, below))
    assert type(found) is Fraction
    assert found == Fraction(above, below)


@pytest.mark.parametrize(
    "value", [None, Fraction(0), AVRational(0, 1), AVRational(1, 0), AVRational(0, 0)], ids=repr
)
def test_what_is_unset_is_none(value: Any) -> None:
    assert fraction(value) is None


def test_tags_become_text() -> None:
    hidden = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert tags({"title": "caf\u00e9", hidden: hidden}) == {
        "title": "caf\u00e9",
        "caf\ufffd": "caf\ufffd",
    }


def _spoilt(path: Path) -> Path:
    """Put a byte that is not UTF-8 in the place of each X of "cafX"."""
    data = path.read_bytes()
    assert b"cafX" in data
    path.write_bytes(data.replace(b"cafX", b"caf\xe9"))
    return path


def test_tags_that_are_not_utf8_are_read_and_written(make_clip: Make, tmp_path: Path) -> None:
    plain, source = make_clip("plain.mkv", codec="ffv1", audio=True), tmp_path / "in.mkv"
    unchecked = {"write_crc32": "0"}
    with (
        av.open(str(plain)) as old,
        av.open(str(source), "w", container_options=unchecked) as new,
    ):
        outputs: Any = {s.index: new.add_stream_from_template(s) for s in old.streams}
        for output in outputs.values():
            output.metadata["title"] = "cafX stream"
        new.metadata["title"] = "cafX film"
        chapter: Any = {"id": 1, "start": 0, "end": 200, "time_base": Fraction(1, 1000)}
        chapter["metadata"] = {"title": "cafX chapter"}
        new.set_chapters([chapter])
        for packet in old.demux():
            if packet.size:
                packet.stream = outputs[packet.stream.index]
                new.mux(packet)
    with open_file(_spoilt(source)) as reader:
        assert reader.metadata["title"] == "caf\ufffd film"
        assert reader.stream_metadata["title"] == "caf\ufffd stream"
        (sound,) = reader.audio
        assert sound.metadata["title"] == "caf\ufffd stream"
        (told,) = reader.chapters
        assert told["metadata"] == {"title": "caf\ufffd chapter"}
        assert type(told["time_base"]) is Fraction
        json.dumps(reader.metadata, ensure_ascii=False).encode()
        with create(
            tmp_path / "out.mkv",
            reader.type,
            streams=reader.streams,
            metadata=reader.metadata,
            stream_metadata=reader.stream_metadata,
            chapters=reader.chapters,
        ) as writer:
            for sample in reader:
                writer.write(sample)
    with open_file(tmp_path / "out.mkv") as copied:
        assert copied.metadata["title"] == "caf\ufffd film"
        assert copied.audio[0].metadata["title"] == "caf\ufffd stream"
        assert [chapter["metadata"] for chapter in copied.chapters] == [told["metadata"]]


def test_no_rational_of_the_library_leaves_a_reader(clip: Path) -> None:
    with open_file(clip) as reader:
        sample = next(iter(reader))
        found = [
            reader.time_base,
            reader.type.frame_rate,
            reader.type.pixel_aspect,
            reader.audio[0].time_base,
            sample.time_base,
        ]
    assert [type(value) for value in found] == [Fraction] * 5
