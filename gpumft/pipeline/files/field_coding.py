"""Interlaced pictures for an encoder: what it is told, and the mark that each frame gets.

An encoder codes fields where its flags ask for it, and takes their order from each frame. PyAV
cannot set a frame's order; FFmpeg's `setfield` filter can, and copies no pixels.
"""

from __future__ import annotations

from fractions import Fraction

from av.codec.context import Flags
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import VideoFrame

from gpumft.media import Interlace, VideoType

_ORDERS = {Interlace.UPPER: "tff", Interlace.LOWER: "bff"}
"""Interlace -> FFmpeg's name of which field is shown first."""

_FIELD_ORDER = {Interlace.PROGRESSIVE: 1, Interlace.UPPER: 2, Interlace.LOWER: 3}
"""Interlace -> AVFieldOrder."""

_CODING = int(Flags.interlaced_dct | Flags.interlaced_me)

_KEEPING = {
    "libx264": _CODING,
    "mpeg2video": _CODING,
    "mpeg4": _CODING,
    "prores_ks": _CODING,
    "prores": _CODING,
    "ffv1": 0,
}
"""Encoders whose streams say the field order, and the flags that make them code fields."""


def field_order(type: VideoType) -> int:
    """Return AVFieldOrder for the container; 0, unknown, where pictures differ."""
    return _FIELD_ORDER.get(type.interlace, 0)


def field_flags(codec: str, type: VideoType) -> int:
    """Return the encoder's flags for pictures of `type`."""
    return _KEEPING[codec] if type.interlace in _ORDERS and _keeps(codec, type) else 0


def field_options(codec: str, type: VideoType) -> list[tuple[str, str]]:
    """Return (option, value) pairs for an encoder that must know the order before a frame comes.

    They are put before the caller's own parameters, so that those win.
    """
    if codec == "libx264" and type.interlace in _ORDERS and _keeps(codec, type):
        return [("x264-params", f"{_ORDERS[type.interlace]}=1")]
    return []


def unwritten_fields(codec: str, type: VideoType) -> list[str]:
    """Return what of `type.interlace` an encoder does not keep, in words."""
    if type.interlace is Interlace.PROGRESSIVE:
        return []
    if type.interlace not in _ORDERS:
        cure = "state upper or lower with input_type if you know it"
        return [f"interlace {type.interlace} is not written, for pictures differ in it; {cure}"]
    if _keeps(codec, type):
        return []
    cure = f"{', '.join(_KEEPING)} keep it"
    if codec in _KEEPING:
        cure = f"it codes fields of {_rows(type)} rows or a multiple"
    lost = f"{codec} calls these interlaced pictures progressive"
    return [f"{lost}; that {type.interlace} fields come first is left to the container; {cure}"]


def _keeps(codec: str, type: VideoType) -> bool:
    return codec in _KEEPING and (codec != "libx264" or type.size[1] % _rows(type) == 0)


def _rows(type: VideoType) -> int:
    """Rows of which libx264 takes multiples: two of each field, where chroma is sub-sampled."""
    return 2 << type.format.subsampling[1]


class FieldMarker:
    """Marks frames as interlaced, with the order of their fields.

    Args:
        type: of the frames.

    Thread-safety: none.
    """

    def __init__(self, type: VideoType) -> None:
        self._type = type
        self._order = _ORDERS.get(type.interlace)
        self._graph: Graph | None = None

    def marked(self, frame: VideoFrame) -> VideoFrame:
        """Return the frame, which has its time, with its mark; a progressive one as it is."""
        if self._order is None:
            return frame
        if self._graph is None:
            self._graph = self._built(self._order, frame.time_base or Fraction(1, 1000))
        self._graph.push(frame)
        made = self._graph.pull()
        if not isinstance(made, VideoFrame):  # pragma: no cover - the graph has pictures only
            return frame
        made.pts, made.time_base, made.duration = frame.pts, frame.time_base, frame.duration
        return made

    def _built(self, order: str, time_base: Fraction) -> Graph:
        graph = Graph()
        width, height = self._type.size
        format = VideoFormat(self._type.format.value, width, height)
        source = graph.add_buffer(width=width, height=height, format=format, time_base=time_base)
        marker, sink = graph.add("setfield", order), graph.add("buffersink")
        source.link_to(marker)
        marker.link_to(sink)
        graph.configure()
        return graph
