"""Transcripts: the transform asks for another output type."""

import pytest

from gpumft.errors import InvalidMediaType, NotAccepting, TransformTypeNotSet
from gpumft.mft import (
    Flow,
    InputStatus,
    Message,
    OutputBufferStatus,
    OutputDataBuffer,
    OutputStatus,
)
from tests.scenarios.actors import Switcher, Token, typed


def asked() -> Switcher:
    mft: Switcher = typed(Switcher())
    mft.process_input(Token(1))
    assert mft.pull() == Token(1)
    mft.process_input(Token(100))
    return mft


def announced() -> Switcher:
    mft = asked()
    mft.process_output([OutputDataBuffer(0, Token())])
    return mft


def test_the_change_is_announced_without_data() -> None:
    mft = asked()
    assert mft.output_status() == OutputStatus.SAMPLE_READY
    with pytest.raises(NotAccepting, match="about to change"):
        mft.process_input(Token(101))
    buffer = OutputDataBuffer(0, Token(7))
    assert mft.process_output([buffer]).flow is Flow.STREAM_CHANGE
    assert buffer.status == OutputBufferStatus.FORMAT_CHANGE
    assert buffer.sample == Token(7)


def test_until_it_is_answered_no_data_moves() -> None:
    mft = announced()
    assert mft.output_current_type() == "red", "the old type stays readable"
    assert mft.input_status() == InputStatus.NONE
    assert mft.output_status() == OutputStatus.NONE
    with pytest.raises(TransformTypeNotSet, match="set_output_type"):
        mft.process_input(Token(101))
    with pytest.raises(TransformTypeNotSet, match="set_output_type"):
        mft.process_output([OutputDataBuffer(0, Token())])


def test_the_answer_lets_the_held_sample_out() -> None:
    mft = announced()
    with pytest.raises(InvalidMediaType, match="too narrow"):
        mft.set_output_type("red")
    mft.set_output_type("wide", test_only=True)
    with pytest.raises(TransformTypeNotSet):
        mft.process_output([OutputDataBuffer(0, Token())])
    mft.set_output_type("wide")
    buffer = OutputDataBuffer(0, Token())
    assert mft.process_output([buffer]).flow is Flow.OK
    assert buffer.sample == Token(100)
    assert buffer.status == OutputBufferStatus.NONE, "told once only"
    mft.process_input(Token(101))


def test_it_is_also_answered_while_draining() -> None:
    mft = asked()
    mft.process_message(Message.DRAIN)
    assert mft.pull() is Flow.STREAM_CHANGE
    mft.set_output_type("wide")
    with pytest.raises(NotAccepting, match="draining"):
        mft.process_input(Token(1))
    assert mft.pull() == Token(100)
    assert mft.pull() is Flow.NEED_MORE_INPUT


def test_a_flush_does_not_answer_it() -> None:
    mft = announced()
    mft.process_message(Message.FLUSH)
    with pytest.raises(TransformTypeNotSet):
        mft.process_input(Token(1))
    mft.set_output_type("wide")
    mft.process_input(Token(1))


def test_run_renegotiates_and_loses_nothing() -> None:
    mft = typed(Switcher())
    values = [1, 2, 100, 101, 3]
    assert [token.value for token in mft.run(map(Token, values))] == values
    assert mft.output_current_type() == "wide"


def test_run_says_what_it_tried_when_no_type_fits() -> None:
    class Hopeless(Switcher):
        def _check_output_type(self, type: object, id: int) -> str:
            if self._held():
                raise InvalidMediaType("never")
            return super()._check_output_type(type, id)

    with pytest.raises(InvalidMediaType, match=r"red: never; wide: never"):
        list(typed(Hopeless()).run([Token(100)]))


def test_clearing_a_type_ends_the_change_for_good() -> None:
    mft = announced()
    mft.process_message(Message.FLUSH)
    mft.set_output_type(None)
    mft.set_output_type("wide")
    mft.process_input(Token(100))
    assert mft.pull().value == 100
