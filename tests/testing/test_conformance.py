"""check_transform passes on ours and on good ones, and finds each wrong one for its own reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import gpumft as gm
from gpumft.errors import InvalidArg, NotImplementedMF
from gpumft.testing import NotConforming, check_transform
from gpumft.testing.conformance import ASYNC_RULES, RULES
from tests.testing.async_transforms import FALLS as ASYNC_FALLS
from tests.testing.async_transforms import Eager
from tests.testing.wrong_transforms import FALLS, Good, MakesTwoOfOne

TYPES = {
    "input": gm.VideoType("nv12", (66, 50), frame_rate=25),
    "output": gm.VideoType("rgb24", (32, 24), frame_rate=25),
}


@gm.transform(formats=("gray", "rgb24"))
def negative(src: gm.Sample, dst: gm.Sample) -> None:
    """A function that became a transform."""
    np.subtract(255, src.planes[0], out=dst.planes[0])


@gm.transform(formats=("nv12", "p010le"))
def swapped(src: gm.Sample, dst: gm.Sample) -> None:
    """Two planes."""
    dst.planes[0][...] = src.planes[0]
    dst.planes[1][...] = src.planes[1][..., ::-1]


class Average(Good):
    """Each picture with the next: one is held behind the newest."""

    holds = 1

    def process(self, src: gm.Sample, dst: gm.Sample) -> None:
        following = list(self._held())[-1]
        dst.planes[0][...] = (src.planes[0] >> 1) + (following.planes[0] >> 1)


class Half(Good):
    """Every second picture."""

    one_to_one = False

    def _wants(self, id: int) -> bool:
        return len(self._held()) < 2

    def _ready(self, id: int, *, draining: bool) -> bool:
        return len(self._held()) == 2

    def _output_times(self, id: int) -> tuple[int | None, int | None]:
        return self._held()[0].time, None

    def _stamp(self, output: gm.Sample, id: int) -> None:
        output.time = self._held()[0].time

    def _delivered(self, ids: Sequence[int]) -> None:
        self._held().clear()


class Twice(MakesTwoOfOne):
    """Two of one, and says that attributes are its own."""

    one_to_one = False


class Provider(Good):
    """Brings its samples."""

    def _output_info(self, id: int) -> gm.OutputStreamInfo:
        info = super()._output_info(id)
        return replace(info, flags=info.flags | gm.OutputStreamFlags.PROVIDES_SAMPLES)

    def _produce(self, into: gm.Sample | None, id: int) -> gm.Sample:
        return super()._produce(into or self._allocate_output(id), id)


class WithoutStatus(Good):
    """output_status is an optional method."""

    def output_status(self) -> gm.OutputStatus:
        raise NotImplementedMF("just call process_output")


class Eventful(Good):
    """Returns events with the next output."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[object] = []

    def process_event(self, event: object, id: int = 0) -> bool:
        self._input(id)
        self.events.append(event)
        return True

    def process_output(
        self, buffers: Sequence[gm.OutputDataBuffer[gm.Sample]], flags: int = 0
    ) -> gm.OutputResult:
        result = super().process_output(buffers, flags)
        if result.flow is gm.Flow.OK:
            buffers[0].events, self.events = self.events, []
        return result


class Bounded(Good):
    """Keeps to output bounds."""

    bounds = (-(2**63), 2**63 - 1)

    def set_output_bounds(self, lower: int, upper: int) -> None:
        self.bounds = lower, upper

    def _received(self, sample: gm.Sample, id: int) -> None:
        lower, upper = self.bounds
        time = sample.time or 0
        if time + (sample.duration or 0) < lower or time > upper:
            self._held().pop()


class Both(Good):
    """Two inputs of one type, laid over each other."""

    one_to_one = False

    def __init__(self) -> None:
        super().__init__()
        gm.Transform.__init__(self, inputs=2, outputs=1)

    def process(self, src: gm.Sample, dst: gm.Sample) -> None:
        dst.planes[0][...] = src.planes[0] ^ self._held(1)[0].planes[0]


class Fork(Good):
    """Two outputs, the second turned over."""

    def __init__(self) -> None:
        super().__init__()
        gm.Transform.__init__(self, inputs=1, outputs=2)

    def _produce(self, into: gm.Sample | None, id: int) -> gm.Sample:
        made = super()._produce(into, id)
        with made.seen_as(self.output_current_type()) as seen:
            plane = seen.planes[0]
            if id == 1:
                plane[...] = plane[::-1].copy()
        return made


@pytest.mark.parametrize(
    "good",
    [
        Good,
        Both,
        Fork,
        negative,
        swapped,
        Average,
        Half,
        Twice,
        Provider,
        WithoutStatus,
        Eventful,
        Bounded,
    ],
    ids=lambda good: good.__name__,
)
def test_good_ones_pass(good: type[gm.VideoTransform]) -> None:
    report = check_transform(good)
    assert len(report.passed) + len(report.skipped) == len(RULES)
    assert len(report.passed) >= len(RULES) - 10


def test_rules_that_seldom_apply_do_where_they_should() -> None:
    assert "output_bounds_are_kept" in check_transform(Bounded).passed
    assert "events_have_an_owner" in check_transform(Eventful).passed


@pytest.mark.parametrize("device", ["cpu", "opencl"])
@pytest.mark.parametrize("name", [each.name for each in gm.enumerate_transforms()])
def test_everything_provided_passes(name: str, device: str) -> None:
    try:
        opened = gm.open_device(device)
    except gm.DeviceUnavailable:
        pytest.skip(f"there is no {device} here")
    types: dict[str, Any] = TYPES if name == "VideoProcessor" else {}
    with opened:
        report = check_transform(lambda: gm.create_transform(name, device=opened), **types)
    assert len(report.passed) >= 50


def test_effects_pass() -> None:
    check_transform(lambda: gm.EffectTransform(gm.effects.sepia(x=0.25, w=0.5), device="cpu"))


def test_there_are_many_wrong_ones_and_one_for_each_rule() -> None:
    assert len(FALLS) >= 20
    assert {rules[0] for rules in FALLS.values()} == {rule.name for rule in RULES}


@pytest.mark.parametrize("wrong", FALLS, ids=lambda wrong: wrong.__name__)
def test_wrong_ones_fail_for_their_own_reason(wrong: type[gm.VideoTransform]) -> None:
    report = check_transform(wrong, raises=False)
    assert set(report.failed) == set(FALLS[wrong]), str(report)


def test_every_rule_says_what_it_asks_and_where_it_is_written() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in (*RULES, *ASYNC_RULES):
        assert rule.says.endswith(".")
        assert rule.source


def test_the_error_tells_rule_problem_and_source() -> None:
    with pytest.raises(NotConforming) as caught:
        check_transform(MakesTwoOfOne)
    report = caught.value.report
    assert isinstance(caught.value, AssertionError)
    text = str(caught.value)
    assert text.startswith(f"MakesTwoOfOne: {len(report.passed)} rules kept, 2 broken")
    assert "attributes_have_an_owner: the attribute is unset, but 5 pictures make 10" in text
    assert "(MFPKEY_EXATTRIBUTE_SUPPORTED; the basic MFT processing model" in text


def test_a_transform_that_offers_nothing_needs_types() -> None:
    class Silent(Good):
        def _input_types(self, id: int) -> Sequence[object]:
            raise NotImplementedMF("no list")

    with pytest.raises(InvalidArg, match="say input="):
        check_transform(Silent)
    check_transform(Silent, input=gm.VideoType("rgb24", (66, 50)))


def test_an_asynchronous_one_passes() -> None:
    report = check_transform(Eager)
    assert len(report.passed) == len(ASYNC_RULES)


INSIDE: dict[str, Any] = {
    "simple": Good,
    "look-ahead": Average,
    "two to one": Half,
    "two outputs": Fork,
    "two inputs": Both,
    "VideoProcessor": lambda: gm.VideoProcessor(device="cpu"),
    "EffectTransform": lambda: gm.EffectTransform(gm.effects.grayscale(), device="cpu"),
    "Tee": lambda: gm.Tee(device="cpu"),
    "a Tee that waits": lambda: gm.Tee(lazy_read=False, device="cpu"),
}


@pytest.mark.parametrize("name", INSIDE)
def test_asynchronous_ones_pass_around_any(name: str) -> None:
    make = INSIDE[name]
    types: dict[str, Any] = TYPES if name == "VideoProcessor" else {}
    report = check_transform(lambda: gm.AsyncTransform(make()), **types)
    assert report.passed == tuple(rule.name for rule in ASYNC_RULES)
    unlocked = check_transform(lambda: gm.as_async(make()), **types)
    assert [name for name, _ in unlocked.skipped] == ["it_is_locked_until_unlocked"]


def test_one_that_comes_unlocked_passes_too() -> None:
    def unlocked() -> Eager:
        made = Eager()
        made.attributes["MF_TRANSFORM_ASYNC_UNLOCK"] = 1
        return made

    reason = ("it_is_locked_until_unlocked", "its factory unlocks it")
    assert check_transform(unlocked).skipped == (reason,)


@pytest.mark.parametrize("wrong", ASYNC_FALLS, ids=lambda wrong: wrong.__name__)
def test_wrong_asynchronous_ones_fail_for_their_own_reason(wrong: type[Eager]) -> None:
    report = check_transform(wrong, raises=False)
    assert set(report.failed) == set(ASYNC_FALLS[wrong]), str(report)


def test_there_is_a_wrong_one_for_each_asynchronous_rule() -> None:
    assert {rules[0] for rules in ASYNC_FALLS.values()} == {rule.name for rule in ASYNC_RULES} - {
        rule.name for rule in RULES
    }
