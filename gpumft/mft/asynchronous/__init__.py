"""Asynchronous transforms: events, credits and a worker, on top of synchronous ones.

The rest of the protocol starts no thread and calls nobody back; what does lives here.
"""

from gpumft.mft.asynchronous.core import ShutdownStatus
from gpumft.mft.asynchronous.event_queue import EventGenerator, EventQueue, EventResult
from gpumft.mft.asynchronous.events import (
    DrainComplete,
    EventType,
    HaveOutput,
    InputStreamStateChanged,
    Marker,
    MediaEvent,
    NeedInput,
)
from gpumft.mft.asynchronous.transform import AsyncTransform, as_async

__all__ = [
    "AsyncTransform",
    "DrainComplete",
    "EventGenerator",
    "EventQueue",
    "EventResult",
    "EventType",
    "HaveOutput",
    "InputStreamStateChanged",
    "Marker",
    "MediaEvent",
    "NeedInput",
    "ShutdownStatus",
    "as_async",
]
