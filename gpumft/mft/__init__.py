"""The Media Foundation transform protocol, for any kind of sample.

``Transform`` has every method of IMFTransform; an author fills in the hooks of ``Worker``. Nothing
here does I/O, starts a thread or calls back, and nothing here looks inside a sample.
"""

from gpumft.mft.activation import Activate
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
    "Client",
    "EnumFlags",
    "Flow",
    "InputStatus",
    "InputStreamFlags",
    "InputStreamInfo",
    "Message",
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
    "Transform",
    "TransformCategory",
    "Worker",
    "copy_attributes",
    "copy_times",
    "negotiate",
]
