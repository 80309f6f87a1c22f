"""The registry: registering, looking, order, activation, plug-ins."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from gpumft.errors import (
    ElementNotFound,
    Fail,
    InvalidArg,
    InvalidCodecMerit,
    InvalidMediaType,
)
from gpumft.media import PartialType, Subtype, VideoType
from gpumft.mft import Activate, EnumFlags, Registration, Registry, TransformCategory
from gpumft.mft.plugins import GROUP
from tests.scenarios.actors import Copier, Doubler, LookAhead

SYNC, ASYNC, HARDWARE = EnumFlags.SYNCMFT, EnumFlags.ASYNCMFT, EnumFlags.HARDWARE
LOCAL, SORTED = EnumFlags.LOCALMFT, EnumFlags.SORTANDFILTER
EFFECT = TransformCategory.VIDEO_EFFECT


def entry(name: str, factory: Any = Copier, **more: Any) -> Registration:
    return Registration(factory, name, more.pop("category", EFFECT), **more)


def registry(*entries: Registration, points: tuple[EntryPoint, ...] = ()) -> Registry:
    made = Registry(points=lambda: points)
    for each in entries:
        made.register(each)
    return made


def names(found: list[Activate]) -> list[str]:
    return [each.name for each in found]


# --- Registering ---


@pytest.mark.parametrize(
    ("word", "category"),
    [
        ("video_effect", EFFECT),
        ("VIDEO_EFFECT", EFFECT),
        ("MFT_CATEGORY_VIDEO_EFFECT", EFFECT),
        ("{12e17c21-532c-4a6e-8a1c-40825a736397}", EFFECT),
        (TransformCategory.OTHER, TransformCategory.OTHER),
    ],
)
def test_a_category_has_several_names(word: str, category: TransformCategory) -> None:
    assert entry("x", category=word).category is category


def test_every_category_has_a_guid_of_its_own() -> None:
    assert len({category.guid for category in TransformCategory}) == 11


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"category": "video_efect"}, "nearest is 'video_effect'"),
        ({"flags": SYNC | ASYNC}, "one of SYNCMFT, ASYNCMFT and HARDWARE"),
        ({"flags": ASYNC | HARDWARE}, "one of"),
        ({"flags": LOCAL}, "LOCALMFT.* for enumeration"),
        ({"flags": SORTED}, "for enumeration"),
        ({"flags": EnumFlags.ALL}, "for enumeration"),
        ({"flags": EnumFlags(0x800)}, "for enumeration"),
        ({"merit": -1}, "32 bits"),
        ({"merit": 2**32}, "32 bits"),
        ({"factory": "Copier"}, "cannot be called"),
        ({"name": ""}, "no name"),
    ],
)
def test_what_cannot_be_registered_is_told(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidArg, match=told):
        entry(**({"name": "x"} | wrong))


@pytest.mark.parametrize("wrong", [["nv21x"], [7], "nv21x"])
def test_what_is_no_type_is_told(wrong: Any) -> None:
    with pytest.raises(InvalidMediaType):
        entry("x", inputs=wrong)


def test_without_a_kind_a_transform_is_synchronous() -> None:
    assert entry("x", flags=EnumFlags(0)).flags == SYNC
    assert entry("x", flags=EnumFlags.FIELDOFUSE).flags == SYNC | EnumFlags.FIELDOFUSE


def test_registering_a_name_again_replaces_it() -> None:
    found = registry(entry("x"), entry("x", Doubler))
    assert names(found.enumerate()) == ["x"]
    assert isinstance(found.create("x"), Doubler)


def test_unregistering_takes_out_and_an_unknown_one_is_no_error() -> None:
    found = registry(entry("x"), entry("y", Doubler), entry("z", LookAhead))
    found.unregister("x")
    found.unregister("x")
    found.unregister(Doubler)
    assert names(found.enumerate()) == ["z"]


def test_an_unknown_local_one_cannot_be_unregistered() -> None:
    found = registry(entry("x"), entry("mine", local=True))
    with pytest.raises(ElementNotFound):
        found.unregister("x", local=True)
    found.unregister("mine", local=True)
    with pytest.raises(ElementNotFound):
        found.unregister("mine", local=True)


def test_all_local_ones_go_at_once_and_only_they() -> None:
    found = registry(entry("x"), entry("a", local=True), entry("b", Doubler, local=True))
    found.unregister(None, local=True)
    assert names(found.enumerate()) == ["x"]
    with pytest.raises(InvalidArg):
        found.unregister(None)


def test_a_local_factory_registered_twice_is_there_once() -> None:
    found = registry(entry("a", local=True), entry("b", local=True))
    assert names(found.enumerate()) == ["b"]


# --- Looking ---

ZOO = (
    entry("plain"),
    entry("async", flags=ASYNC),
    entry("hardware", flags=HARDWARE),
    entry("field", flags=EnumFlags.FIELDOFUSE),
    entry("transcode", flags=EnumFlags.TRANSCODE_ONLY),
    entry("store", flags=EnumFlags.UNTRUSTED_STOREMFT),
    entry("local", local=True),
)


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        (0, ["local", "plain"]),
        (SYNC, ["plain"]),
        (ASYNC, ["async"]),
        (HARDWARE, ["hardware"]),
        (SYNC | ASYNC | HARDWARE, ["plain", "async", "hardware"]),
        (LOCAL, ["local", "plain"]),
        (SORTED, ["plain"]),
        (LOCAL | ASYNC, ["async"]),
        (EnumFlags.FIELDOFUSE, ["plain", "field"]),
        (EnumFlags.TRANSCODE_ONLY, ["plain", "transcode"]),
        (EnumFlags.UNTRUSTED_STOREMFT, ["plain", "store"]),
        (EnumFlags.ALL, ["local", "plain", "async", "hardware", "field", "transcode"]),
    ],
)
def test_flags_say_what_is_found(flags: EnumFlags, found: list[str]) -> None:
    assert names(registry(*ZOO).enumerate(EFFECT, flags)) == found


def test_flags_that_enumeration_does_not_know_are_refused() -> None:
    with pytest.raises(InvalidArg, match="0x800"):
        registry().enumerate(flags=0x800)


def test_nothing_found_is_an_empty_list() -> None:
    assert registry(*ZOO).enumerate("audio_effect") == []


def test_the_order_is_local_then_merit_then_preferred_then_as_registered() -> None:
    found = registry(
        entry("first"),
        entry("good", merit=5),
        entry("second"),
        entry("better", merit=9),
        entry("wanted"),
        entry("mine", local=True),
    )
    found.prefer(["wanted", "second"])
    sorted_names = ["mine", "better", "good", "wanted", "second", "first"]
    assert names(found.enumerate()) == sorted_names
    unsorted = ["mine", "first", "good", "second", "better", "wanted"]
    assert names(found.enumerate(flags=SYNC | LOCAL)) == unsorted


def test_blocked_ones_are_left_out_of_sorted_lists_only() -> None:
    found = registry(entry("x"), entry("y"))
    found.block(["x"])
    assert names(found.enumerate()) == ["y"]
    assert names(found.enumerate(flags=SYNC)) == ["x", "y"]
    assert isinstance(found.create("x"), Copier)


@pytest.mark.parametrize(
    "flags",
    [
        EnumFlags.SORTANDFILTER_APPROVED_ONLY,
        EnumFlags.SORTANDFILTER_WEB_ONLY,
        EnumFlags.SORTANDFILTER_WEB_ONLY_EDGEMODE,
    ],
)
def test_approved_ones_are_those_that_are_shipped(flags: EnumFlags) -> None:
    found = registry(entry("shipped", approved=True), entry("other"))
    assert names(found.enumerate(flags=flags)) == ["shipped"]


TYPED = (
    entry("any"),
    entry("to_rgb", inputs=["nv12", "p010le"], outputs=["rgb24"]),
    entry("small", inputs=[PartialType(format="nv12", size=(8, 8))], outputs=["nv12"]),
    entry("decoder", inputs=["H264"], outputs=["NV12"]),
    entry("source", outputs=["NV12"]),
)


@pytest.mark.parametrize(
    ("input", "output", "found"),
    [
        (None, None, ["any", "to_rgb", "small", "decoder", "source"]),
        ("nv12", None, ["to_rgb", "small"]),
        ("NV12", None, ["to_rgb", "small"]),
        (Subtype.NV12, None, ["to_rgb", "small"]),
        ({"MF_MT_SUBTYPE": "NV12"}, None, ["to_rgb", "small"]),
        (VideoType("nv12", (16, 16)), None, ["to_rgb"]),
        (PartialType(size=(8, 8)), None, ["to_rgb", "small"]),
        ("nv12", "rgb24", ["to_rgb"]),
        ("rgb24", "nv12", []),
        ("H264", "nv12", ["decoder"]),
        ("H265", None, []),
        (None, "nv12", ["small", "decoder", "source"]),
    ],
)
def test_types_match_unless_they_contradict(input: Any, output: Any, found: list[str]) -> None:
    assert names(registry(*TYPED).enumerate(None, 0, input, output)) == found


def test_a_wrong_type_to_look_for_is_told() -> None:
    with pytest.raises(InvalidMediaType, match="nearest is 'nv21'"):
        registry().enumerate(input="nv21x")


# --- Activation ---


def test_an_activation_object_makes_one_transform_until_it_is_shut_down() -> None:
    (found,) = registry(entry("x")).enumerate()
    made = found.activate()
    assert isinstance(made, Copier)
    assert found.activate() is made
    found.shutdown()
    found.shutdown()
    assert found.activate() is not made


def test_each_enumeration_has_activation_objects_of_its_own() -> None:
    known = registry(entry("x"))
    first, second = known.enumerate() + known.enumerate()
    assert first.activate() is not second.activate()


def test_shutting_down_reaches_the_transform_and_detaching_does_not() -> None:
    ended: list[str] = []

    class Ends(Copier):
        def shutdown(self) -> None:
            ended.append("shut down")

    (found,) = registry(entry("x", Ends)).enumerate()
    found.activate()
    found.detach()
    found.shutdown()
    assert ended == []
    found.activate()
    found.shutdown()
    assert ended == ["shut down"]


def test_an_activation_object_tells_what_was_registered() -> None:
    (found,) = registry(
        entry("Blur", inputs="nv12", outputs=["rgb24"], flags=HARDWARE, merit=7)
    ).enumerate(flags=HARDWARE)
    assert (found.name, found.category, found.flags, found.merit) == ("Blur", EFFECT, HARDWARE, 7)
    assert found.inputs == (PartialType(format="nv12"),)
    assert found.outputs == (PartialType(format="rgb24"),)
    assert found.error is None
    attributes = dict(found.attributes)
    assert len(attributes.pop("MFT_TRANSFORM_CLSID_Attribute")) == 38
    assert attributes == {
        "MFT_FRIENDLY_NAME_Attribute": "Blur",
        "MF_TRANSFORM_CATEGORY_Attribute": EFFECT.guid,
        "MF_TRANSFORM_FLAGS_Attribute": 4,
        "MFT_INPUT_TYPES_Attributes": found.inputs,
        "MFT_OUTPUT_TYPES_Attributes": found.outputs,
        "MFT_CODEC_MERIT_Attribute": 7,
    }


def test_types_of_which_nothing_is_said_are_not_told() -> None:
    (found,) = registry(entry("x", local=True)).enumerate()
    assert (found.inputs, found.outputs) == (None, None)
    assert found.flags == SYNC | LOCAL
    assert "MFT_INPUT_TYPES_Attributes" not in found.attributes


def test_a_merit_that_the_transform_does_not_have_is_refused() -> None:
    class Modest(Copier):
        def __init__(self) -> None:
            super().__init__()
            self.attributes["MFT_CODEC_MERIT_Attribute"] = 3

    known = registry(entry("x", Modest, merit=8), entry("y", Modest, merit=3))
    boaster, honest = known.enumerate()
    with pytest.raises(InvalidCodecMerit, match=r"3.*8"):
        boaster.activate()
    with pytest.raises(InvalidCodecMerit):
        known.create("x")
    assert isinstance(honest.activate(), Modest)


def test_a_factory_that_fails_may_be_tried_again() -> None:
    tries: list[int] = []

    def make() -> Copier:
        tries.append(1)
        if len(tries) == 1:
            raise Fail("not yet")
        return Copier()

    (found,) = registry(entry("x", make)).enumerate()
    with pytest.raises(Fail, match="not yet"):
        found.activate()
    assert isinstance(found.activate(), Copier)


def test_create_finds_every_kind_and_the_local_one_first() -> None:
    known = registry(entry("x", flags=ASYNC), entry("x", Doubler, local=True), entry("y"))
    assert isinstance(known.create("x"), Doubler)
    known.unregister("x", local=True)
    assert isinstance(known.create("x"), Copier)
    with pytest.raises(ElementNotFound, match="'z'; there is"):
        known.create("z")


def test_settings_reach_the_factory() -> None:
    assert registry(entry("x")).create("x", inputs=2).stream_count() == (2, 1)


# --- Plug-ins ---


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


GOOD = """
from gpumft.mft import Registration
from tests.scenarios.actors import Copier, Doubler
class Words(Copier):
    category = "audio_effect"
    formats = ("nv12",)
whole = Registration(Doubler, "other", "video_encoder", merit=2)
"""


def test_plug_ins_are_found_and_broken_ones_are_told(package: Path) -> None:
    (package / "plug_good.py").write_text(GOOD)
    (package / "plug_bad.py").write_text("raise ZeroDivisionError('oh')")
    (package / "plug_exit.py").write_text("raise SystemExit(3)")
    found = registry(
        entry("mine"),
        points=(
            point("words", "plug_good:Words"),
            point("bad", "plug_bad:Thing"),
            point("exits", "plug_exit:Thing"),
            point("gone", "plug_good:nothing"),
            point("no_factory", "plug_good:__name__"),
            point("whole", "plug_good:whole"),
        ),
    )
    listed = {each.name: each for each in found.enumerate()}
    assert list(listed) == ["whole", "words", "mine", "bad", "exits", "gone", "no_factory"]
    assert listed["words"].category is TransformCategory.AUDIO_EFFECT
    assert listed["words"].inputs == (PartialType(format="nv12"),)
    assert (listed["whole"].category, listed["whole"].merit) == (TransformCategory.VIDEO_ENCODER, 2)
    assert isinstance(listed["whole"].activate(), Copier)
    assert isinstance(listed["bad"].error, ZeroDivisionError)
    assert isinstance(listed["gone"].error, AttributeError)
    assert isinstance(listed["no_factory"].error, InvalidArg)
    assert "with 3" in str(listed["exits"].error)
    with pytest.raises(Fail, match="ZeroDivisionError: oh"):
        listed["bad"].activate()
    with pytest.raises(Fail, match="could not be loaded"):
        found.create("bad")
    assert "bad" not in names(found.enumerate(EFFECT))
    assert "bad" not in names(found.enumerate(input="nv12"))


def test_plug_ins_are_imported_at_the_first_call_and_once() -> None:
    asked: list[int] = []

    def points() -> tuple[EntryPoint, ...]:
        asked.append(1)
        return (point("gone", "no_such_module_at_all:x"),)

    found = Registry(points=points)
    assert asked == []
    found.enumerate()
    found.enumerate()
    assert asked == [1]


def test_what_is_registered_replaces_a_plug_in_also_a_broken_one(package: Path) -> None:
    (package / "plug_good.py").write_text(GOOD)
    points = (point("words", "plug_good:Words"), point("gone", "plug_good:nothing"))
    found = registry(entry("words", Doubler), entry("gone", Doubler), points=points)
    assert [each.error for each in found.enumerate()] == [None, None]
    assert isinstance(found.create("words"), Doubler)
    found.unregister("gone")
    assert names(found.enumerate()) == ["words"]


def test_what_is_provided_is_asked_for_at_the_first_call() -> None:
    asked: list[int] = []

    def provided() -> Iterator[Registration]:
        asked.append(1)
        yield entry("shipped", approved=True)

    found = Registry(provided, lambda: ())
    assert asked == []
    assert names(found.enumerate()) == ["shipped"]
    found.unregister("shipped")
    assert found.enumerate() == []
    assert asked == [1]
