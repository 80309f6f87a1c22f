"""Random clients, right and wrong: the transform answers as the model does, call by call.

GPUMFT_LONG_RUN=100000 makes that many steps, others each time; without it a few thousand, always
the same. A failure of a long run prints what `reproduce_failure` needs, and comes again first.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gpumft.errors import MFError
from gpumft.errors import TransformTypeNotSet as TypeNotSet
from gpumft.mft import OutputDataBuffer
from tests.mft.model import Model
from tests.mft.model_state import Spec
from tests.mft.subject import Subject
from tests.scenarios.actors import Token

STEPS = 50
UNSET = TypeNotSet.hresult
LONG_RUN = int(os.environ.get("GPUMFT_LONG_RUN", "0"))
SPECS = [
    Spec(),
    Spec("ahead"),
    Spec("double"),
    Spec("pairs"),
    Spec("ahead", temporal=True),
    Spec("pairs", temporal=True),
    Spec("ahead", dynamic=True),
    Spec("ahead", dynamic=True, temporal=True),
    Spec("copy", outputs=("L",), dynamic=True),
    Spec("copy", outputs=("P",)),
    Spec("copy", outputs=("L", "L")),
    Spec("double", outputs=("L", "LD")),
    Spec("copy", outputs=("", "D", "LO")),
    Spec("copy", inputs=2, outputs=("O", "DO")),
    Spec("copy", inputs=3, outputs=("L",)),
    Spec("copy", outputs=("",), varies=True),
    Spec("ahead", outputs=("O", "OD"), varies=True, dynamic=True),
    Spec("pairs", outputs=("LO", "LO"), varies=True, temporal=True),
]
IDS = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 50, 51])
WORDS = st.sampled_from(["red", "red", "red", "blue", "green", None])
MESSAGES: list[str | int] = [
    *("drain", "drain", "drain", "flush", "begin_streaming", "end_streaming"),
    *("release_resources", "reacquire_resources"),
    *(2, 3, 4, 0x10000003, 0x10000006, 0x10000008, 0x20000000, 12345),
]


def outcome(call: Callable[[], Any]) -> Any:
    """What a call returns, None as 0, or the HRESULT of its error."""
    try:
        result = call()
    except MFError as error:
        return error.hresult
    return 0 if result is None else result


class AnyClient(RuleBasedStateMachine):
    """A client that calls in any order."""

    @initialize(spec=st.sampled_from(SPECS), typed=st.sampled_from([True] * 7 + [False]))
    def start(self, spec: Spec, typed: bool) -> None:
        self.begin(spec, typed)

    def begin(self, spec: Spec, typed: bool) -> None:
        self.spec, self.mft, self.model = spec, Subject(spec), Model(spec)
        self.given = self.last_id = 0
        self.taken: dict[int, list[int]] = {}
        if typed:
            for id in range(spec.inputs):
                self.set_type(id, "red", False, True)
            for id in range(len(spec.outputs)):
                self.set_type(id, "red", False, False)

    # --- Types ---

    @rule(id=IDS, word=WORDS, test_only=st.sampled_from([False, False, True]), side=st.booleans())
    def set_type(self, id: int, word: str | None, test_only: bool, side: bool) -> None:
        if side:
            got = outcome(lambda: self.mft.set_input_type(word, id, test_only=test_only))
            assert got == self.model.set_input_type(word, id, test_only)
        else:
            got = outcome(lambda: self.mft.set_output_type(word, id, test_only=test_only))
            assert got == self.model.set_output_type(word, id, test_only)

    @rule()
    def turn_the_input_type(self) -> None:
        """Red becomes blue and blue red, while samples are held."""
        self.fill()
        word = "blue" if self.model.input_types[0] == "red" else "red"
        self.set_type(0, word, False, True)

    @rule()
    def set_missing_types(self) -> None:
        """What a sensible client does after STREAM_CHANGE, so that the run goes on."""
        for id in list(self.model.input_types):
            if not self.model.input_types[id]:
                self.set_type(id, self.model.input_types[0] or "red", False, True)
        word = self.model.input_types[0]
        for id in list(self.model.output_types):
            if not self.model.output_types[id] or id in self.model.unanswered:
                self.set_type(id, word, False, False)

    # --- Samples ---

    def give(self, id: int, gap: bool, flags: int, refuses: bool) -> None:
        self.given += 1
        token = Token(self.given, time=self.given)
        token.attributes = {"MFSampleExtension_Discontinuity": 1} if gap else {}
        self.mft.refuses = refuses
        got = outcome(lambda: self.mft.process_input(token, id, flags))
        assert got == self.model.process_input(self.given, gap, id, flags, refuses)

    @rule(
        id=IDS,
        gap=st.sampled_from([False, False, True]),
        flags=st.sampled_from([0] * 8 + [1]),
        refuses=st.sampled_from([False] * 8 + [True]),
    )
    def process_input(self, id: int, gap: bool, flags: int, refuses: bool) -> None:
        self.give(id, gap, flags, refuses)

    @rule()
    def fill(self) -> None:
        """Give every input what it takes, as a sensible client would."""
        self.set_missing_types()
        for id in self.model.input_types:
            self.give(id, False, 0, False)

    def take(self, entries: list[tuple[int, bool]], flags: int, fails: bool) -> None:
        buffers = [OutputDataBuffer(id, Token() if mine else None) for id, mine in entries]
        own = [buffer.sample for buffer in buffers]
        ids = [id for id, _ in entries] if self.spec.varies else self.model.outs
        self.mft.fails = fails
        got = outcome(lambda: self.mft.process_output(buffers, flags))
        expected = self.model.process_output(entries, flags, fails)
        if isinstance(expected, int):
            assert got == expected
            assert [buffer.status for buffer in buffers] == [0] * len(buffers)
            return
        flow, status, told = expected
        assert not isinstance(got, int), f"{got:#x}"
        assert (got.flow, got.status) == (flow, status)
        for id, buffer, mine, (entry_status, value, gap, events) in zip(
            ids, buffers, own, told, strict=True
        ):
            assert buffer.status == entry_status
            assert buffer.events == events
            if value is None:
                assert buffer.sample is mine
                assert mine in (None, Token())
            else:
                assert buffer.sample is not None
                assert mine in (None, buffer.sample)
                assert buffer.sample.value == value
                assert buffer.sample.discontinuity is gap
                self.taken.setdefault(id, []).append(value)

    @rule(
        entries=st.lists(st.tuples(IDS, st.booleans()), max_size=4),
        flags=st.sampled_from([0, 0, 0, 1, 1, 2, 4]),
    )
    def process_output_anyhow(self, entries: list[tuple[int, bool]], flags: int) -> None:
        self.take(entries, flags, False)

    @rule(discards=st.integers(0, 7), fails=st.sampled_from([False] * 4 + [True]))
    def process_output(self, discards: int, fails: bool) -> None:
        """As a sensible client would."""
        entries, skips = [], False
        for place, id in enumerate(self.model.outs):
            flags = self.spec.flags(id)
            skip = bool(discards >> place & 1) and ("L" in flags or "D" in flags)
            entries.append((id, "P" not in flags and not skip))
            skips = skips or skip
        self.take(entries, int(skips), fails)

    @rule()
    def process_all_output(self) -> None:
        for _ in range(4):
            self.process_output(0, False)

    # --- Messages and events ---

    @rule(message=st.sampled_from(MESSAGES))
    def process_message(self, message: str | int) -> None:
        got = outcome(lambda: self.mft.process_message(message, None if message == 2 else 77))
        match message:
            case "flush":
                assert got == self.model.flush()
            case "drain":
                assert got == self.model.drain()
            case 2:
                assert got == self.model.set_device()
            case str():
                assert got == self.model.stream(message)
            case _:
                assert got == 0

    @rule(id=IDS)
    def process_event(self, id: int) -> None:
        self.given += 1
        name = f"event {self.given}"
        got = outcome(lambda: self.mft.process_event(name, id))
        expected = self.model.process_event(name, id)
        assert got == (expected or True)

    # --- Changes that the transform asks for ---

    @precondition(lambda self: self.model.typed and self.model.outs and not self.model.unanswered)
    @rule(place=st.integers(0, 3))
    def ask_change(self, place: int) -> None:
        id = self.model.outs[place % len(self.model.outs)]
        if id not in self.model.ending:
            self.mft.ask(self.mft._request_stream_change, id)
            self.model.ask_change(id)

    @precondition(lambda self: self.spec.varies and len(self.model.output_types) < 5)
    @rule(optional=st.booleans())
    def add_output(self, optional: bool) -> None:
        self.last_id += 1
        id = self.last_id + (50 if optional else len(self.spec.outputs))
        self.mft.ask(self.mft._request_output, id)
        self.model.add(id)

    @precondition(lambda self: self.spec.varies)
    @rule(place=st.integers(0, 7))
    def end_output(self, place: int) -> None:
        ids = [*self.model.output_types, *self.model.new, 99]
        id = ids[place % len(ids)]
        got = outcome(lambda: self.mft.ask(self.mft._request_output_end, id))
        assert got == self.model.end(id)

    # --- What can be seen at any time ---

    @invariant()
    def what_can_be_seen_is_equal(self) -> None:
        mft, model = self.mft, self.model
        state = mft._machine.state
        assert (state.data.name, state.change.name, state.resources.name) == model.states()
        assert mft.stream_count() == (len(model.input_types), len(model.output_types))
        if self.spec.varies:
            assert mft.stream_ids() == (tuple(model.input_types), tuple(model.output_types))
        for id in (*model.input_types, 60):
            assert outcome(partial(mft.input_status, id)) == model.input_status(id)
        assert outcome(mft.output_status) == model.output_status()
        told = model.input_types | ({0: model.next_type} if model.next_type else {})
        for id, word in told.items():
            assert outcome(partial(mft.input_current_type, id)) == (word or UNSET)
        for id, word in model.output_types.items():
            assert outcome(partial(mft.output_current_type, id)) == (word or UNSET)

    @invariant()
    def nothing_is_duplicated_and_the_order_is_kept(self) -> None:
        if self.spec.kind in ("copy", "double") and self.spec.inputs == 1:
            copies = 2 if self.spec.kind == "double" else 1
            for taken in self.taken.values():
                assert taken == sorted(taken)
                assert all(taken.count(value) <= copies for value in taken[-4:])

    def teardown(self) -> None:
        """Everything that was taken in comes out in the end, or was dropped by the contract."""
        if hasattr(self, "mft"):
            self.process_message("drain")
            for _ in range(4):
                self.process_all_output()
                self.set_missing_types()
            assert not self.model.holds


AnyClient.TestCase.settings = settings(
    max_examples=LONG_RUN // STEPS or 80,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=not LONG_RUN,
    print_blob=bool(LONG_RUN),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestAnyClient = pytest.mark.timeout(3600 if LONG_RUN else 120)(AnyClient.TestCase)
