"""Media Foundation's enumerations for transforms, with the numbers of mftransform.h.

Every one is checked for unique values: an alias by accident would make two messages one.
"""

from __future__ import annotations

import enum
from typing import Final

from gpumft import errors

#: Stream limit of a transform without a limit (MFT_STREAMS_UNLIMITED).
STREAMS_UNLIMITED: Final = 0xFFFFFFFF
#: "No lower bound" for ``set_output_bounds`` (MFT_OUTPUT_BOUND_LOWER_UNBOUNDED).
LOWER_UNBOUNDED: Final = -(2**63)
#: "No upper bound" for ``set_output_bounds`` (MFT_OUTPUT_BOUND_UPPER_UNBOUNDED).
UPPER_UNBOUNDED: Final = 2**63 - 1


@enum.unique
class Flow(enum.IntEnum):
    """The normal answers of ``process_output``; the value is the HRESULT."""

    OK = errors.S_OK
    NEED_MORE_INPUT = errors.MF_E_TRANSFORM_NEED_MORE_INPUT
    STREAM_CHANGE = errors.MF_E_TRANSFORM_STREAM_CHANGE


@enum.unique
class Message(enum.IntEnum):
    """MFT_MESSAGE_TYPE: what ``process_message`` takes."""

    FLUSH = 0
    DRAIN = 1
    SET_DEVICE_MANAGER = 2
    DROP_SAMPLES = 3
    TICK = 4
    BEGIN_STREAMING = 0x10000000
    END_STREAMING = 0x10000001
    END_OF_STREAM = 0x10000002
    START_OF_STREAM = 0x10000003
    RELEASE_RESOURCES = 0x10000004
    REACQUIRE_RESOURCES = 0x10000005
    EVENT = 0x10000006
    SET_OUTPUT_STREAM_STATE = 0x10000007
    FLUSH_OUTPUT_STREAM = 0x10000008
    MARKER = 0x20000000


@enum.unique
class InputStreamFlags(enum.IntFlag):
    """_MFT_INPUT_STREAM_INFO_FLAGS."""

    NONE = 0x0
    WHOLE_SAMPLES = 0x1
    SINGLE_SAMPLE_PER_BUFFER = 0x2
    FIXED_SAMPLE_SIZE = 0x4
    HOLDS_BUFFERS = 0x8
    DOES_NOT_ADDREF = 0x100
    REMOVABLE = 0x200
    OPTIONAL = 0x400
    PROCESSES_IN_PLACE = 0x800


@enum.unique
class OutputStreamFlags(enum.IntFlag):
    """_MFT_OUTPUT_STREAM_INFO_FLAGS."""

    NONE = 0x0
    WHOLE_SAMPLES = 0x1
    SINGLE_SAMPLE_PER_BUFFER = 0x2
    FIXED_SAMPLE_SIZE = 0x4
    DISCARDABLE = 0x8
    OPTIONAL = 0x10
    PROVIDES_SAMPLES = 0x100
    CAN_PROVIDE_SAMPLES = 0x200
    LAZY_READ = 0x400
    REMOVABLE = 0x800


@enum.unique
class SetTypeFlags(enum.IntFlag):
    """_MFT_SET_TYPE_FLAGS; ``test_only=True`` in the Python methods."""

    TEST_ONLY = 0x1


@enum.unique
class ProcessOutputFlags(enum.IntFlag):
    """_MFT_PROCESS_OUTPUT_FLAGS: the `flags` argument of ``process_output``."""

    DISCARD_WHEN_NO_BUFFER = 0x1
    REGENERATE_LAST_OUTPUT = 0x2


@enum.unique
class ProcessOutputStatus(enum.IntFlag):
    """_MFT_PROCESS_OUTPUT_STATUS: what ``process_output`` says of the whole transform."""

    NONE = 0
    NEW_STREAMS = 0x100


@enum.unique
class OutputBufferStatus(enum.IntFlag):
    """_MFT_OUTPUT_DATA_BUFFER_FLAGS: what ``process_output`` says of one stream.

    Compare with ``==``, never with ``in``: in Microsoft's numbers NO_SAMPLE contains the bits of
    FORMAT_CHANGE and STREAM_END without meaning either.
    """

    NONE = 0
    FORMAT_CHANGE = 0x100
    STREAM_END = 0x200
    NO_SAMPLE = 0x300
    INCOMPLETE = 0x01000000


@enum.unique
class InputStatus(enum.IntFlag):
    """_MFT_INPUT_STATUS_FLAGS."""

    NONE = 0
    ACCEPT_DATA = 0x1


@enum.unique
class OutputStatus(enum.IntFlag):
    """_MFT_OUTPUT_STATUS_FLAGS."""

    NONE = 0
    SAMPLE_READY = 0x1


@enum.unique
class EnumFlags(enum.IntFlag):
    """_MFT_ENUM_FLAG: which registered transforms to list, and in what order."""

    SYNCMFT = 0x1
    ASYNCMFT = 0x2
    HARDWARE = 0x4
    FIELDOFUSE = 0x8
    LOCALMFT = 0x10
    TRANSCODE_ONLY = 0x20
    ALL = 0x3F
    SORTANDFILTER = 0x40
    SORTANDFILTER_APPROVED_ONLY = 0xC0
    SORTANDFILTER_WEB_ONLY = 0x140
    SORTANDFILTER_WEB_ONLY_EDGEMODE = 0x240
    UNTRUSTED_STOREMFT = 0x400
