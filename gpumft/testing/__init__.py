"""What tests judge by: the float64 reference, its bounds, frames, rules of transforms, bad devices.

Loaded when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpumft.testing import bounds as bounds
    from gpumft.testing import conformance as conformance
    from gpumft.testing import fake_device as fake_device
    from gpumft.testing import fake_driver as fake_driver
    from gpumft.testing import frames as frames
    from gpumft.testing.bounds import check as check
    from gpumft.testing.conformance import ConformanceReport as ConformanceReport
    from gpumft.testing.conformance import NotConforming as NotConforming
    from gpumft.testing.conformance import check_transform as check_transform
    from gpumft.testing.reference import reference_convert as reference_convert
    from gpumft.testing.reference import reference_values as reference_values

_HOME = {
    "ConformanceReport": "conformance",
    "NotConforming": "conformance",
    "check": "bounds",
    "check_transform": "conformance",
    "reference_convert": "reference",
    "reference_values": "reference",
}
_MODULES = ("bounds", "conformance", "fake_device", "fake_driver", "frames")

__all__ = (
    "ConformanceReport",
    "NotConforming",
    "bounds",
    "check",
    "check_transform",
    "conformance",
    "fake_device",
    "fake_driver",
    "frames",
    "reference_convert",
    "reference_values",
)


def __getattr__(name: str) -> object:
    """Import a public name when it is first read (PEP 562)."""
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
