"""What tests judge by: the float64 reference, its bounds, test frames. Loaded when first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpumft.testing import bounds as bounds
    from gpumft.testing import frames as frames
    from gpumft.testing.bounds import check as check
    from gpumft.testing.reference import reference_convert as reference_convert
    from gpumft.testing.reference import reference_values as reference_values

_HOME = {
    "check": "bounds",
    "reference_convert": "reference",
    "reference_values": "reference",
}
_MODULES = ("bounds", "frames")

__all__ = ("bounds", "check", "frames", "reference_convert", "reference_values")


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
