"""The registry of this process, with what gpumft provides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from gpumft.mft import Activate, EnumFlags, Registration, Registry, TransformCategory
from gpumft.mft.registration import Factory, read_types


def _provided() -> Iterator[Registration]:
    from gpumft.transforms.formats import CONVERTIBLE
    from gpumft.transforms.sample_copier import SampleCopier
    from gpumft.transforms.tee import Tee
    from gpumft.transforms.video_processor import EffectTransform, VideoProcessor

    types = read_types(CONVERTIBLE)
    for factory, category in (
        (VideoProcessor, TransformCategory.VIDEO_PROCESSOR),
        (EffectTransform, TransformCategory.VIDEO_EFFECT),
        (SampleCopier, TransformCategory.OTHER),
        (Tee, TransformCategory.OTHER),
    ):
        yield Registration(factory, factory.__name__, category, types, types, approved=True)


_REGISTRY = Registry(_provided)


def register_transform(
    factory: Factory,
    name: str,
    category: TransformCategory | str,
    *,
    inputs: Iterable[object] | None = None,
    outputs: Iterable[object] | None = None,
    flags: EnumFlags | int = 0,
    merit: int = 0,
    local: bool = False,
) -> None:
    """Make a transform known to this process, so that others find it by name or by type.

    Args:
        factory: a class, or a function without arguments that returns a transform.
        name: for people; `create_transform` takes it. The same name again replaces the first; of
            local ones it is the same factory that does.
        category: a TransformCategory, its name, or an MFT_CATEGORY_ name or GUID.
        inputs: types, whole or partial, formats or subtypes; None: found only by those who ask for
            no input type.
        outputs: the same.
        flags: one of SYNCMFT (the default), ASYNCMFT, HARDWARE; FIELDOFUSE, TRANSCODE_ONLY or
            UNTRUSTED_STOREMFT hide it from those who do not ask for them.
        merit: higher ones are found first. A transform that states a merit in its attributes
            (MFT_CODEC_MERIT_Attribute) has to state this one.
        local: found only by those who ask for local ones, and by the default flags.

    Raises:
        InvalidArg: no factory, no name, an unknown category, flags that are for enumeration or
            exclude each other.
        InvalidMediaType: something that is no type.

    Thread-safety: any thread. Other packages register by an entry point of the group
    `gpumft.transforms` instead: its name and a factory.
    Source: MFTRegister, MFTRegisterLocal.
    """
    _REGISTRY.register(
        Registration(
            factory,
            name,
            TransformCategory.of(category),
            read_types(inputs),
            read_types(outputs),
            EnumFlags(flags),
            merit,
            local,
        )
    )


def unregister_transform(which: str | Factory | None, *, local: bool = False) -> None:
    """Take a transform out of this process's registry; those that were made live on.

    Args:
        which: its name or its factory; None, with `local`: every local one.
        local: of the local ones.

    Raises:
        ElementNotFound: there is no such local transform. Of the others that is no error.
        InvalidArg: None, and not `local`.

    Thread-safety: any thread.
    Source: MFTUnregister, MFTUnregisterLocal.
    """
    _REGISTRY.unregister(which, local=local)


def enumerate_transforms(
    category: TransformCategory | str | None = None,
    flags: EnumFlags | int = 0,
    input: object = None,
    output: object = None,
) -> list[Activate]:
    """Return activation objects of the transforms that match; none is made before `activate()`.

    Args:
        category: None: every category.
        flags: 0: SYNCMFT, LOCALMFT and SORTANDFILTER. Without SYNCMFT, ASYNCMFT and HARDWARE
            synchronous ones are meant. SORTANDFILTER puts local ones first, then higher merit, then
            those preferred, and leaves out those blocked; its APPROVED_ONLY and WEB_ONLY kinds
            leave only what gpumft ships.
        input: a type, a format or a subtype that has to be among the inputs; None: any.
        output: the same of outputs.

    A plug-in that could not be loaded comes last, with its `error`, where neither a category nor a
    type is asked for.

    Raises:
        InvalidArg: an unknown category or flag.
        InvalidMediaType: something that is no type.

    Thread-safety: any thread. The first call imports the plug-ins.
    Source: MFTEnumEx.
    """
    return _REGISTRY.enumerate(category, flags, input, output)


def create_transform(name: str, **settings: Any) -> Any:
    """Return a new transform by its name.

    Args:
        name: as registered; a local one wins.
        settings: passed to its factory, `device` for example.

    Raises:
        ElementNotFound: there is none of that name; the nearest are told.
        Fail: it is a plug-in that could not be loaded.
        InvalidCodecMerit: it states another merit than is registered.

    Thread-safety: any thread.
    Source: CoCreateInstance of a registered class.
    """
    return _REGISTRY.create(name, **settings)


def prefer_transforms(*names: str) -> None:
    """Say which transforms a sorted list puts before others of no more merit, best first.

    Thread-safety: any thread; each call replaces what the last one said.
    Source: IMFPluginControl::SetPreferredClsid.
    """
    _REGISTRY.prefer(names)


def block_transforms(*names: str) -> None:
    """Say which transforms a sorted list leaves out. `create_transform` still makes them.

    Thread-safety: any thread; each call replaces what the last one said.
    Source: IMFPluginControl::SetDisabled.
    """
    _REGISTRY.block(names)
