"""Transcripts: lazy-read, discardable and optional streams."""

from __future__ import annotations

from typing import ClassVar

import pytest

from gpumft.errors import InvalidArg, NotAccepting, TransformTypeNotSet
from gpumft.mft import (
    Flow,
    InputStatus,
    InputStreamFlags,
    Message,
    OutputBufferStatus,
    OutputDataBuffer,
    OutputStatus,
    OutputStreamFlags,
    ProcessOutputFlags,
    negotiate,
)
from tests.scenarios.actors import Token
from tests.scenarios.stream_actors import (
    LAZY,
    OPTIONAL,
    Inputs,
    Outputs,
    Preview,
    Streams,
    buffers,
    select,
    values,
)

DISCARD = ProcessOutputFlags.DISCARD_WHEN_NO_BUFFER
DISCARDABLE = OutputStreamFlags.DISCARDABLE
NO_SAMPLE = OutputBufferStatus.NO_SAMPLE


class AllLazy(Streams):
    output_flags: ClassVar[Outputs] = {0: LAZY, 1: LAZY}


def all_lazy() -> AllLazy:
    mft = AllLazy(outputs=2)
    select(mft, 0, 1)
    return mft


# --- Lazy-read ---


def test_with_all_outputs_lazy_read_input_is_never_refused() -> None:
    mft = all_lazy()
    for value in range(5):
        assert mft.input_status() == InputStatus.ACCEPT_DATA
        mft.process_input(Token(value))
        assert mft.output_status() == OutputStatus.SAMPLE_READY


def test_the_old_output_is_discarded_and_the_next_says_so() -> None:
    mft = all_lazy()
    for value in (1, 2, 3):
        mft.process_input(Token(value))
    entries = buffers(0, 1)
    assert mft.process_output(entries).flow is Flow.OK
    assert values(entries) == [3, 103]
    assert [entry.sample.discontinuity for entry in entries if entry.sample] == [True, True]
    assert mft.process_output(entries).flow is Flow.NEED_MORE_INPUT
    mft.process_input(Token(4))
    entries = buffers(0, 1)
    mft.process_output(entries)
    assert [entry.sample.discontinuity for entry in entries if entry.sample] == [False, False]


def test_input_ends_a_drain_that_nobody_follows() -> None:
    mft = all_lazy()
    mft.process_input(Token(1))
    mft.process_message(Message.DRAIN)
    assert mft.input_status() == InputStatus.ACCEPT_DATA
    mft.process_input(Token(2))
    entries = buffers(0, 1)
    mft.process_output(entries)
    assert values(entries) == [2, 102]


def test_a_refused_input_displaces_nothing() -> None:
    class Picky(AllLazy):
        def _accept(self, sample: Token, id: int) -> None:
            if sample.value == 13:
                raise ValueError("unlucky")

    mft = Picky()
    select(mft, 0)
    mft.process_input(Token(1))
    with pytest.raises(ValueError, match="unlucky"):
        mft.process_input(Token(13))
    assert mft.pull().value == 1


def test_one_output_that_is_not_lazy_read_makes_input_wait() -> None:
    class Half(Streams):
        output_flags: ClassVar[Outputs] = {1: LAZY}

    mft = Half(outputs=2)
    select(mft, 0, 1)
    mft.process_input(Token(1))
    with pytest.raises(NotAccepting):
        mft.process_input(Token(2))
    entries = [*buffers(0), OutputDataBuffer[Token](1)]
    assert mft.process_output(entries, DISCARD).flow is Flow.OK
    assert values(entries) == [1, None]
    mft.process_input(Token(2))
    entries = buffers(0, 1)
    mft.process_output(entries)
    told = [entry.sample.discontinuity for entry in entries if entry.sample]
    assert told == [False, True], "only the stream that lost a sample says so"


def test_lazy_output_alone_does_not_make_input_wait() -> None:
    mft = Preview()
    select(mft, 0, 1)
    skip = [*buffers(0), OutputDataBuffer[Token](1)]
    mft.process_input(Token(1))
    mft.process_output(skip, DISCARD)
    mft.process_input(Token(2))
    entries = buffers(0, 1)
    assert mft.process_output(entries).flow is Flow.OK
    assert values(entries) == [2, 2]
    assert mft.process_output(buffers(0, 1)).flow is Flow.NEED_MORE_INPUT


def test_what_is_late_on_a_lazy_stream_comes_without_the_others() -> None:
    class Late(Preview):
        """The preview of a sample is only ready when the sample itself is gone."""

        def _ready(self, id: int, *, draining: bool) -> bool:
            return super()._ready(id, draining=draining) and (id == 0 or not self._held())

    mft = Late()
    select(mft, 0, 1)
    for value in (1, 2):
        mft.process_input(Token(value))
        entries = buffers(0, 1)
        mft.process_output(entries)
        assert [entry.status for entry in entries] == [0, NO_SAMPLE]
    assert mft.output_status() == OutputStatus.SAMPLE_READY
    assert mft.input_status() == InputStatus.ACCEPT_DATA
    mft.process_input(Token(3))
    entries = buffers(0, 1)
    mft.process_output(entries)
    assert values(entries)[0] == 3
    entries = buffers(0, 1)
    mft.process_output(entries)
    assert [entry.status for entry in entries] == [NO_SAMPLE, 0]
    assert values(entries)[1] == 2


# --- Discardable ---


def test_a_discardable_stream_discards_only_on_request() -> None:
    class Discardable(Streams):
        output_flags: ClassVar[Outputs] = {0: DISCARDABLE}

    mft = Discardable()
    select(mft, 0)
    mft.process_input(Token(1))
    with pytest.raises(NotAccepting):
        mft.process_input(Token(2))
    with pytest.raises(InvalidArg, match="pass one"):
        mft.process_output([OutputDataBuffer()])
    assert mft.output_status() == OutputStatus.SAMPLE_READY
    entry: OutputDataBuffer[Token] = OutputDataBuffer()
    assert mft.process_output([entry], DISCARD).flow is Flow.OK
    assert (entry.sample, entry.status) == (None, NO_SAMPLE)
    mft.process_input(Token(2))
    assert mft.pull().value == 2


# --- Optional ---


class Optional(Streams):
    """Two inputs and two outputs, all optional."""

    input_flags: ClassVar[Inputs] = dict.fromkeys((0, 1), InputStreamFlags.OPTIONAL)
    output_flags: ClassVar[Outputs] = dict.fromkeys((0, 1), OPTIONAL)

    def __init__(self) -> None:
        super().__init__(inputs=2, outputs=2)


@pytest.mark.parametrize(
    ("ins", "outs"),
    [((0,), (0,)), ((1,), (0,)), ((0,), (1,)), ((1,), (1,)), ((0, 1), (1,)), ((0, 1), (0, 1))],
)
def test_deselected_streams_take_no_part(ins: tuple[int, ...], outs: tuple[int, ...]) -> None:
    mft = Optional()
    select(mft, *outs, inputs=ins)
    assert mft.log[-2] == f"configure {list(ins)} {list(outs)}"
    for id in (0, 1):
        if id in ins:
            mft.process_input(Token(1), id)
        else:
            with pytest.raises(TransformTypeNotSet, match="deselected"):
                mft.process_input(Token(1), id)
            with pytest.raises(TransformTypeNotSet, match="deselected"):
                mft.input_status(id)
    with pytest.raises(InvalidArg, match=rf"\({len(outs)}\), not {len(outs) + 1}"):
        mft.process_output(buffers(*range(len(outs) + 1)))
    entries = buffers(*outs)
    assert mft.process_output(entries).flow is Flow.OK
    assert values(entries) == [len(ins) + 100 * id for id in outs]


@pytest.mark.parametrize(("ins", "outs"), [((), ()), ((0, 1), ()), ((), (0, 1))])
def test_one_input_and_one_output_have_to_be_selected(
    ins: tuple[int, ...], outs: tuple[int, ...]
) -> None:
    mft = Optional()
    select(mft, *outs, inputs=ins)
    with pytest.raises(TransformTypeNotSet):
        mft.process_input(Token(1))
    with pytest.raises(TransformTypeNotSet):
        mft.process_output(buffers(0))


def test_a_stream_is_deselected_again_by_clearing_its_type() -> None:
    mft = Optional()
    select(mft, 0, 1, inputs=(0, 1))
    mft.set_input_type(None, 1)
    mft.set_output_type(None, 0)
    mft.process_input(Token(5))
    assert mft.pull(1).value == 105
    mft.set_output_type(None, 1)
    with pytest.raises(TransformTypeNotSet):
        mft.process_input(Token(5))


def test_a_mandatory_stream_among_optional_ones_needs_its_type() -> None:
    class Mixed(Optional):
        input_flags: ClassVar[Inputs] = {1: InputStreamFlags.OPTIONAL}

    mft = Mixed()
    select(mft, 0, inputs=(1,))
    with pytest.raises(TransformTypeNotSet):
        mft.process_input(Token(1), 1)
    mft.set_input_type("red", 0)
    mft.process_input(Token(1), 0)


def test_negotiate_leaves_out_optional_streams_that_nothing_fits() -> None:
    class Fussy(Optional):
        def _check_input_type(self, type: object, id: int) -> str:
            return self._listed(type, ("red",) if id == 0 else ("violet",), "input")

    mft = Fussy()
    negotiate(mft, "red", "red")
    with pytest.raises(TransformTypeNotSet):
        mft.input_current_type(1)
    mft.process_input(Token(1))
    assert mft.pull(1).value == 101
    assert mft.pull(0).value == 1
