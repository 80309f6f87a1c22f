"""Small clips, made with PyAV alone so that nothing under test takes part."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

DATA = Path(__file__).parents[1] / "data"
VARIABLE = (0, 16650, 19650, 22660, 25000, 28000, 31001, 34000, 40000, 43000)
"""Time stamps at 1/90000 s whose gaps differ."""


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert [t.name for t in threading.enumerate() if t.name.startswith("gpumft-run-")] == []


@pytest.fixture
def clip() -> Path:
    """A camera clip: 320x180, 41 pictures of variable rate, BT.709 limited, AAC sound."""
    return DATA / "clip_320x180.mp4"


def _picture(size: tuple[int, int], format: str, number: int) -> av.VideoFrame:
    frame = av.VideoFrame(*size, format)
    for index, plane in enumerate(frame.planes):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, abs(plane.line_size))
        x = np.arange(rows.shape[1])
        y = np.arange(rows.shape[0])[:, None]
        step = 2 if "10" in format or "12" in format else 1
        value = 40 + 8 * index + (x // 2 + y + 5 * number) % 64
        rows[...] = value if step == 1 else np.where(x % 2, 1, value)
    return frame


def _sound(container: Any, stream: Any, seconds: float) -> None:
    for start in range(0, int(48_000 * seconds), 1024):
        tone = np.sin(np.arange(start, start + 1024) / 20).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(tone, "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a small file and returns its path."""

    def make(
        name: str = "in.mp4",
        *,
        codec: str = "libx264",
        format: str = "yuv420p",
        size: tuple[int, int] = (160, 90),
        pts: tuple[int, ...] = VARIABLE,
        time_base: Fraction = Fraction(1, 90_000),
        tags: tuple[int, int, int, int] = (1, 1, 1, 1),
        options: dict[str, str] | None = None,
        rotation: int | None = None,
        hflip: bool = False,
        audio: bool = False,
        video: bool = True,
        metadata: dict[str, str] | None = None,
        muxer: dict[str, str] | None = None,
        aspect: Fraction = Fraction(1),
        rate: Fraction = Fraction(30),
    ) -> Path:
        path = tmp_path / name
        scale = {"video_track_timescale": str(time_base.denominator)}
        iso = path.suffix in (".mp4", ".mov")
        with av.open(
            str(path), "w", container_options=(scale if iso else {}) | (muxer or {})
        ) as container:
            container.metadata.update(metadata or {})
            stream: Any = None
            if video:
                stream = container.add_stream(codec, rate=rate, options=options or {})
                context = stream.codec_context
                stream.width, stream.height = size
                stream.pix_fmt = format
                context.time_base = time_base
                context.sample_aspect_ratio = aspect
                matrix, primaries, transfer, color_range = tags
                context.colorspace, context.color_primaries = matrix, primaries
                context.color_trc, context.color_range = transfer, color_range
                if rotation is not None:
                    stream.set_display_rotation(rotation, hflip=hflip)
            sound: Any = container.add_stream("aac", rate=48_000, layout="mono") if audio else None
            container.start_encoding()
            if audio:
                _sound(container, sound, 0.5)
            for number, stamp in enumerate(pts if video else ()):
                frame = _picture(size, format, number)
                frame.pts, frame.time_base = stamp, time_base
                container.mux(stream.encode(frame))
            if video:
                container.mux(stream.encode(None))
        return path

    return make


def pts_of(path: Path, kind: str = "video") -> list[int]:
    """Return the pts of every packet of the first stream of a kind, sorted."""
    with av.open(str(path)) as container:
        stream = getattr(container.streams, kind)[0]
        return sorted(p.pts for p in container.demux(stream) if p.pts is not None)


def packets_of(path: Path, kind: str) -> list[tuple[int | None, int | None, bytes]]:
    """Return (pts, duration, bytes) of every packet of the first stream of a kind."""
    with av.open(str(path)) as container:
        stream = getattr(container.streams, kind)[0]
        return [(p.pts, p.duration, bytes(p)) for p in container.demux(stream) if p.size]


@pytest.fixture
def pts() -> Callable[..., list[int]]:
    return pts_of


@pytest.fixture
def packets() -> Callable[..., list[tuple[int | None, int | None, bytes]]]:
    return packets_of
