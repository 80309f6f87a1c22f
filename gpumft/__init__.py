"""Video conversion and effects with right colour; the same bytes on CUDA, OpenCL and CPU.

The public names and nothing else: ``import gpumft as gm``. A name's module is imported when the
name is first read, so importing the package loads no video library and no compiler.

To add a name, write it into the block for type checkers and into ``_NAMES``; a test keeps the two
in step.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import errors as errors
    from . import media as media
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

    __version__: str

_ROOMS = ("errors", "media")
"""Modules that are public as a whole."""

_NAMES = {
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
