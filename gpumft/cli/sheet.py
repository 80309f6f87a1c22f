"""A contact sheet: frames before (left) and after (right), as one PNG."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpumft.errors import InvalidPosition

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gpumft.pipeline.files.reader import Reader
    from gpumft.samples import Sample

_PANEL = 960
"""Longest side of one picture of the sheet, in pixels."""
_GAP = 8
_GREY = 40


def write_sheet(
    before: str, after: str, path: str, *, rows: int = 3, start: int = 0, device: Any = None
) -> None:
    """Write pairs of frames, spread evenly over the output.

    Args:
        before: the input.
        after: the output.
        path: the PNG; an existing one is replaced.
        rows: how many pairs, at most.
        start: where the output begins in the input, in hns from the input's beginning.
        device: what converts the frames to RGB.

    Raises:
        MFError: a file cannot be read or written.
    """
    import numpy as np

    from gpumft.pipeline.files.reader import open as open_reader

    with open_reader(before) as source, open_reader(after) as result:
        count = result.count_frames()
        picks = sorted({(2 * i + 1) * count // (2 * rows) for i in range(rows)})
        panel = _panel_size(result)
        source.seek(start + source.start)
        first = next(iter(source)).time or 0
        origin = result[0].time or 0
        lines = []
        for index in picks:
            treated = result[index]
            untreated = _seen_at(source, first + (treated.time or 0) - origin)
            pair = (
                _picture(untreated, source, panel, device),
                _picture(treated, result, panel, device),
            )
            gap = np.full((panel[1], _GAP, 3), _GREY, np.uint8)
            lines.append(np.concatenate([pair[0], gap, pair[1]], axis=1))
    gap = np.full((_GAP, lines[0].shape[1], 3), _GREY, np.uint8)
    parts = [part for line in lines for part in (gap, line)][1:]
    write_png(path, np.concatenate(parts))


def _seen_at(source: Reader, time: int) -> Sample:
    """The frame that is seen at a time; the last one from its beginning on."""
    try:
        source.seek(time)
    except InvalidPosition:
        return source[-1]
    return next(iter(source))


def _panel_size(reader: Reader) -> tuple[int, int]:
    width, height = reader.type.size
    shape = float(width / height * reader.type.pixel_aspect)
    if reader.orientation.swaps:
        shape = 1 / shape
    if shape >= 1:
        return _PANEL, max(1, round(_PANEL / shape))
    return max(1, round(_PANEL * shape)), _PANEL


def _picture(
    sample: Sample, reader: Reader, size: tuple[int, int], device: Any
) -> npt.NDArray[np.uint8]:
    """A frame as it is seen, (rows, columns, 3), fitted into `size` (w, h)."""
    from gpumft.media import PartialType
    from gpumft.ops import convert

    target = PartialType(format="rgb24", size=size, pixel_aspect=1, range="full")
    upright = reader.orientation
    shown: Sample = convert(
        sample,
        None,
        target,
        device=device,
        rotate=upright.rotate,
        flip=upright.flip,
        fit="contain",
        filter="area",
    )
    return shown.planes[0]


def write_png(path: str, pixels: npt.NDArray[np.uint8]) -> None:
    """Write (rows, columns, 3) of R'G'B' as a PNG that appears when whole.

    Raises:
        MFError: the file cannot be written.

    Source: W3C PNG (third edition), 5 (chunks), 9.2 (filter "Up").
    """
    import numpy as np

    from gpumft.pipeline.files.failures import writing
    from gpumft.pipeline.files.temporary import OutputFile

    height, width, _ = pixels.shape
    rows = pixels.reshape(height, width * 3)
    filtered = np.full((height, width * 3 + 1), 2, np.uint8)
    filtered[:, 1:] = rows
    filtered[1:, 1:] -= rows[:-1]
    header = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(filtered.tobytes(), 6)
    chunks = [b"\x89PNG\r\n\x1a\n"]
    for name, data in ((b"IHDR", header), (b"IDAT", body), (b"IEND", b"")):
        chunks += [struct.pack(">I", len(data)), name, data]
        chunks.append(struct.pack(">I", zlib.crc32(name + data)))
    file = OutputFile(path)
    try:
        Path(file.name).write_bytes(b"".join(chunks))
        file.commit()
    except OSError as error:
        raise writing(path, error) from error
    finally:
        file.discard()
