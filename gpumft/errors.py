"""Media Foundation's result codes and the exceptions that carry them.

The only file of the package that holds HRESULT numbers (unsigned 32 bit). An exception means that
a contract was broken or that a device failed; "not yet" is a value (``gpumft.mft.Flow``), not an
exception. Each class stands for one code and also derives from the built-in that a Python user
would catch for it. A class with the code of its base is a special case of it (``KernelBuildError``
is a ``Fail``), so ``except Fail`` means what the code says.

Sources: mferror.h, winerror.h, vfwmsgs.h, dmort.h as documented by Microsoft.
"""

from __future__ import annotations

from typing import ClassVar, Final

# --- Success and general codes (winerror.h) ---

S_OK: Final = 0x00000000
S_FALSE: Final = 0x00000001
E_NOTIMPL: Final = 0x80004001
E_NOINTERFACE: Final = 0x80004002
E_POINTER: Final = 0x80004003
E_ABORT: Final = 0x80004004
E_FAIL: Final = 0x80004005
E_UNEXPECTED: Final = 0x8000FFFF
E_OUTOFMEMORY: Final = 0x8007000E
E_INVALIDARG: Final = 0x80070057
# Win32 errors as HRESULTs: HRESULT_FROM_WIN32(ERROR_...)
ERROR_FILE_NOT_FOUND: Final = 0x80070002
ERROR_ACCESS_DENIED: Final = 0x80070005
ERROR_FILE_EXISTS: Final = 0x80070050
ERROR_DISK_FULL: Final = 0x80070070
ERROR_WAS_UNLOCKED: Final = 0x800702CB
ERROR_WAS_LOCKED: Final = 0x800702CD
ERROR_NOT_FOUND: Final = 0x80070490

# Direct3D's code for a device that was removed, reset or has failed (winerror.h)
DXGI_ERROR_DEVICE_REMOVED: Final = 0x887A0005

# --- Media Foundation (mferror.h) ---

MF_S_MULTIPLE_BEGIN: Final = 0x000D36D8
MF_S_TRANSFORM_DO_NOT_PROPAGATE_EVENT: Final = 0x000D6D75
MF_S_CLOCK_STOPPED: Final = 0x000D9C44
MF_E_PLATFORM_NOT_INITIALIZED: Final = 0xC00D36B0
MF_E_BUFFERTOOSMALL: Final = 0xC00D36B1
MF_E_INVALIDREQUEST: Final = 0xC00D36B2
MF_E_INVALIDSTREAMNUMBER: Final = 0xC00D36B3
MF_E_INVALIDMEDIATYPE: Final = 0xC00D36B4
MF_E_NOTACCEPTING: Final = 0xC00D36B5
MF_E_NOT_INITIALIZED: Final = 0xC00D36B6
MF_E_UNSUPPORTED_REPRESENTATION: Final = 0xC00D36B7
MF_E_NO_MORE_TYPES: Final = 0xC00D36B9
MF_E_UNSUPPORTED_SERVICE: Final = 0xC00D36BA
MF_E_UNEXPECTED: Final = 0xC00D36BB
MF_E_INVALIDTYPE: Final = 0xC00D36BD
MF_E_INVALIDINDEX: Final = 0xC00D36BF
MF_E_INVALID_TIMESTAMP: Final = 0xC00D36C0
MF_E_UNSUPPORTED_TIME_FORMAT: Final = 0xC00D36C5
MF_E_NO_SAMPLE_TIMESTAMP: Final = 0xC00D36C8
MF_E_NO_SAMPLE_DURATION: Final = 0xC00D36C9
MF_E_INVALID_STREAM_DATA: Final = 0xC00D36CB
MF_E_UNSUPPORTED_RATE: Final = 0xC00D36D0
MF_E_THINNING_UNSUPPORTED: Final = 0xC00D36D1
MF_E_REVERSE_UNSUPPORTED: Final = 0xC00D36D2
MF_E_UNSUPPORTED_RATE_TRANSITION: Final = 0xC00D36D3
MF_E_NOT_FOUND: Final = 0xC00D36D5
MF_E_NOT_AVAILABLE: Final = 0xC00D36D6
MF_E_NO_CLOCK: Final = 0xC00D36D7
MF_E_MULTIPLE_BEGIN: Final = 0xC00D36D9
MF_E_MULTIPLE_SUBSCRIBERS: Final = 0xC00D36DA
MF_E_TIMER_ORPHANED: Final = 0xC00D36DB
MF_E_STATE_TRANSITION_PENDING: Final = 0xC00D36DC
MF_E_UNSUPPORTED_STATE_TRANSITION: Final = 0xC00D36DD
MF_E_SAMPLE_HAS_TOO_MANY_BUFFERS: Final = 0xC00D36DF
MF_E_INVALID_POSITION: Final = 0xC00D36E5
MF_E_ATTRIBUTENOTFOUND: Final = 0xC00D36E6
MF_E_PROPERTY_TYPE_NOT_ALLOWED: Final = 0xC00D36E7
MF_E_OPERATION_CANCELLED: Final = 0xC00D36ED
MF_E_FORMAT_CHANGE_NOT_SUPPORTED: Final = 0xC00D36FE
MF_E_INVALID_CODEC_MERIT: Final = 0xC00D3703
MF_E_NO_EVENTS_AVAILABLE: Final = 0xC00D3E80
MF_E_INVALID_STATE_TRANSITION: Final = 0xC00D3E82
MF_E_END_OF_STREAM: Final = 0xC00D3E84
MF_E_SHUTDOWN: Final = 0xC00D3E85
MF_E_MEDIA_SOURCE_NOT_STARTED: Final = 0xC00D3E91
MF_E_MEDIA_SOURCE_WRONGSTATE: Final = 0xC00D3E9B
MF_E_NO_STREAMS_SELECTED: Final = 0xC00D3E9C
MF_E_LATE_SAMPLE: Final = 0xC00D4652
MF_E_FLUSH_NEEDED: Final = 0xC00D4653
MF_E_STREAMSINK_REMOVED: Final = 0xC00D4A38
MF_E_STREAMSINKS_FIXED: Final = 0xC00D4A3B
MF_E_STREAMSINK_EXISTS: Final = 0xC00D4A3C
MF_E_SAMPLEALLOCATOR_CANCELED: Final = 0xC00D4A3D
MF_E_SAMPLEALLOCATOR_EMPTY: Final = 0xC00D4A3E
MF_E_SINK_ALREADYSTOPPED: Final = 0xC00D4A3F
MF_E_TOPO_STREAM_DESCRIPTOR_NOT_SELECTED: Final = 0xC00D5219
MF_E_TOPO_MISSING_SOURCE: Final = 0xC00D521A
MF_E_TRANSFORM_TYPE_NOT_SET: Final = 0xC00D6D60
MF_E_TRANSFORM_STREAM_CHANGE: Final = 0xC00D6D61
MF_E_TRANSFORM_INPUT_REMAINING: Final = 0xC00D6D62
MF_E_TRANSFORM_NEED_MORE_INPUT: Final = 0xC00D6D72
MF_E_TRANSFORM_CANNOT_CHANGE_MEDIATYPE_WHILE_PROCESSING: Final = 0xC00D6D74
MF_E_UNSUPPORTED_D3D_TYPE: Final = 0xC00D6D76
MF_E_TRANSFORM_ASYNC_LOCKED: Final = 0xC00D6D77
MF_E_STREAM_INVALID_RESOLUTION: Final = 0xC00D6D79
MF_E_TRANSFORM_ASYNC_MFT_NOT_SUPPORTED: Final = 0xC00D6D7A
MF_E_TRANSFORM_EXATTRIBUTE_NOT_SUPPORTED: Final = 0xC00D6D7C
MF_E_INSUFFICIENT_BUFFER: Final = 0xC00D7170
MF_E_CLOCK_INVALID_CONTINUITY_KEY: Final = 0xC00D9C40
MF_E_CLOCK_NO_TIME_SOURCE: Final = 0xC00D9C41
MF_E_CLOCK_STATE_ALREADY_SET: Final = 0xC00D9C42
MF_E_CLOCK_NOT_SIMPLE: Final = 0xC00D9C43
MF_E_NO_MORE_DROP_MODES: Final = 0xC00DA028
MF_E_NO_MORE_QUALITY_LEVELS: Final = 0xC00DA029
MF_E_ALLOCATOR_NOT_INITIALIZED: Final = 0xC00DA7F8
MF_E_ALLOCATOR_NOT_COMMITED: Final = 0xC00DA7F9
MF_E_ALLOCATOR_ALREADY_COMMITED: Final = 0xC00DA7FA

# --- DirectShow (vfwmsgs.h) ---

VFW_S_NO_STOP_TIME: Final = 0x00040270
VFW_E_INVALIDMEDIATYPE: Final = 0x80040200
VFW_E_NO_ALLOCATOR: Final = 0x8004020A
VFW_E_RUNTIME_ERROR: Final = 0x8004020B
VFW_E_BUFFER_NOTSET: Final = 0x8004020C
VFW_E_BUFFER_OVERFLOW: Final = 0x8004020D
VFW_E_BADALIGN: Final = 0x8004020E
VFW_E_ALREADY_COMMITTED: Final = 0x8004020F
VFW_E_BUFFERS_OUTSTANDING: Final = 0x80040210
VFW_E_NOT_COMMITTED: Final = 0x80040211
VFW_E_SIZENOTSET: Final = 0x80040212
VFW_E_NOT_STOPPED: Final = 0x80040224
VFW_E_WRONG_STATE: Final = 0x80040227
VFW_E_SAMPLE_REJECTED: Final = 0x8004022B
VFW_E_TIMEOUT: Final = 0x8004022E
VFW_E_SAMPLE_TIME_NOT_SET: Final = 0x80040249
VFW_E_MEDIA_TIME_NOT_SET: Final = 0x80040251

# --- DirectX Media Objects (dmort.h); some share their number with a VFW code ---

DMO_E_INVALIDSTREAMINDEX: Final = 0x80040201
DMO_E_INVALIDTYPE: Final = 0x80040202
DMO_E_TYPE_NOT_SET: Final = 0x80040203
DMO_E_NOTACCEPTING: Final = 0x80040204
DMO_E_TYPE_NOT_ACCEPTED: Final = 0x80040205
DMO_E_NO_MORE_ITEMS: Final = 0x80040206


class MFError(Exception):
    """Base of every error raised by gpumft.

    Attributes:
        hresult: the code, an unsigned 32-bit integer.
        name: Microsoft's name of that code, for example ``"MF_E_NOTACCEPTING"``.

    ``str()`` is the message; without one it is the name and the number.
    """

    hresult: ClassVar[int] = E_FAIL
    name: ClassVar[str] = "E_FAIL"

    # Written here because KeyError's own would show the repr of the message.
    def __str__(self) -> str:
        if self.args:
            return str(self.args[0])
        return f"{self.name} (0x{self.hresult:08X})"


# --- General ---


class Fail(MFError):
    """An operation failed for a reason that no other code names."""

    hresult = E_FAIL
    name = "E_FAIL"


class Aborted(MFError):
    """The operation was given up before its end, for example by a flush."""

    hresult = E_ABORT
    name = "E_ABORT"


class Unexpected(MFError, RuntimeError):
    """The call does not fit the object's state: a programming error."""

    hresult = E_UNEXPECTED
    name = "E_UNEXPECTED"


class NotImplementedMF(MFError, NotImplementedError):
    """The object does not support this optional method."""

    hresult = E_NOTIMPL
    name = "E_NOTIMPL"


class NoInterface(MFError, TypeError):
    """The object given lacks the interface that is needed here."""

    hresult = E_NOINTERFACE
    name = "E_NOINTERFACE"


class NullPointer(MFError, TypeError):
    """None was given where an object is required."""

    hresult = E_POINTER
    name = "E_POINTER"


class InvalidArg(MFError, ValueError):
    """An argument has a value that is not allowed."""

    hresult = E_INVALIDARG
    name = "E_INVALIDARG"


class OutOfMemory(MFError, MemoryError):
    """Host or device memory is exhausted."""

    hresult = E_OUTOFMEMORY
    name = "E_OUTOFMEMORY"


class FileMissing(MFError, FileNotFoundError):
    """The file does not exist."""

    hresult = ERROR_FILE_NOT_FOUND
    name = "ERROR_FILE_NOT_FOUND"


class AccessDenied(MFError, PermissionError):
    """A file or folder may not be read or written."""

    hresult = ERROR_ACCESS_DENIED
    name = "ERROR_ACCESS_DENIED"


class OutputExists(MFError, FileExistsError):
    """The output is there already and the caller did not allow it to be replaced."""

    hresult = ERROR_FILE_EXISTS
    name = "ERROR_FILE_EXISTS"


class DiskFull(MFError, OSError):
    """The output does not fit: the disk, a quota or a size limit is exhausted."""

    hresult = ERROR_DISK_FULL
    name = "ERROR_DISK_FULL"


class ElementNotFound(MFError, LookupError):
    """The named element is not registered."""

    hresult = ERROR_NOT_FOUND
    name = "ERROR_NOT_FOUND"


class WasLocked(MFError, RuntimeError):
    """The buffer is already locked in another way."""

    hresult = ERROR_WAS_LOCKED
    name = "ERROR_WAS_LOCKED"


class WasUnlocked(MFError, RuntimeError):
    """The buffer is not locked."""

    hresult = ERROR_WAS_UNLOCKED
    name = "ERROR_WAS_UNLOCKED"


# --- Devices ---


class NotAvailable(MFError, RuntimeError):
    """The resource or piece of information is not available."""

    hresult = MF_E_NOT_AVAILABLE
    name = "MF_E_NOT_AVAILABLE"


class DeviceUnavailable(NotAvailable):
    """No usable device fits the request. The message lists what there is."""


class DeviceLost(MFError, RuntimeError):
    """The device has failed or was taken away; every later use says so. Open one anew.

    What lay in its memory is gone. The code is Direct3D's, for Media Foundation passes that on.
    """

    hresult = DXGI_ERROR_DEVICE_REMOVED
    name = "DXGI_ERROR_DEVICE_REMOVED"


class KernelBuildError(Fail, RuntimeError):
    """A device's compiler refused a kernel.

    Attributes:
        log: what the compiler said.
        source: the whole source text that it was given.
    """

    def __init__(self, message: str, *, log: str = "", source: str = "") -> None:
        super().__init__(message)
        self.log = log
        self.source = source


# --- Media types and streams ---


class InvalidMediaType(MFError, ValueError):
    """The media type is not supported here."""

    hresult = MF_E_INVALIDMEDIATYPE
    name = "MF_E_INVALIDMEDIATYPE"


class InvalidType(MFError, ValueError):
    """The stream type is not valid for this operation."""

    hresult = MF_E_INVALIDTYPE
    name = "MF_E_INVALIDTYPE"


class NoMoreTypes(MFError, IndexError):
    """The index is beyond the list of available types."""

    hresult = MF_E_NO_MORE_TYPES
    name = "MF_E_NO_MORE_TYPES"


class TransformTypeNotSet(MFError, RuntimeError):
    """A media type has to be set first."""

    hresult = MF_E_TRANSFORM_TYPE_NOT_SET
    name = "MF_E_TRANSFORM_TYPE_NOT_SET"


class CannotChangeMediaTypeWhileProcessing(MFError, RuntimeError):
    """The type cannot change while data is held: drain or flush first."""

    hresult = MF_E_TRANSFORM_CANNOT_CHANGE_MEDIATYPE_WHILE_PROCESSING
    name = "MF_E_TRANSFORM_CANNOT_CHANGE_MEDIATYPE_WHILE_PROCESSING"


class UnsupportedD3DType(MFError, ValueError):
    """The device has no surface of this media type."""

    hresult = MF_E_UNSUPPORTED_D3D_TYPE
    name = "MF_E_UNSUPPORTED_D3D_TYPE"


class FormatChangeNotSupported(MFError, RuntimeError):
    """The stream does not support a change of format."""

    hresult = MF_E_FORMAT_CHANGE_NOT_SUPPORTED
    name = "MF_E_FORMAT_CHANGE_NOT_SUPPORTED"


class InvalidStreamNumber(MFError, IndexError):
    """There is no stream with this identifier."""

    hresult = MF_E_INVALIDSTREAMNUMBER
    name = "MF_E_INVALIDSTREAMNUMBER"


class InvalidIndex(MFError, IndexError):
    """The index is beyond the end."""

    hresult = MF_E_INVALIDINDEX
    name = "MF_E_INVALIDINDEX"


class AttributeNotFound(MFError, KeyError):
    """A required attribute is missing."""

    hresult = MF_E_ATTRIBUTENOTFOUND
    name = "MF_E_ATTRIBUTENOTFOUND"


class PropertyTypeNotAllowed(MFError, TypeError):
    """The value's type is not allowed for this property."""

    hresult = MF_E_PROPERTY_TYPE_NOT_ALLOWED
    name = "MF_E_PROPERTY_TYPE_NOT_ALLOWED"


# --- Transforms ---


class NotAccepting(MFError, RuntimeError):
    """No more input is accepted now: take output first."""

    hresult = MF_E_NOTACCEPTING
    name = "MF_E_NOTACCEPTING"


class InputRemaining(MFError, RuntimeError):
    """The stream still has unprocessed input."""

    hresult = MF_E_TRANSFORM_INPUT_REMAINING
    name = "MF_E_TRANSFORM_INPUT_REMAINING"


class TransformAsyncLocked(MFError, RuntimeError):
    """The asynchronous transform has not been unlocked."""

    hresult = MF_E_TRANSFORM_ASYNC_LOCKED
    name = "MF_E_TRANSFORM_ASYNC_LOCKED"


class InvalidCodecMerit(MFError, RuntimeError):
    """The merit that a transform states is not the one it was registered with."""

    hresult = MF_E_INVALID_CODEC_MERIT
    name = "MF_E_INVALID_CODEC_MERIT"


class AsyncTransformNotSupported(MFError, RuntimeError):
    """An asynchronous transform cannot be used here."""

    hresult = MF_E_TRANSFORM_ASYNC_MFT_NOT_SUPPORTED
    name = "MF_E_TRANSFORM_ASYNC_MFT_NOT_SUPPORTED"


class FlushNeeded(MFError, RuntimeError):
    """The transform has to be flushed first."""

    hresult = MF_E_FLUSH_NEEDED
    name = "MF_E_FLUSH_NEEDED"


class NoMoreDropModes(MFError, RuntimeError):
    """No further drop mode is available."""

    hresult = MF_E_NO_MORE_DROP_MODES
    name = "MF_E_NO_MORE_DROP_MODES"


class NoMoreQualityLevels(MFError, RuntimeError):
    """No further quality level is available."""

    hresult = MF_E_NO_MORE_QUALITY_LEVELS
    name = "MF_E_NO_MORE_QUALITY_LEVELS"


# --- Samples, buffers, pools ---


class BufferTooSmall(MFError, ValueError):
    """The buffer is smaller than the data needs."""

    hresult = MF_E_BUFFERTOOSMALL
    name = "MF_E_BUFFERTOOSMALL"


class InsufficientBuffer(MFError, ValueError):
    """The buffer cannot hold the result."""

    hresult = MF_E_INSUFFICIENT_BUFFER
    name = "MF_E_INSUFFICIENT_BUFFER"


class SampleHasTooManyBuffers(MFError, ValueError):
    """The sample has more than one buffer where one is needed."""

    hresult = MF_E_SAMPLE_HAS_TOO_MANY_BUFFERS
    name = "MF_E_SAMPLE_HAS_TOO_MANY_BUFFERS"


class NoSampleTimestamp(MFError, ValueError):
    """The sample has no time stamp."""

    hresult = MF_E_NO_SAMPLE_TIMESTAMP
    name = "MF_E_NO_SAMPLE_TIMESTAMP"


class NoSampleDuration(MFError, ValueError):
    """The sample has no duration."""

    hresult = MF_E_NO_SAMPLE_DURATION
    name = "MF_E_NO_SAMPLE_DURATION"


class InvalidTimestamp(MFError, ValueError):
    """The time stamp is not valid."""

    hresult = MF_E_INVALID_TIMESTAMP
    name = "MF_E_INVALID_TIMESTAMP"


class InvalidStreamData(MFError, ValueError):
    """The data of the stream is corrupt."""

    hresult = MF_E_INVALID_STREAM_DATA
    name = "MF_E_INVALID_STREAM_DATA"


class Truncated(InvalidStreamData, EOFError):
    """The input ends before its first picture, or its index was never written."""


class NotInitialized(MFError, RuntimeError):
    """The object has to be initialised first."""

    hresult = MF_E_NOT_INITIALIZED
    name = "MF_E_NOT_INITIALIZED"


class SampleAllocatorEmpty(MFError, RuntimeError):
    """Every sample of the pool is in use: release one and try again."""

    hresult = MF_E_SAMPLEALLOCATOR_EMPTY
    name = "MF_E_SAMPLEALLOCATOR_EMPTY"


class SampleAllocatorCanceled(MFError, RuntimeError):
    """The allocator was shut down while the call waited."""

    hresult = MF_E_SAMPLEALLOCATOR_CANCELED
    name = "MF_E_SAMPLEALLOCATOR_CANCELED"


# --- Requests, events, shutdown ---


class UnexpectedMF(MFError, RuntimeError):
    """The call does not fit what was called before it, for example a 2D lock under a linear one."""

    hresult = MF_E_UNEXPECTED
    name = "MF_E_UNEXPECTED"


class InvalidRequest(MFError, RuntimeError):
    """The request is not valid in the present state."""

    hresult = MF_E_INVALIDREQUEST
    name = "MF_E_INVALIDREQUEST"


class NotFound(MFError, LookupError):
    """The object asked for was not found."""

    hresult = MF_E_NOT_FOUND
    name = "MF_E_NOT_FOUND"


class InvalidPosition(MFError, ValueError):
    """The position is outside the stream."""

    hresult = MF_E_INVALID_POSITION
    name = "MF_E_INVALID_POSITION"


class OperationCancelled(MFError, RuntimeError):
    """The operation was cancelled."""

    hresult = MF_E_OPERATION_CANCELLED
    name = "MF_E_OPERATION_CANCELLED"


class NoEventsAvailable(MFError, RuntimeError):
    """No event waits in the queue."""

    hresult = MF_E_NO_EVENTS_AVAILABLE
    name = "MF_E_NO_EVENTS_AVAILABLE"


class MultipleBegin(MFError, RuntimeError):
    """An asynchronous request by this caller is already under way."""

    hresult = MF_E_MULTIPLE_BEGIN
    name = "MF_E_MULTIPLE_BEGIN"


class MultipleSubscribers(MFError, RuntimeError):
    """Another caller already waits for events."""

    hresult = MF_E_MULTIPLE_SUBSCRIBERS
    name = "MF_E_MULTIPLE_SUBSCRIBERS"


class EndOfStream(MFError, EOFError):
    """The stream has ended."""

    hresult = MF_E_END_OF_STREAM
    name = "MF_E_END_OF_STREAM"


class Shutdown(MFError, RuntimeError):
    """The object has been shut down."""

    hresult = MF_E_SHUTDOWN
    name = "MF_E_SHUTDOWN"


# --- Sources, sinks, clocks, sessions ---


class UnsupportedService(MFError, RuntimeError):
    """The object does not offer this service."""

    hresult = MF_E_UNSUPPORTED_SERVICE
    name = "MF_E_UNSUPPORTED_SERVICE"


class UnsupportedTimeFormat(MFError, ValueError):
    """The time format is not supported."""

    hresult = MF_E_UNSUPPORTED_TIME_FORMAT
    name = "MF_E_UNSUPPORTED_TIME_FORMAT"


class UnsupportedRate(MFError, ValueError):
    """The playback rate is not supported."""

    hresult = MF_E_UNSUPPORTED_RATE
    name = "MF_E_UNSUPPORTED_RATE"


class ThinningUnsupported(MFError, ValueError):
    """Thinned playback is not supported."""

    hresult = MF_E_THINNING_UNSUPPORTED
    name = "MF_E_THINNING_UNSUPPORTED"


class ReverseUnsupported(MFError, ValueError):
    """Playback in reverse is not supported."""

    hresult = MF_E_REVERSE_UNSUPPORTED
    name = "MF_E_REVERSE_UNSUPPORTED"


class UnsupportedRateTransition(MFError, RuntimeError):
    """The rate cannot change from here to there without a stop."""

    hresult = MF_E_UNSUPPORTED_RATE_TRANSITION
    name = "MF_E_UNSUPPORTED_RATE_TRANSITION"


class StateTransitionPending(MFError, RuntimeError):
    """The previous change of state has not ended."""

    hresult = MF_E_STATE_TRANSITION_PENDING
    name = "MF_E_STATE_TRANSITION_PENDING"


class UnsupportedStateTransition(MFError, RuntimeError):
    """This change of state is not supported."""

    hresult = MF_E_UNSUPPORTED_STATE_TRANSITION
    name = "MF_E_UNSUPPORTED_STATE_TRANSITION"


class InvalidStateTransition(MFError, RuntimeError):
    """This change of state is not allowed now."""

    hresult = MF_E_INVALID_STATE_TRANSITION
    name = "MF_E_INVALID_STATE_TRANSITION"


class MediaSourceNotStarted(MFError, RuntimeError):
    """The media source has not been started."""

    hresult = MF_E_MEDIA_SOURCE_NOT_STARTED
    name = "MF_E_MEDIA_SOURCE_NOT_STARTED"


class MediaSourceWrongState(MFError, RuntimeError):
    """The media source is not in a state that allows this call."""

    hresult = MF_E_MEDIA_SOURCE_WRONGSTATE
    name = "MF_E_MEDIA_SOURCE_WRONGSTATE"


class NoStreamsSelected(MFError, ValueError):
    """No stream of the presentation is selected."""

    hresult = MF_E_NO_STREAMS_SELECTED
    name = "MF_E_NO_STREAMS_SELECTED"


class LateSample(MFError, RuntimeError):
    """The sample arrived too late to be shown."""

    hresult = MF_E_LATE_SAMPLE
    name = "MF_E_LATE_SAMPLE"


class StreamSinkRemoved(MFError, RuntimeError):
    """The stream sink has been removed from its media sink."""

    hresult = MF_E_STREAMSINK_REMOVED
    name = "MF_E_STREAMSINK_REMOVED"


class StreamSinksFixed(MFError, RuntimeError):
    """The media sink's streams cannot be added or removed."""

    hresult = MF_E_STREAMSINKS_FIXED
    name = "MF_E_STREAMSINKS_FIXED"


class StreamSinkExists(MFError, ValueError):
    """A stream sink with this identifier exists already."""

    hresult = MF_E_STREAMSINK_EXISTS
    name = "MF_E_STREAMSINK_EXISTS"


class SinkAlreadyStopped(MFError, RuntimeError):
    """The sink has been stopped already."""

    hresult = MF_E_SINK_ALREADYSTOPPED
    name = "MF_E_SINK_ALREADYSTOPPED"


class StreamDescriptorNotSelected(MFError, ValueError):
    """The graph uses a stream that is not selected."""

    hresult = MF_E_TOPO_STREAM_DESCRIPTOR_NOT_SELECTED
    name = "MF_E_TOPO_STREAM_DESCRIPTOR_NOT_SELECTED"


class MissingSource(MFError, ValueError):
    """The graph has no source."""

    hresult = MF_E_TOPO_MISSING_SOURCE
    name = "MF_E_TOPO_MISSING_SOURCE"


class NoClock(MFError, RuntimeError):
    """The object has no clock."""

    hresult = MF_E_NO_CLOCK
    name = "MF_E_NO_CLOCK"


class TimerOrphaned(MFError, RuntimeError):
    """The clock was shut down with the timer still pending."""

    hresult = MF_E_TIMER_ORPHANED
    name = "MF_E_TIMER_ORPHANED"


class ClockNoTimeSource(MFError, RuntimeError):
    """The clock has no time source."""

    hresult = MF_E_CLOCK_NO_TIME_SOURCE
    name = "MF_E_CLOCK_NO_TIME_SOURCE"


class ClockStateAlreadySet(MFError, RuntimeError):
    """The clock is in this state already."""

    hresult = MF_E_CLOCK_STATE_ALREADY_SET
    name = "MF_E_CLOCK_STATE_ALREADY_SET"


# --- DirectShow allocators ---


class VfwInvalidMediaType(MFError, ValueError):
    """The media type of the sample is not valid."""

    hresult = VFW_E_INVALIDMEDIATYPE
    name = "VFW_E_INVALIDMEDIATYPE"


class VfwBufferNotSet(MFError, RuntimeError):
    """The buffer space has not been set."""

    hresult = VFW_E_BUFFER_NOTSET
    name = "VFW_E_BUFFER_NOTSET"


class VfwBufferOverflow(MFError, ValueError):
    """The length is greater than the buffer."""

    hresult = VFW_E_BUFFER_OVERFLOW
    name = "VFW_E_BUFFER_OVERFLOW"


class VfwBadAlign(MFError, ValueError):
    """The alignment is not a power of two."""

    hresult = VFW_E_BADALIGN
    name = "VFW_E_BADALIGN"


class VfwAlreadyCommitted(MFError, RuntimeError):
    """The allocator is committed: decommit it first."""

    hresult = VFW_E_ALREADY_COMMITTED
    name = "VFW_E_ALREADY_COMMITTED"


class VfwBuffersOutstanding(MFError, RuntimeError):
    """Buffers of the allocator are still in use."""

    hresult = VFW_E_BUFFERS_OUTSTANDING
    name = "VFW_E_BUFFERS_OUTSTANDING"


class VfwNotCommitted(MFError, RuntimeError):
    """The allocator is not committed."""

    hresult = VFW_E_NOT_COMMITTED
    name = "VFW_E_NOT_COMMITTED"


class VfwSizeNotSet(MFError, RuntimeError):
    """The allocator's properties have not been set."""

    hresult = VFW_E_SIZENOTSET
    name = "VFW_E_SIZENOTSET"


class VfwNotStopped(MFError, RuntimeError):
    """The operation needs a stopped filter."""

    hresult = VFW_E_NOT_STOPPED
    name = "VFW_E_NOT_STOPPED"


class VfwWrongState(MFError, RuntimeError):
    """The filter is not in the state that the call needs."""

    hresult = VFW_E_WRONG_STATE
    name = "VFW_E_WRONG_STATE"


class VfwSampleRejected(MFError, RuntimeError):
    """The sample was rejected."""

    hresult = VFW_E_SAMPLE_REJECTED
    name = "VFW_E_SAMPLE_REJECTED"


class VfwTimeout(MFError, TimeoutError):
    """No buffer became free in the time allowed."""

    hresult = VFW_E_TIMEOUT
    name = "VFW_E_TIMEOUT"


class VfwSampleTimeNotSet(MFError, ValueError):
    """The sample has no time stamp."""

    hresult = VFW_E_SAMPLE_TIME_NOT_SET
    name = "VFW_E_SAMPLE_TIME_NOT_SET"


class VfwMediaTimeNotSet(MFError, ValueError):
    """The sample has no media time."""

    hresult = VFW_E_MEDIA_TIME_NOT_SET
    name = "VFW_E_MEDIA_TIME_NOT_SET"


def error_for(hresult: int, message: str = "") -> MFError:
    """Return the exception that stands for a failure code.

    Args:
        hresult: the code; a negative number is read as its unsigned 32-bit form.
        message: the text of the exception.

    Returns:
        An instance of the class with that code; if there is none, of ``Fail`` with the code in its
        text.

    Raises:
        InvalidArg: the code is a success code.

    Thread-safety: any thread.
    """
    code = hresult & 0xFFFFFFFF
    if not code & 0x80000000:
        raise InvalidArg(f"0x{code:08X} is a success code, an error has the top bit set")
    for candidate in MFError.__subclasses__():
        if candidate.hresult == code:
            return candidate(message) if message else candidate()
    return Fail(f"{message or 'unknown error'} (0x{code:08X})")
