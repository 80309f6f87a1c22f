"""Transforms of other packages, found by their entry points.

An entry point of the group names either a factory (a class, or a function without arguments) or a
``Registration``. Of a factory the attributes `category`, `formats` and `flags` are read where it
has them. One that cannot be loaded is listed with its error and hinders no other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from gpumft.errors import Fail
from gpumft.mft.flags import EnumFlags
from gpumft.mft.registration import Registration, TransformCategory

GROUP = "gpumft.transforms"
EntryPoints = Callable[[], Iterable[EntryPoint]]
_log = logging.getLogger("gpumft.mft")


@dataclass(frozen=True, slots=True)
class Broken:
    """A plug-in that could not be loaded."""

    name: str
    error: Exception


def installed() -> Iterable[EntryPoint]:
    """Return the entry points of all packages that are installed."""
    return entry_points(group=GROUP)


def load(points: Iterable[EntryPoint]) -> list[Registration | Broken]:
    """Return what the entry points name, in the order of their names.

    Thread-safety: any thread; imports the packages.
    """
    return [_load(point) for point in sorted(points, key=lambda point: point.name)]


def _load(point: EntryPoint) -> Registration | Broken:
    try:
        return _read(point.name, point.load())
    except Exception as error:  # noqa: BLE001 - whatever a plug-in does, the others are found
        _log.warning("plug-in %s (%s) could not be loaded: %s", point.name, point.value, error)
        return Broken(point.name, error)
    except SystemExit as error:  # an import that ends the program ends nothing here
        return Broken(point.name, Fail(f"its import ended the program with {error.code!r}"))


def _read(name: str, found: Any) -> Registration:
    if isinstance(found, Registration):
        return replace(found, name=name, local=False, approved=False)
    category = getattr(found, "category", TransformCategory.VIDEO_EFFECT)
    formats = getattr(found, "formats", None)
    flags = getattr(found, "flags", EnumFlags.SYNCMFT)
    return Registration(found, name, category, inputs=formats, flags=flags)
