"""Events carry Media Foundation's numbers and attributes."""

from __future__ import annotations

import pytest

from gpumft.errors import E_FAIL
from gpumft.mft.asynchronous import (
    DrainComplete,
    EventType,
    HaveOutput,
    InputStreamStateChanged,
    Marker,
    MediaEvent,
    NeedInput,
)


@pytest.mark.parametrize(
    ("event", "number", "attributes", "text"),
    [
        (NeedInput(3), 601, {"MF_EVENT_MFT_INPUT_STREAM_ID": 3}, "NeedInput(3)"),
        (HaveOutput(), 602, {}, "HaveOutput()"),
        (DrainComplete(), 603, {"MF_EVENT_MFT_INPUT_STREAM_ID": 0}, "DrainComplete(0)"),
        (Marker("x"), 604, {"MF_EVENT_MFT_CONTEXT": "x"}, "Marker('x')"),
        (
            InputStreamStateChanged(1),
            605,
            {"MF_EVENT_MFT_INPUT_STREAM_ID": 1},
            "InputStreamStateChanged(1)",
        ),
        (MediaEvent(1, status=E_FAIL), 1, {}, "MediaEvent(ERROR, status=0x80004005)"),
        (MediaEvent(213, "s", 0, {"a": 1}), 213, {"a": 1}, ""),
    ],
)
def test_parts(event: MediaEvent, number: int, attributes: dict[str, object], text: str) -> None:
    assert event.type == number
    assert event.attributes == attributes
    assert event == MediaEvent(number, event.value, event.status, attributes)
    assert hash(event) == hash(MediaEvent(number, event.value, event.status, attributes))
    assert event != MediaEvent(number, "another value")
    assert event != number
    assert repr(event) == text or repr(event).startswith("MediaEvent(MEDIA_SAMPLE, value='s', att")


def test_patterns_name_what_belongs_to_each() -> None:
    def told(event: MediaEvent) -> object:
        match event:
            case NeedInput(stream) | DrainComplete(stream) | InputStreamStateChanged(stream):
                return stream
            case Marker(context):
                return context
            case HaveOutput():
                return "output"
            case MediaEvent(EventType.ERROR, _, status):
                return status
        return None

    events = [NeedInput(1), DrainComplete(2), InputStreamStateChanged(3), Marker(4), HaveOutput()]
    assert [*map(told, events)] == [1, 2, 3, 4, "output"]
    assert told(MediaEvent(EventType.ERROR, None, 7)) == 7


def test_attributes_are_copied() -> None:
    given = {"a": 1}
    event = MediaEvent(EventType.STREAM_TICK, 5, attributes=given)
    given["a"] = 2
    assert event.attributes == {"a": 1}


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="4711"):
        MediaEvent(4711)
