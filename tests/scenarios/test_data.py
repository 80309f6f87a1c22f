"""Transcripts: process_input and process_output."""

from fractions import Fraction

import pytest

from gpumft.errors import (
    Fail,
    InvalidArg,
    InvalidStreamData,
    NotAccepting,
    NotImplementedMF,
    NullPointer,
    SampleAllocatorEmpty,
    TransformTypeNotSet,
    Unexpected,
)
from gpumft.mft import (
    DISCONTINUITY,
    Flow,
    InputStatus,
    OutputBufferStatus,
    OutputDataBuffer,
    OutputStatus,
    OutputStreamFlags,
    ProcessOutputFlags,
    ProcessOutputStatus,
)
from tests.scenarios.actors import Copier, Doubler, LookAhead, Pairs, Provider, Token, typed

DISCARD = ProcessOutputFlags.DISCARD_WHEN_NO_BUFFER


def test_one_in_one_out() -> None:
    mft = typed(Copier())
    mft.process_input(Token(7))
    mine = Token()
    buffer = OutputDataBuffer(0, mine)
    result = mft.process_output([buffer])
    assert (result.flow, result.status) == (Flow.OK, ProcessOutputStatus.NONE)
    assert buffer.sample is mine
    assert mine.value == 7
    assert buffer.status == OutputBufferStatus.NONE
    assert buffer.events is None


def test_one_held_is_full_until_its_output_was_taken() -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    with pytest.raises(NotAccepting, match="process_output first"):
        mft.process_input(Token(2))
    assert mft.pull().value == 1
    mft.process_input(Token(2))
    assert mft.pull().value == 2


def test_nothing_to_output_is_a_value_and_touches_nothing() -> None:
    mft = typed(Copier())
    buffer = OutputDataBuffer(0, Token(42))
    result = mft.process_output([buffer])
    assert (result.flow, result.status) == (Flow.NEED_MORE_INPUT, 0)
    assert buffer.status == 0
    assert buffer.sample == Token(42)


def test_status_tells_which_call_will_do() -> None:
    mft = typed(Copier())
    assert (mft.input_status(), mft.output_status()) == (InputStatus.ACCEPT_DATA, OutputStatus.NONE)
    mft.process_input(Token(1))
    assert (mft.input_status(), mft.output_status()) == (
        InputStatus.NONE,
        OutputStatus.SAMPLE_READY,
    )
    mft.pull()
    assert (mft.input_status(), mft.output_status()) == (InputStatus.ACCEPT_DATA, OutputStatus.NONE)


def test_input_is_checked_in_order() -> None:
    mft = Copier()
    with pytest.raises(NullPointer):
        mft.process_input(None, 5, 1)  # type: ignore[arg-type]
    with pytest.raises(InvalidArg, match="flags"):
        mft.process_input(Token(1), 0, 1)
    with pytest.raises(TransformTypeNotSet):
        mft.process_input(Token(1))


def test_a_refused_sample_changes_nothing() -> None:
    class Picky(Copier):
        def _accept(self, sample: Token, id: int) -> None:
            if sample.value is None:
                raise InvalidStreamData("the sample has no value")

    mft = typed(Picky())
    mft.log.clear()
    with pytest.raises(InvalidStreamData):
        mft.process_input(Token())
    assert mft.log == []
    assert mft.input_status() == InputStatus.ACCEPT_DATA
    mft.process_input(Token(3))
    assert mft.pull().value == 3


@pytest.mark.parametrize(
    ("buffers", "flags", "error"),
    [
        (None, 0, NullPointer),
        ([OutputDataBuffer(0, Token())], 4, InvalidArg),
        ([], 0, InvalidArg),
        ([OutputDataBuffer(0, Token()), OutputDataBuffer(1, Token())], 0, InvalidArg),
        (
            [OutputDataBuffer(0, Token())],
            ProcessOutputFlags.REGENERATE_LAST_OUTPUT,
            NotImplementedMF,
        ),
    ],
)
def test_output_arguments(buffers: object, flags: int, error: type[Exception]) -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    with pytest.raises(error):
        mft.process_output(buffers, flags)
    assert mft.pull().value == 1


def test_output_arguments_come_before_the_state() -> None:
    with pytest.raises(InvalidArg):
        Copier().process_output([OutputDataBuffer()], 4)
    with pytest.raises(InvalidArg):
        Copier().process_output([])


def test_fixed_streams_go_by_place_not_by_number() -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    buffer = OutputDataBuffer(99, Token())
    assert mft.process_output([buffer]).flow is Flow.OK


NONE = OutputStreamFlags.NONE
PROVIDES = OutputStreamFlags.PROVIDES_SAMPLES
CAN = OutputStreamFlags.CAN_PROVIDE_SAMPLES
DISCARDABLE = OutputStreamFlags.DISCARDABLE
LAZY = OutputStreamFlags.LAZY_READ


@pytest.mark.parametrize(
    ("mine", "flags", "stream", "outcome"),
    [
        (False, DISCARD, DISCARDABLE, "discarded"),
        (False, DISCARD, LAZY, "discarded"),
        (False, DISCARD, PROVIDES | DISCARDABLE, "discarded"),
        (False, DISCARD, NONE, InvalidArg),
        (False, DISCARD, PROVIDES, InvalidArg),
        (False, 0, PROVIDES, "theirs"),
        (False, 0, CAN, "theirs"),
        (False, 0, NONE, InvalidArg),
        (False, 0, DISCARDABLE, InvalidArg),
        (True, 0, PROVIDES, InvalidArg),
        (True, DISCARD, PROVIDES, InvalidArg),
        (True, 0, CAN, "mine"),
        (True, 0, NONE, "mine"),
        (True, DISCARD, NONE, "mine"),
        (True, DISCARD, DISCARDABLE, "mine"),
    ],
)
def test_who_brings_the_sample(
    mine: bool, flags: int, stream: OutputStreamFlags, outcome: str | type[Exception]
) -> None:
    mft = typed(Copier())
    mft.flags = stream
    mft.process_input(Token(8))
    own = Token() if mine else None
    buffer = OutputDataBuffer(0, own)
    if not isinstance(outcome, str):
        with pytest.raises(outcome):
            mft.process_output([buffer], flags)
        assert mft.output_status() == OutputStatus.SAMPLE_READY, "the input is kept"
        return
    assert mft.process_output([buffer], flags).flow is Flow.OK
    assert mft.output_status() == OutputStatus.NONE
    if outcome == "discarded":
        assert buffer.sample is None
        assert buffer.status == OutputBufferStatus.NO_SAMPLE
    else:
        assert buffer.sample is not None
        assert buffer.sample.value == 8
        assert (buffer.sample is own) == (outcome == "mine")


def test_a_failed_delivery_keeps_the_input() -> None:
    mft = typed(Copier())
    mft.process_input(Token(9))
    mft.fail = Fail("the device stumbled")
    buffer = OutputDataBuffer(0, Token())
    for _ in range(2):
        with pytest.raises(Fail):
            mft.process_output([buffer])
    mft.fail = None
    assert mft.process_output([buffer]).flow is Flow.OK
    assert buffer.sample == Token(9)


def test_an_empty_pool_keeps_the_input() -> None:
    mft = typed(Provider())
    for value in (1, 2):
        mft.process_input(Token(value))
        assert mft.pull().value == value
    mft.process_input(Token(3))
    buffer: OutputDataBuffer[Token] = OutputDataBuffer()
    with pytest.raises(SampleAllocatorEmpty):
        mft.process_output([buffer])
    assert buffer == OutputDataBuffer()
    mft.free += 1
    assert mft.process_output([buffer]).flow is Flow.OK
    assert buffer.sample == Token(3)


def test_look_ahead_needs_the_next_input() -> None:
    mft = typed(LookAhead())
    mft.process_input(Token(1, time=0))
    assert mft.pull() is Flow.NEED_MORE_INPUT
    mft.process_input(Token(10, time=5))
    first = mft.pull()
    assert (first.value, first.time) == (11, 0)
    assert mft.pull() is Flow.NEED_MORE_INPUT


def test_one_input_may_make_two_outputs() -> None:
    mft = typed(Doubler())
    mft.process_input(Token(1))
    buffer = OutputDataBuffer(0, Token())
    mft.process_output([buffer])
    assert buffer.status == OutputBufferStatus.INCOMPLETE
    with pytest.raises(NotAccepting):
        mft.process_input(Token(2))
    mft.process_output([buffer])
    assert buffer.status == OutputBufferStatus.NONE
    assert mft.process_output([buffer]).flow is Flow.NEED_MORE_INPUT
    mft.process_input(Token(2))


def test_two_inputs_may_make_one_output() -> None:
    mft = typed(Pairs())
    mft.process_input(Token(1))
    assert mft.pull() is Flow.NEED_MORE_INPUT
    mft.process_input(Token(2))
    with pytest.raises(NotAccepting):
        mft.process_input(Token(3))
    assert mft.pull().value == 3


def test_hooks_that_would_deadlock_the_client_are_told() -> None:
    class Stuck(Copier):
        def _ready(self, id: int, *, draining: bool) -> bool:
            return False

    mft = typed(Stuck())
    with pytest.raises(Unexpected, match="neither wants input nor has output"):
        mft.process_input(Token(1))


def test_times_go_from_input_to_output() -> None:
    mft = typed(Copier())
    mft.push(Token(1, time=40, duration=20, pts=2, time_base=Fraction(1, 50)))
    out = mft.pull()
    assert (out.time, out.duration, out.pts, out.time_base) == (40, 20, 2, Fraction(1, 50))


def test_unset_times_leave_the_outputs_own() -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    mine = Token(time=3, duration=4)
    mft.process_output([OutputDataBuffer(0, mine)])
    assert (mine.time, mine.duration) == (3, 4)


@pytest.mark.parametrize(("time", "passed"), [(40, True), (None, False)])
def test_a_discontinuity_goes_on_at_the_same_time_only(time: int | None, passed: bool) -> None:
    mft = typed(Copier())
    source = Token(1, time=time)
    source.discontinuity = True
    mft.process_input(source)
    output = Token(time=3)
    mft.process_output([OutputDataBuffer(0, output)])
    assert output.discontinuity is passed


def test_a_transform_that_is_not_one_to_one_answers_for_attributes_itself() -> None:
    assert Doubler().attributes == {"MFPKEY_EXATTRIBUTE_SUPPORTED": True}
    assert Copier().attributes == {}


def test_the_client_copies_attributes_one_for_one() -> None:
    mft = typed(LookAhead())
    out = list(mft.run(Token(i, time=i, attributes={"name": f"n{i}"}) for i in range(4)))
    assert [token.attributes["name"] for token in out] == ["n0", "n1", "n2", "n3"]
    mft = typed(Doubler())
    out = list(mft.run([Token(1, attributes={"name": "n"})]))
    assert [token.attributes for token in out] == [{}, {}]


def test_attributes_do_not_stray_when_clients_mix_calls() -> None:
    mft = typed(Copier())
    mft.push(Token(1, attributes={"name": "first"}))
    mft.process_output([OutputDataBuffer(0, Token())])
    mft.push(Token(2, attributes={"name": "second"}))
    assert mft.pull().attributes == {"name": "second"}
    mft.push(Token(3, attributes={"name": "third"}))
    mft.flush()
    mft.push(Token(4, attributes={"name": "fourth"}))
    assert mft.pull().attributes == {"name": "fourth", DISCONTINUITY: 1}
    ahead = typed(LookAhead())
    ahead.push(Token(5, attributes={"name": "flushed"}))
    ahead.flush()
    ahead.push(Token(6, attributes={"name": "sixth"}))
    assert [token.attributes for token in ahead.drain()] == [{"name": "sixth", DISCONTINUITY: 1}]
