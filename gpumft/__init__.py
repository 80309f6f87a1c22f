"""Video conversion and effects with right colour; the same bytes on CUDA, OpenCL and CPU.

The public names and nothing else: ``import gpumft as gm``. A name's module is imported when the
name is first read, so importing the package loads no video library and no compiler.

To add a name, write it into the block for type checkers and into ``_NAMES``; a test keeps the two
in step.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import effects as effects
    from . import errors as errors
    from . import media as media
    from . import testing as testing
    from .device import Device as Device
    from .device import DeviceInfo as DeviceInfo
    from .device import Pool as Pool
    from .device import Surface as Surface
    from .device import devices as devices
    from .device import open_device as open_device
    from .effects import FrameEffect as FrameEffect
    from .effects import MatrixEffect as MatrixEffect
    from .errors import DeviceUnavailable as DeviceUnavailable
    from .errors import InvalidArg as InvalidArg
    from .errors import InvalidMediaType as InvalidMediaType
    from .errors import MFError as MFError
    from .errors import NotAccepting as NotAccepting
    from .errors import NotImplementedMF as NotImplementedMF
    from .errors import OutOfMemory as OutOfMemory
    from .errors import SampleAllocatorEmpty as SampleAllocatorEmpty
    from .errors import TransformTypeNotSet as TransformTypeNotSet
    from .errors import VfwTimeout as VfwTimeout
    from .media import Alpha as Alpha
    from .media import EqualFlags as EqualFlags
    from .media import Interlace as Interlace
    from .media import Light as Light
    from .media import Matrix as Matrix
    from .media import PartialType as PartialType
    from .media import PixelFormat as PixelFormat
    from .media import Primaries as Primaries
    from .media import Range as Range
    from .media import Siting as Siting
    from .media import Subtype as Subtype
    from .media import Transfer as Transfer
    from .media import VideoType as VideoType
    from .media import seconds as seconds
    from .mft import Activate as Activate
    from .mft import AsyncTransform as AsyncTransform
    from .mft import DrainComplete as DrainComplete
    from .mft import EnumFlags as EnumFlags
    from .mft import EventGenerator as EventGenerator
    from .mft import EventQueue as EventQueue
    from .mft import EventType as EventType
    from .mft import Flow as Flow
    from .mft import HaveOutput as HaveOutput
    from .mft import InputStatus as InputStatus
    from .mft import InputStreamFlags as InputStreamFlags
    from .mft import InputStreamInfo as InputStreamInfo
    from .mft import InputStreamStateChanged as InputStreamStateChanged
    from .mft import Marker as Marker
    from .mft import MediaEvent as MediaEvent
    from .mft import Message as Message
    from .mft import NeedInput as NeedInput
    from .mft import OutputBufferStatus as OutputBufferStatus
    from .mft import OutputDataBuffer as OutputDataBuffer
    from .mft import OutputResult as OutputResult
    from .mft import OutputStatus as OutputStatus
    from .mft import OutputStreamFlags as OutputStreamFlags
    from .mft import OutputStreamInfo as OutputStreamInfo
    from .mft import ProcessOutputFlags as ProcessOutputFlags
    from .mft import ProcessOutputStatus as ProcessOutputStatus
    from .mft import Registration as Registration
    from .mft import SetTypeFlags as SetTypeFlags
    from .mft import Transform as Transform
    from .mft import TransformCategory as TransformCategory
    from .mft import as_async as as_async
    from .mft import negotiate as negotiate
    from .ops import Converter as Converter
    from .ops import Explanation as Explanation
    from .ops import convert as convert
    from .ops import explain as explain
    from .pipeline import PacketType as PacketType
    from .pipeline import Progress as Progress
    from .pipeline import Report as Report
    from .pipeline import create as create
    from .pipeline import open as open  # noqa: A004 - gm.open is the contract
    from .pipeline import transcode as transcode
    from .samples import Buffer2D as Buffer2D
    from .samples import Locked2D as Locked2D
    from .samples import LockFlags as LockFlags
    from .samples import MediaBuffer as MediaBuffer
    from .samples import MediaBufferLike as MediaBufferLike
    from .samples import Sample as Sample
    from .transforms import DeviceTransform as DeviceTransform
    from .transforms import EffectTransform as EffectTransform
    from .transforms import SampleCopier as SampleCopier
    from .transforms import Tee as Tee
    from .transforms import VideoProcessor as VideoProcessor
    from .transforms import VideoTransform as VideoTransform
    from .transforms import block_transforms as block_transforms
    from .transforms import create_transform as create_transform
    from .transforms import enumerate_transforms as enumerate_transforms
    from .transforms import prefer_transforms as prefer_transforms
    from .transforms import register_transform as register_transform
    from .transforms import transform as transform
    from .transforms import unregister_transform as unregister_transform

    __version__: str

_ROOMS = ("effects", "errors", "media", "testing")
"""Modules that are public as a whole."""

_NAMES = {
    "device": (
        "Device",
        "DeviceInfo",
        "Pool",
        "Surface",
        "devices",
        "open_device",
    ),
    "effects": ("FrameEffect", "MatrixEffect"),
    "errors": (
        "DeviceUnavailable",
        "InvalidArg",
        "InvalidMediaType",
        "MFError",
        "NotAccepting",
        "NotImplementedMF",
        "OutOfMemory",
        "SampleAllocatorEmpty",
        "TransformTypeNotSet",
        "VfwTimeout",
    ),
    "media": (
        "Alpha",
        "EqualFlags",
        "Interlace",
        "Light",
        "Matrix",
        "PartialType",
        "PixelFormat",
        "Primaries",
        "Range",
        "Siting",
        "Subtype",
        "Transfer",
        "VideoType",
        "seconds",
    ),
    "mft": (
        "AsyncTransform",
        "DrainComplete",
        "Activate",
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
        "ProcessOutputFlags",
        "ProcessOutputStatus",
        "Registration",
        "SetTypeFlags",
        "Transform",
        "as_async",
        "TransformCategory",
        "negotiate",
    ),
    "ops": (
        "Converter",
        "Explanation",
        "convert",
        "explain",
    ),
    "pipeline": (
        "PacketType",
        "Progress",
        "Report",
        "create",
        "open",
        "transcode",
    ),
    "samples": (
        "Buffer2D",
        "LockFlags",
        "Locked2D",
        "MediaBuffer",
        "MediaBufferLike",
        "Sample",
    ),
    "transforms": (
        "DeviceTransform",
        "EffectTransform",
        "SampleCopier",
        "Tee",
        "VideoProcessor",
        "VideoTransform",
        "block_transforms",
        "create_transform",
        "enumerate_transforms",
        "prefer_transforms",
        "register_transform",
        "transform",
        "unregister_transform",
    ),
}
"""Public names by the module that they come from."""

_HOME = {room: room for room in _ROOMS} | {
    name: module for module, names in _NAMES.items() for name in names
}

__all__ = list(_HOME)


def _find(name: str) -> object:
    """Import a public name when it is first read (PEP 562)."""
    value: object
    if name == "__version__":
        value = _version()
    elif name in _HOME:
        module = import_module(f"{__name__}.{_HOME[name]}")
        value = module if name in _ROOMS else getattr(module, name)
    else:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message, name=name, obj=import_module(__name__))
    globals()[name] = value
    return value


if not TYPE_CHECKING:  # or type checkers would take any misspelt name
    __getattr__ = _find


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(__name__)
    except PackageNotFoundError:  # a bare checkout on the path
        return "0+unknown"
