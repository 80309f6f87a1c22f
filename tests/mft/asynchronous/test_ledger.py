"""A client that calls in any order, and a worker at any speed, against a small model of credits."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gpumft.errors import Fail, MFError, NotAccepting, Unexpected
from gpumft.mft import Message, OutputDataBuffer
from gpumft.mft.asynchronous import (
    DrainComplete,
    EventType,
    HaveOutput,
    Marker,
    MediaEvent,
    NeedInput,
)
from gpumft.mft.asynchronous.entries import Failure
from tests.scenarios.actors import Copier, Doubler, LookAhead, Pairs, Token, typed
from tests.scenarios.by_hand import ByHand


class Model:
    """What the client may rely on, told by counting alone.

    It knows nothing of slots, steps or threads: credits come and go with events and calls, and the
    outputs are those of the whole input since the last flush or drain.
    """

    def __init__(self, make: type[Copier]) -> None:
        self.make = make
        self.streaming = False
        self.credits = 0
        self.outputs = 0
        self.expected: deque[object] = deque()  # outputs, markers, drains: in the order they come
        self.held: list[int] = []
        self.markers: list[Marker] = []  # behind a sample that is held
        self.flushed = False
        self.dropped = False  # by a drain: the transform may tell so

    def begin(self) -> None:
        self.streaming = True

    def mark(self, context: int) -> None:
        (self.markers if self.held else self.expected).append(Marker(context))

    def give(self, value: int) -> None:
        """Which outputs a value makes possible."""
        self.credits -= 1
        self.held.append(value)
        if self.make is LookAhead:
            if len(self.held) == 2:
                self.expected.append(sum(self.held))
                self.reach_markers()
                self.held.pop(0)
        elif self.make is Pairs:
            if len(self.held) == 2:
                self.expected.append(sum(self.held))
                self.reach_markers()
                self.held.clear()
        else:
            self.expected += [value] * (2 if self.make is Doubler else 1)
            self.held.clear()

    def reach_markers(self) -> None:
        self.expected += self.markers
        self.markers.clear()

    def drain(self) -> None:
        if self.held and self.make is LookAhead:
            self.expected.append(self.held[0])
        elif self.held:
            self.dropped = True
        self.held.clear()
        self.reach_markers()
        self.expected.append(DrainComplete(0))
        self.streaming, self.credits = False, 0

    def flush(self) -> None:
        self.held.clear()
        self.expected.clear()
        self.markers.clear()
        self.streaming, self.credits, self.outputs = False, 0, 0
        self.flushed = True


class AnyClient(RuleBasedStateMachine):
    """Calls, right and wrong; looks at events now and then; lets the worker work now and then."""

    @initialize(make=st.sampled_from([Copier, LookAhead, Doubler, Pairs]), slots=st.integers(1, 4))
    def begin(self, make: type[Copier], slots: int) -> None:
        self.inner = typed(make())
        self.mft = ByHand(self.inner, slots=slots)
        self.model = Model(make)
        self.slots = slots
        self.next_value = 0
        self.taken: list[int | None] = []
        self.announced: deque[object] = deque()
        self.start()

    # --- What the client does ---

    @rule()
    def start(self) -> None:
        self.mft.process_message(Message.START_OF_STREAM)
        self.model.begin()

    @rule(count=st.integers(1, 4))
    def give(self, count: int) -> None:
        for _ in range(count):
            self.next_value += 1
            self.look()
            if self.model.credits:
                self.mft.process_input(Token(self.next_value, time=self.next_value))
                self.model.give(self.next_value)
            else:
                with pytest.raises(NotAccepting):
                    self.mft.process_input(Token(self.next_value))

    @rule(count=st.integers(1, 4))
    def stream(self, count: int) -> None:
        """What a client does that minds the events."""
        for _ in range(count):
            self.give(1)
            self.work()
            self.take()

    @rule()
    def take(self) -> None:
        self.look()
        buffer: OutputDataBuffer[Token] = OutputDataBuffer()
        if not self.model.outputs:
            with pytest.raises(Unexpected):
                self.mft.process_output([buffer])
            return
        self.model.outputs -= 1
        self.mft.process_output([buffer])
        assert buffer.sample is not None
        assert buffer.sample.value == self.announced.popleft()
        if self.model.flushed or not self.model.dropped:
            assert buffer.sample.discontinuity is self.model.flushed
        self.model.flushed = self.model.dropped = False

    @rule(again=st.booleans())
    def drain(self, *, again: bool) -> None:
        self.look()
        self.mft.process_message(Message.DRAIN)
        self.model.drain()
        if again:
            self.start()

    @rule(again=st.booleans())
    def flush(self, *, again: bool) -> None:
        self.mft.process_message(Message.FLUSH)
        self.model.flush()
        self.announced.clear()
        assert self.mft.told() == []
        if again:
            self.start()

    @rule(again=st.booleans())
    def end(self, *, again: bool) -> None:
        self.look()
        self.mft.process_message(Message.END_OF_STREAM)
        self.model.credits = 0
        self.model.streaming = False
        if again:
            self.start()

    @rule(context=st.integers(0, 9))
    def mark(self, context: int) -> None:
        self.mft.process_message(Message.MARKER, context)
        self.model.mark(context)

    @rule(message=st.sampled_from([Message.BEGIN_STREAMING, Message.END_STREAMING, Message.TICK]))
    def say(self, message: Message) -> None:
        self.mft.process_message(message)

    # --- What the worker does ---

    @rule()
    def work(self) -> None:
        """With all work done and all output taken, the transform asks for more."""
        self.mft.hand.work()
        self.look()
        if self.model.streaming and not self.model.outputs:
            assert self.model.credits == self.slots

    @rule()
    def work_a_little(self) -> None:
        self.mft._step()

    @rule()
    def fail(self) -> None:
        """The transform fails as often as it is tried, then works again."""
        self.look()
        if self.mft._ledger.blocked:
            return
        self.inner.fail = Fail("now and then")
        self.mft.hand.work()
        self.mft._step()
        self.inner.fail = None
        self.look(failing=True)

    def look(self, *, failing: bool = False) -> None:
        """Take the events that have come, and compare each."""
        failed = False
        for event in self.mft.events():
            match event:
                case NeedInput(stream):
                    assert stream == 0
                    self.model.credits += 1
                    assert self.model.streaming
                case MediaEvent(EventType.ERROR):
                    failed = True
                case HaveOutput() if failed:
                    self.recover()
                    failed = False
                case HaveOutput():
                    self.model.outputs += 1
                    self.announced.append(self.model.expected.popleft())
                case Marker() | DrainComplete():
                    assert self.model.expected.popleft() == event
        assert not failed
        assert failing or self.inner.fail is None

    def recover(self) -> None:
        """All output of before comes first, then the error."""
        while self.model.outputs:
            self.model.outputs -= 1
            buffer: OutputDataBuffer[Token] = OutputDataBuffer()
            self.mft.process_output([buffer])
            assert buffer.sample is not None
            assert buffer.sample.value == self.announced.popleft()
            self.model.flushed = self.model.dropped = False
        with pytest.raises(MFError, match="now and then"):
            self.mft.process_output([OutputDataBuffer()])

    # --- What holds always ---

    @invariant()
    def no_more_under_way_than_slots(self) -> None:
        ledger = self.mft._ledger
        waiting = sum(hasattr(item, "sample") for item in ledger.waiting)
        assert waiting <= self.slots
        assert len(ledger.ready) <= self.slots + 1  # a failure beside the outputs
        assert ledger.credits[0] + waiting <= self.slots
        if self.model.make is Copier:  # one output for each input
            failed = any(isinstance(entry, Failure) for entry in ledger.ready)
            output = len(ledger.ready) + ledger.full - failed
            assert ledger.credits[0] + waiting + output <= self.slots

    def teardown(self) -> None:
        """Whatever has happened: what was accepted comes out, all of it, once."""
        if not hasattr(self, "mft"):
            return
        self.mft.process_message(Message.DRAIN)
        self.look_before_drain()
        for _ in range(1000):
            self.mft.hand.work()
            self.look()
            if not self.model.outputs:
                break
            self.take()
        assert not self.model.expected
        assert not self.mft._ledger.under_way
        self.mft.shutdown()

    def look_before_drain(self) -> None:
        self.model.streaming = True  # requests of before may be waiting still
        self.look()
        self.model.drain()


AnyClient.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestAnyClient = AnyClient.TestCase
