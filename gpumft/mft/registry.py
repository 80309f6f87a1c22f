"""The registry of transforms: who registers, who looks, and in what order they are found.

Source: MFTRegister, MFTRegisterLocal, MFTUnregister, MFTUnregisterLocal, MFTEnumEx;
IMFPluginControl for what is preferred and what is blocked.
"""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

from gpumft.errors import ElementNotFound, InvalidArg
from gpumft.mft import plugins
from gpumft.mft.activation import Activate
from gpumft.mft.flags import EnumFlags
from gpumft.mft.plugins import Broken, EntryPoints
from gpumft.mft.registration import Factory, Registration, TransformCategory, read_type

_KINDS: Final = EnumFlags.SYNCMFT | EnumFlags.ASYNCMFT | EnumFlags.HARDWARE
_LIMITS: Final = EnumFlags.FIELDOFUSE | EnumFlags.TRANSCODE_ONLY | EnumFlags.UNTRUSTED_STOREMFT
_DEFAULT: Final = EnumFlags.SYNCMFT | EnumFlags.LOCALMFT | EnumFlags.SORTANDFILTER
_APPROVED_ONLY: Final = (
    EnumFlags.SORTANDFILTER_APPROVED_ONLY
    | EnumFlags.SORTANDFILTER_WEB_ONLY
    | EnumFlags.SORTANDFILTER_WEB_ONLY_EDGEMODE
) & ~EnumFlags.SORTANDFILTER
_KNOWN: Final = EnumFlags.ALL | EnumFlags.SORTANDFILTER | _APPROVED_ONLY | _LIMITS


class Registry:
    """Transforms by name; local ones by factory.

    Args:
        provided: tells what is there from the beginning; asked at the first call.
        points: tells the entry points of plug-ins; asked at the first call.

    Thread-safety: any thread.
    """

    def __init__(
        self,
        provided: Callable[[], Iterable[Registration]] = tuple,
        points: EntryPoints = plugins.installed,
    ) -> None:
        self._provided = provided
        self._points = points
        self._known: dict[str, Registration] = {}
        self._local: dict[Factory, Registration] = {}
        self._broken: dict[str, Broken] = {}
        self._preferred: tuple[str, ...] = ()
        self._blocked: frozenset[str] = frozenset()
        self._looked = False
        self._lock = threading.RLock()

    # --- Registering ---

    def register(self, registration: Registration) -> None:
        """Add a transform. The same name again replaces it; of local ones the same factory."""
        with self._lock:
            self._look()
            if registration.local:
                self._local[registration.factory] = registration
            else:
                self._known[registration.name] = registration
                self._broken.pop(registration.name, None)

    def unregister(self, which: str | Factory | None, *, local: bool = False) -> None:
        """Take a transform out, by its name or factory.

        Args:
            which: the name or the factory; None: all local ones.
            local: of the local ones. Of the others one that is not there is no error.

        Raises:
            ElementNotFound: there is no such local transform.
            InvalidArg: None, and not `local`.
        """
        with self._lock:
            self._look()
            if which is None:
                if not local:
                    raise InvalidArg("which transform? only local ones are taken out all at once")
                self._local.clear()
                return
            table: dict[Any, Registration] = self._local if local else self._known
            found = [key for key, one in table.items() if which in (one.name, one.factory)]
            if local and not found:
                raise ElementNotFound(f"no local transform is registered as {which!r}")
            for key in found:
                del table[key]
            if not local and isinstance(which, str):
                self._broken.pop(which, None)

    # MF: IMFPluginControl::SetPreferredClsid
    def prefer(self, names: Iterable[str]) -> None:
        """Say which transforms come before others of no more merit, best first."""
        self._preferred = tuple(names)

    # MF: IMFPluginControl::SetDisabled
    def block(self, names: Iterable[str]) -> None:
        """Say which transforms a sorted list leaves out."""
        self._blocked = frozenset(names)

    # --- Looking ---

    def enumerate(
        self,
        category: TransformCategory | str | None = None,
        flags: EnumFlags | int = 0,
        input: object = None,
        output: object = None,
    ) -> list[Activate]:
        """Return activation objects of what matches, new ones at each call.

        Args:
            category: None: of every category.
            flags: 0: SYNCMFT, LOCALMFT and SORTANDFILTER. Without SYNCMFT, ASYNCMFT and HARDWARE
                synchronous ones are meant. Local ones, and those limited by FIELDOFUSE,
                TRANSCODE_ONLY or UNTRUSTED_STOREMFT, are found only when asked for.
            input: a type that has to be among the inputs registered; None: any.
            output: the same of outputs.

        With SORTANDFILTER: local ones first, then by merit, then those preferred, then the rest in
        the order of registration; blocked ones are left out. Plug-ins that could not be loaded come
        last, where neither a category nor a type is asked for.

        Raises:
            InvalidArg: an unknown category or flag.
            InvalidMediaType: something that is no type.
        """
        wanted = EnumFlags(flags) or _DEFAULT
        if unknown := int(wanted) & ~int(_KNOWN):
            raise InvalidArg(f"enumeration knows no flags {unknown:#x}")
        if not wanted & _KINDS:
            wanted |= EnumFlags.SYNCMFT
        of = None if category is None else TransformCategory.of(category)
        ends = [None if type is None else read_type(type) for type in (input, output)]
        with self._lock:
            self._look()
            found = [
                one
                for one in (*self._local.values(), *self._known.values())
                if of in (None, one.category) and _asked(one, wanted) and one.matches(*ends)
            ]
            everything = of is None and ends == [None, None]
            broken = list(self._broken.values()) if everything else []
        if wanted & EnumFlags.SORTANDFILTER:
            found = sorted((one for one in found if one.name not in self._blocked), key=self._order)
        if wanted & _APPROVED_ONLY:
            found, broken = [one for one in found if one.approved], []
        told = [Activate(one.name, one) for one in found]
        return told + [Activate(one.name, None, one.error) for one in broken]

    def create(self, name: str, **settings: Any) -> Any:
        """Return a new transform by its name, whatever its kind; a local one wins.

        Raises:
            ElementNotFound: there is none of that name; the nearest are told.
            Fail: it is a plug-in that could not be loaded.
            InvalidCodecMerit: it states another merit than is registered.
        """
        with self._lock:
            self._look()
            local = {one.name: one for one in self._local.values()}
            known = self._known | local
            broken = self._broken.get(name)
        if name in known:
            return Activate(name, known[name]).make(**settings)
        if broken is not None:
            return Activate(name, None, broken.error).make()
        near = ", ".join(difflib.get_close_matches(name, known, 3, 0.4) or sorted(known)) or "none"
        raise ElementNotFound(f"no transform is called {name!r}; there is {near}")

    # --- Within ---

    def _look(self) -> None:
        """Take in what is provided and the plug-ins, once. Who came first keeps a name."""
        if self._looked:
            return
        self._looked = True  # before: a plug-in may register more while it is imported
        for one in (*self._provided(), *plugins.load(self._points())):
            if isinstance(one, Broken):
                self._broken.setdefault(one.name, one)
            else:
                self._known.setdefault(one.name, one)

    def _order(self, one: Registration) -> tuple[bool, int, int]:
        preferred = self._preferred
        place = preferred.index(one.name) if one.name in preferred else len(preferred)
        return not one.local, -one.merit, place


def _asked(one: Registration, wanted: EnumFlags) -> bool:
    """Whether the flags of an enumeration let a transform through."""
    if one.local and not wanted & EnumFlags.LOCALMFT:
        return False
    limits = one.flags & _LIMITS
    return bool(one.flags & wanted & _KINDS) and limits & wanted == limits
