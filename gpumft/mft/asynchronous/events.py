"""Media events: what generators tell their clients, with the numbers of mfobjects.h."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, Final

from gpumft.errors import S_OK

#: The attribute of an event that names an input stream of a transform.
INPUT_STREAM_ID: Final = "MF_EVENT_MFT_INPUT_STREAM_ID"
#: The attribute of ``Marker``: what the client gave with the message MARKER.
CONTEXT: Final = "MF_EVENT_MFT_CONTEXT"


@enum.unique
class EventType(enum.IntEnum):
    """MediaEventType: what has happened."""

    ERROR = 1
    SESSION_TOPOLOGY_SET = 101
    SESSION_TOPOLOGIES_CLEARED = 102
    SESSION_STARTED = 103
    SESSION_PAUSED = 104
    SESSION_STOPPED = 105
    SESSION_CLOSED = 106
    SESSION_ENDED = 107
    SESSION_RATE_CHANGED = 108
    SESSION_SCRUB_SAMPLE_COMPLETE = 109
    SESSION_CAPABILITIES_CHANGED = 110
    SESSION_TOPOLOGY_STATUS = 111
    SESSION_NOTIFY_PRESENTATION_TIME = 112
    NEW_PRESENTATION = 113
    SOURCE_STARTED = 201
    STREAM_STARTED = 202
    SOURCE_SEEKED = 203
    STREAM_SEEKED = 204
    NEW_STREAM = 205
    UPDATED_STREAM = 206
    SOURCE_STOPPED = 207
    STREAM_STOPPED = 208
    SOURCE_PAUSED = 209
    STREAM_PAUSED = 210
    END_OF_PRESENTATION = 211
    END_OF_STREAM = 212
    MEDIA_SAMPLE = 213
    STREAM_TICK = 214
    STREAM_THIN_MODE = 215
    STREAM_FORMAT_CHANGED = 216
    SOURCE_RATE_CHANGED = 217
    END_OF_PRESENTATION_SEGMENT = 218
    SOURCE_CHARACTERISTICS_CHANGED = 219
    STREAM_SINK_STARTED = 301
    STREAM_SINK_STOPPED = 302
    STREAM_SINK_PAUSED = 303
    STREAM_SINK_RATE_CHANGED = 304
    STREAM_SINK_REQUEST_SAMPLE = 305
    STREAM_SINK_MARKER = 306
    STREAM_SINK_PREROLLED = 307
    STREAM_SINK_SCRUB_SAMPLE_COMPLETE = 308
    STREAM_SINK_FORMAT_CHANGED = 309
    STREAM_SINK_DEVICE_CHANGED = 310
    QUALITY_NOTIFY = 311
    TRANSFORM_NEED_INPUT = 601
    TRANSFORM_HAVE_OUTPUT = 602
    TRANSFORM_DRAIN_COMPLETE = 603
    TRANSFORM_MARKER = 604
    TRANSFORM_INPUT_STREAM_STATE_CHANGED = 605


class MediaEvent:
    """IMFMediaEvent: something that an object tells whoever waits for its events.

    Args:
        type: what has happened.
        value: what belongs to it, None for nothing (VT_EMPTY).
        status: an HRESULT; of a failure for ``EventType.ERROR``.
        attributes: more, by Media Foundation's names; copied.

    Two events are equal if all four parts are.

    Thread-safety: nothing changes an event but its holder.
    Source: IMFMediaEvent, MFCreateMediaEvent.
    """

    __slots__ = ("attributes", "status", "type", "value")
    __match_args__: tuple[str, ...] = ("type", "value", "status")

    def __init__(
        self,
        type: EventType | int,
        value: Any = None,
        status: int = S_OK,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        self.type = EventType(type)
        self.value = value
        self.status = status
        self.attributes: dict[str, Any] = dict(attributes or {})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MediaEvent):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((self.type, self.status))

    def __repr__(self) -> str:
        value = "" if self.value is None else f", value={self.value!r}"
        status = f", status=0x{self.status:08X}" if self.status else ""
        more = f", attributes={self.attributes}" if self.attributes else ""
        return f"MediaEvent({self.type.name}{value}{status}{more})"

    def _parts(self) -> tuple[object, ...]:
        return self.type, self.value, self.status, self.attributes


class _OfStream(MediaEvent):
    """An event about one input stream of a transform."""

    __slots__ = ()
    __match_args__ = ("stream_id",)
    _type: EventType

    def __init__(self, stream_id: int = 0) -> None:
        super().__init__(self._type, attributes={INPUT_STREAM_ID: stream_id})

    @property
    def stream_id(self) -> int:
        """The input stream (MF_EVENT_MFT_INPUT_STREAM_ID)."""
        stream: int = self.attributes[INPUT_STREAM_ID]
        return stream

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.stream_id})"


class NeedInput(_OfStream):
    """METransformNeedInput: one ``process_input`` is allowed on this stream."""

    __slots__ = ()
    _type = EventType.TRANSFORM_NEED_INPUT


class HaveOutput(MediaEvent):
    """METransformHaveOutput: one ``process_output`` is allowed."""

    __slots__ = ()
    __match_args__ = ()

    def __init__(self) -> None:
        super().__init__(EventType.TRANSFORM_HAVE_OUTPUT)

    def __repr__(self) -> str:
        return "HaveOutput()"


class DrainComplete(_OfStream):
    """METransformDrainComplete: all output of before DRAIN has been announced."""

    __slots__ = ()
    _type = EventType.TRANSFORM_DRAIN_COMPLETE


class Marker(MediaEvent):
    """METransformMarker: all output of what came before the message MARKER has been announced."""

    __slots__ = ()
    __match_args__ = ("context",)

    def __init__(self, context: object = 0) -> None:
        super().__init__(EventType.TRANSFORM_MARKER, attributes={CONTEXT: context})

    @property
    def context(self) -> Any:
        """What the client gave with the message (MF_EVENT_MFT_CONTEXT)."""
        return self.attributes[CONTEXT]

    def __repr__(self) -> str:
        return f"Marker({self.context!r})"


class InputStreamStateChanged(_OfStream):
    """METransformInputStreamStateChanged: a stream was selected or deselected while streaming."""

    __slots__ = ()
    _type = EventType.TRANSFORM_INPUT_STREAM_STATE_CHANGED
