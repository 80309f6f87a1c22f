"""What tests judge by: the float64 reference, its bounds, test frames; and devices that fail.

Loaded when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpumft.testing import bounds as bounds
    from gpumft.testing import fake_device as fake_device
    from gpumft.testing import fake_driver as fake_driver
    from gpumft.testing import frames as frames
    from gpumft.testing.bounds import check as check
    from gpumft.testing.reference import reference_convert as reference_convert
    from gpumft.testing.reference import reference_values as reference_values

_HOME = {
    "check": "bounds",
    "reference_convert": "reference",
    "reference_values": "reference",
}
_MODULES = ("bounds", "fake_device", "fake_driver", "frames")

__all__ = (
    "bounds",
    "check",
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
