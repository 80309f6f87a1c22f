"""The Media Foundation transform protocol, for any kind of sample.

``Transform`` has every method of IMFTransform; an author fills in the hooks of ``Worker``. Nothing
here does I/O, starts a thread or calls back, except in ``asynchronous``, and nothing here looks
inside a sample.
"""

from gpumft.mft.activation import Activate
from gpumft.mft.asynchronous import (
    AsyncTransform,
    DrainComplete,
    EventGenerator,
    EventQueue,
    EventType,
    HaveOutput,
    InputStreamStateChanged,
    Marker,
    MediaEvent,
    NeedInput,
    ShutdownStatus,
    as_async,
)
from gpumft.mft.flags import (
    LOWER_UNBOUNDED,
    STREAMS_UNLIMITED,
    UPPER_UNBOUNDED,
    EnumFlags,
    Flow,
    InputStatus,
    InputStreamFlags,
    Message,
    OutputBufferStatus,
    OutputStatus,
    OutputStreamFlags,
    ProcessOutputFlags,
    ProcessOutputStatus,
    SetTypeFlags,
)
from gpumft.mft.host import Client
from gpumft.mft.infos import InputStreamInfo, OutputDataBuffer, OutputResult, OutputStreamInfo
from gpumft.mft.negotiation import negotiate
from gpumft.mft.payload import DISCONTINUITY, Payload, copy_attributes, copy_times
from gpumft.mft.registration import Registration, TransformCategory
from gpumft.mft.registry import Registry
from gpumft.mft.transform import Transform
from gpumft.mft.worker import Worker

__all__ = [
    "DISCONTINUITY",
    "LOWER_UNBOUNDED",
    "STREAMS_UNLIMITED",
    "UPPER_UNBOUNDED",
    "Activate",
    "AsyncTransform",
    "Client",
    "DrainComplete",
    "EnumFlags",
    "EventGenerator",
    "EventQueue",
    "EventType",
    "Flow",
    "HaveOutput",
    "InputStatus",
    "InputStreamFlags",
    "InputStreamInfo",
    "InputStreamStateChanged",
    "Marker",
    "MediaEvent",
    "Message",
    "NeedInput",
    "OutputBufferStatus",
    "OutputDataBuffer",
    "OutputResult",
    "OutputStatus",
    "OutputStreamFlags",
    "OutputStreamInfo",
    "Payload",
    "ProcessOutputFlags",
    "ProcessOutputStatus",
    "Registration",
    "Registry",
    "SetTypeFlags",
    "ShutdownStatus",
    "Transform",
    "TransformCategory",
    "Worker",
    "as_async",
    "copy_attributes",
    "copy_times",
    "negotiate",
]
