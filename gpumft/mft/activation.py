"""Activation objects: what enumeration hands out instead of transforms.

Source: IMFActivate; MFTEnumEx.
"""

from __future__ import annotations

import threading
from types import MappingProxyType
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from gpumft.errors import Fail, InvalidCodecMerit
from gpumft.media import PartialType, Subtype
from gpumft.mft.flags import EnumFlags
from gpumft.mft.registration import Factory, Registration, TransformCategory

_MERIT = "MFT_CODEC_MERIT_Attribute"


class Activate:
    """Tells of a registered transform without making it, and makes it when asked.

    Attributes:
        name: the friendly name.
        error: None; of a plug-in that could not be loaded the reason, and nothing but its name is
            known.
        attributes: the same by Media Foundation's names, read only.

    Thread-safety: any thread.
    Source: IMFActivate.
    """

    def __init__(
        self, name: str, registration: Registration | None, error: Exception | None = None
    ) -> None:
        self.name = name
        self.error = error
        self._registration = registration
        self._made: Any = None
        self._lock = threading.RLock()
        self.attributes = MappingProxyType(_attributes(name, registration))

    @property
    def factory(self) -> Factory | None:
        """What makes the transform; None where the plug-in could not be loaded."""
        return self._registration.factory if self._registration else None

    @property
    def category(self) -> TransformCategory:
        """What the transform is for; OTHER where the plug-in could not be loaded."""
        return self._registration.category if self._registration else TransformCategory.OTHER

    @property
    def flags(self) -> EnumFlags:
        """SYNCMFT, ASYNCMFT or HARDWARE, with LOCALMFT for a local one."""
        known = self._registration
        if known is None:
            return EnumFlags(0)
        return known.flags | EnumFlags.LOCALMFT if known.local else known.flags

    @property
    def inputs(self) -> tuple[PartialType | Subtype, ...] | None:
        """The input types registered; None: nothing is said."""
        return self._registration.inputs if self._registration else None

    @property
    def outputs(self) -> tuple[PartialType | Subtype, ...] | None:
        """The output types registered; None: nothing is said."""
        return self._registration.outputs if self._registration else None

    @property
    def merit(self) -> int:
        """The merit registered."""
        return self._registration.merit if self._registration else 0

    # MF: IMFActivate::ActivateObject
    def activate(self) -> Any:
        """Return the transform: made at the first call, the same one until `shutdown`.

        Raises:
            Fail: the plug-in could not be loaded.
            InvalidCodecMerit: the transform's attributes state another merit than is registered.
            Whatever its factory raises.
        """
        with self._lock:
            if self._made is None:
                self._made = self.make()
            return self._made

    # MF: IMFActivate::ShutdownObject
    def shutdown(self) -> None:
        """Let the transform go, shut down if it knows how; `activate` then makes another."""
        with self._lock:
            made, self._made = self._made, None
        end = getattr(made, "shutdown", None)
        if end is not None:
            end()

    # MF: IMFActivate::DetachObject
    def detach(self) -> None:
        """Forget the transform without shutting it down: it is its holder's alone."""
        with self._lock:
            self._made = None

    def make(self, **settings: Any) -> Any:
        """Return a new transform, made with `settings`; the errors are those of `activate`."""
        known = self._registration
        if known is None:
            msg = f"plug-in {self.name!r} could not be loaded: {_told(self.error)}"
            raise Fail(msg) from self.error
        made = known.factory(**settings)
        stated = getattr(made, "attributes", {}).get(_MERIT, known.merit)
        if stated != known.merit:
            msg = f"{self.name} states a merit of {stated}, but is registered with {known.merit}"
            raise InvalidCodecMerit(msg)
        return made

    def __repr__(self) -> str:
        if self.error is not None:
            return f"<Activate {self.name!r}: {_told(self.error)}>"
        return f"<Activate {self.name!r} {self.category}>"


def class_id(name: str) -> str:
    """Return a GUID for a name: the same on every machine."""
    return f"{{{str(uuid5(NAMESPACE_URL, f'gpumft.transforms:{name}')).upper()}}}"


def _told(error: Exception | None) -> str:
    return f"{type(error).__name__}: {error}"


def _attributes(name: str, known: Registration | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "MFT_FRIENDLY_NAME_Attribute": name,
        "MFT_TRANSFORM_CLSID_Attribute": class_id(name),
    }
    if known is None:
        return found
    found["MF_TRANSFORM_CATEGORY_Attribute"] = known.category.guid
    found["MF_TRANSFORM_FLAGS_Attribute"] = int(known.flags)
    if known.inputs is not None:
        found["MFT_INPUT_TYPES_Attributes"] = known.inputs
    if known.outputs is not None:
        found["MFT_OUTPUT_TYPES_Attributes"] = known.outputs
    if known.merit:
        found[_MERIT] = known.merit
    return found
