"""Transcripts: another input type while samples are held, with dynamic formats and without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import pytest

from gpumft.errors import (
    CannotChangeMediaTypeWhileProcessing,
    Fail,
    InvalidMediaType,
    NotAccepting,
    TransformTypeNotSet,
)
from gpumft.mft import Flow, InputStatus, Message, OutputStatus
from tests.scenarios.actors import Copier, LookAhead, Token, typed
from tests.scenarios.stream_actors import LAZY, Dynamic, Outputs, Streams, buffers, select, values


class Keeps(Dynamic):
    """Makes red output of red and of blue input."""

    def _output_types(self, id: int) -> Sequence[object]:
        return ("red",)

    def _keeps_outputs(self, type: str, id: int) -> bool:
        return True


def test_the_attribute_tells() -> None:
    assert Dynamic().attributes == {"MFT_SUPPORT_DYNAMIC_FORMAT_CHANGE": True}
    assert LookAhead().attributes == {}


def test_without_support_the_client_drains_first() -> None:
    mft = typed(LookAhead())
    mft.process_input(Token(1))
    with pytest.raises(CannotChangeMediaTypeWhileProcessing):
        mft.set_input_type("blue", test_only=True)
    mft.process_message(Message.DRAIN)
    assert mft.pull().value == 1
    assert mft.pull() is Flow.NEED_MORE_INPUT
    mft.set_input_type("blue", test_only=True)
    mft.set_input_type("blue")
    with pytest.raises(TransformTypeNotSet):
        mft.process_input(Token(2))
    mft.set_output_type("blue")
    mft.process_input(Token(2))
    assert [token.value for token in mft.drain()] == [2]


def test_with_support_the_old_samples_come_out_in_the_old_format() -> None:
    mft = typed(Dynamic())
    mft.process_input(Token(1))
    mft.process_input(Token(2))
    mft.set_input_type("blue")
    assert mft.input_current_type() == "blue", "what the client set is what it reads"
    assert mft.output_current_type() == "red"
    with pytest.raises(NotAccepting, match="draining"):
        mft.process_input(Token(10))
    assert [mft.pull().value for _ in range(2)] == [3, 2]
    assert mft.output_status() == OutputStatus.SAMPLE_READY
    assert mft.pull() is Flow.STREAM_CHANGE
    assert mft.available_output_types() == ("blue",)
    with pytest.raises(TransformTypeNotSet):
        mft.process_input(Token(10))
    mft.set_output_type("blue")
    assert mft.log[-2:] == ["configure blue blue", "restart"]
    mft.process_input(Token(10))
    assert [token.value for token in mft.drain()] == [10]


def test_output_types_that_still_fit_need_no_answer() -> None:
    mft = typed(Keeps())
    mft.process_input(Token(1))
    mft.set_input_type("blue")
    assert mft.pull().value == 1
    assert mft.input_status() == InputStatus.ACCEPT_DATA
    mft.log.clear()
    mft.process_input(Token(10))
    assert mft.log == ["end", "configure blue red", "begin"]
    assert [token.value for token in mft.drain()] == [10]


def test_run_takes_a_change_of_the_input_type_in_its_stride() -> None:
    mft = typed(Dynamic())

    def source() -> list[Token]:
        return [Token(value) for value in (1, 2)]

    out = [token.value for token in mft.run(source())]
    mft.process_input(Token(5))
    mft.set_input_type("blue")
    out += [token.value for token in mft.run(source())]
    assert out == [3, 2, 5, 3, 2]
    assert mft.output_current_type() == "blue"


def test_a_test_only_change_changes_nothing() -> None:
    mft = typed(Dynamic())
    mft.process_input(Token(1))
    mft.set_input_type("blue", test_only=True)
    with pytest.raises(InvalidMediaType):
        mft.set_input_type("green")
    with pytest.raises(CannotChangeMediaTypeWhileProcessing):
        mft.set_input_type(None)
    with pytest.raises(CannotChangeMediaTypeWhileProcessing):
        mft.set_output_type("red")
    assert mft.input_current_type() == "red"
    mft.process_input(Token(2))
    assert mft.pull().value == 3


def test_one_change_at_a_time() -> None:
    mft = typed(Dynamic())
    mft.process_input(Token(1))
    mft.set_input_type("blue")
    with pytest.raises(CannotChangeMediaTypeWhileProcessing, match="waits already"):
        mft.set_input_type("red")
    mft.pull()
    assert mft.pull() is Flow.STREAM_CHANGE
    mft.set_output_type("blue")
    mft.set_input_type("red")
    assert mft.input_current_type() == "red"


def test_a_flush_lets_the_new_type_in_at_once() -> None:
    mft = typed(Dynamic())
    mft.process_input(Token(1))
    mft.set_input_type("blue")
    mft.process_message(Message.FLUSH)
    assert mft.pull() is Flow.STREAM_CHANGE
    mft.set_output_type("blue")
    mft.process_input(Token(2))
    assert [token.value for token in mft.drain()] == [2]


def test_a_type_that_cannot_be_built_refuses_samples_until_another_is_set() -> None:
    class Fragile(Keeps):
        def _configure(self, inputs: Mapping[int, str], outputs: Mapping[int, str]) -> None:
            if inputs[0] == "blue":
                raise Fail("cannot be built after all")
            super()._configure(inputs, outputs)

    mft = typed(Fragile())
    mft.process_input(Token(1))
    mft.set_input_type("blue")
    assert mft.pull().value == 1
    for _ in range(2):
        with pytest.raises(Fail):
            mft.process_input(Token(2))
    mft.set_input_type("red")
    mft.process_input(Token(3))
    assert [token.value for token in mft.drain()] == [3]


def test_nothing_held_is_an_ordinary_change() -> None:
    mft = typed(Dynamic())
    mft.process_message(Message.BEGIN_STREAMING)
    mft.set_input_type("blue")
    with pytest.raises(TransformTypeNotSet):
        mft.output_current_type()


def test_while_outputs_change_the_input_keeps_its_type() -> None:
    class Both(Dynamic):
        def _received(self, sample: Token, id: int) -> None:
            self._request_stream_change()

    mft = typed(Both())
    mft.process_input(Token(1))
    with pytest.raises(CannotChangeMediaTypeWhileProcessing, match="is changing"):
        mft.set_input_type("blue")


def test_lazy_read_output_does_not_hold_up_the_new_type() -> None:
    class LazyDynamic(Streams):
        dynamic_formats = True
        output_flags: ClassVar[Outputs] = {0: LAZY}

    mft = LazyDynamic()
    select(mft, 0)
    mft.process_input(Token(1))
    mft.set_input_type("blue")
    mft.log.clear()
    mft.process_input(Token(2))
    assert mft.log == ["end", "configure [0] [0]", "begin", "restart"]
    entries = buffers(0)
    mft.process_output(entries)
    assert values(entries) == [2]
    assert mft.input_current_type() == "blue"


@pytest.mark.parametrize("fails", ["accept", "configure", "begin"])
def test_what_refuses_a_sample_of_the_new_type_leaves_the_output_before_it(fails: str) -> None:
    class Fragile(Streams):
        dynamic_formats = True
        output_flags: ClassVar[Outputs] = {0: LAZY}
        broken = ""

        def _accept(self, sample: Token, id: int) -> None:
            self.work("accept", self._input_type())

        def _configure(self, inputs: Mapping[int, str], outputs: Mapping[int, str]) -> None:
            super()._configure(inputs, outputs)
            self.work("configure", inputs[0])

        def _begin_streaming(self) -> None:
            self.work("begin", self._input_type())

        def work(self, name: str, type: str | None) -> None:
            self.log.append(f"{name} {type}")
            if self.broken == name and type == "blue":
                raise Fail("not now")

    mft = Fragile()
    select(mft, 0)
    mft.process_input(Token(1))
    mft.set_input_type("blue")
    mft.broken = fails
    for _ in range(2):
        with pytest.raises(Fail):
            mft.process_input(Token(2))
    assert mft.input_current_type() == "blue", "it waits still"
    entries = buffers(0)
    mft.process_output(entries)
    assert values(entries) == [1]
    assert entries[0].sample is not None
    assert not entries[0].sample.discontinuity
    assert [line for line in mft.log if line.startswith("begin")][-1] == "begin red"
    mft.broken = ""
    mft.process_input(Token(2))
    entries = buffers(0)
    mft.process_output(entries)
    assert values(entries) == [2]


def test_a_new_type_waits_for_the_sample_that_waits_behind_a_discontinuity() -> None:
    class Both(Dynamic):
        temporal = True

    mft = typed(Both())
    mft.process_input(Token(1))
    broken = Token(2)
    broken.discontinuity = True
    mft.process_input(broken)
    mft.set_input_type("blue")
    assert [mft.pull().value for _ in range(2)] == [1, 2]
    assert mft.pull() is Flow.STREAM_CHANGE
    mft.set_output_type("blue")
    mft.process_input(Token(10))
    assert [token.value for token in mft.drain()] == [10]


def test_a_refused_type_while_streaming_leaves_streaming_as_it_was() -> None:
    class Picky(Copier):
        def _keeps_outputs(self, type: str, id: int) -> bool:
            return True

        def _configure(self, inputs: Mapping[int, str], outputs: Mapping[int, str]) -> None:
            if inputs[0] == "blue":
                raise InvalidMediaType("blue cannot be built")

    mft = typed(Picky())
    mft.process_message(Message.BEGIN_STREAMING)
    mft.log.clear()
    with pytest.raises(InvalidMediaType):
        mft.set_input_type("blue")
    assert mft.log == ["end", "begin"]
    mft.process_input(Token(1))
    assert mft.log == ["end", "begin"]
