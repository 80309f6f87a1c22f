"""Transcripts: setting media types."""

from collections.abc import Callable

import pytest

from gpumft.errors import (
    CannotChangeMediaTypeWhileProcessing,
    InvalidMediaType,
    InvalidStreamNumber,
    NoMoreTypes,
    NotImplementedMF,
    TransformTypeNotSet,
)
from gpumft.mft import Flow, InputStatus, Message, OutputDataBuffer, OutputStatus, Transform
from tests.scenarios.actors import Copier, Token, typed


def test_types_are_offered_set_and_read_back() -> None:
    mft = Copier()
    assert mft.available_input_types() == ("red", "blue")
    assert mft.input_available_type(0) == "red"
    assert mft.input_available_type(1) == "blue"
    mft.set_input_type("red")
    assert mft.available_output_types() == ("red",)
    mft.set_output_type("red")
    assert mft.input_current_type() == "red"
    assert mft.output_current_type() == "red"


@pytest.mark.parametrize("index", [2, 99, -1])
def test_beyond_the_list_there_are_no_more_types(index: int) -> None:
    with pytest.raises(NoMoreTypes, match="the list has 2"):
        Copier().input_available_type(index)


def test_the_output_list_may_need_the_input_type() -> None:
    mft = Copier()
    with pytest.raises(TransformTypeNotSet):
        mft.available_output_types()
    with pytest.raises(TransformTypeNotSet):
        mft.output_available_type(0)
    with pytest.raises(TransformTypeNotSet):
        mft.set_output_type("red")


def test_a_transform_may_have_no_list() -> None:
    class Bare(Transform[Token, str]):
        pass

    with pytest.raises(NotImplementedMF):
        Bare().available_input_types()
    with pytest.raises(NotImplementedMF):
        Bare().output_available_type(0)


def test_a_type_not_offered_is_refused_and_both_sides_are_named() -> None:
    mft = typed(Copier())
    with pytest.raises(InvalidMediaType, match=r"green .*red, blue"):
        mft.set_input_type("green")
    assert mft.input_current_type() == "red"


def test_current_types_are_not_set_at_first() -> None:
    mft = Copier()
    with pytest.raises(TransformTypeNotSet):
        mft.input_current_type()
    with pytest.raises(TransformTypeNotSet):
        mft.output_current_type()


def test_the_current_type_is_the_transforms_own() -> None:
    class Named(Copier):
        def _check_input_type(self, type: object, id: int) -> str:
            return str(type)

    mft = Named()
    word = ["red"]
    mft.set_input_type(word)
    word.append("edited by the client")
    assert mft.input_current_type() == "['red']"


def test_test_only_changes_nothing() -> None:
    mft = typed(Copier())
    mft.log.clear()
    mft.set_input_type("blue", test_only=True)
    mft.set_input_type(None, test_only=True)
    mft.set_output_type(None, test_only=True)
    assert (mft.input_current_type(), mft.output_current_type()) == ("red", "red")
    with pytest.raises(InvalidMediaType):
        mft.set_input_type("green", test_only=True)
    assert mft.log == []


def test_none_clears_a_type_and_stops_the_flow() -> None:
    mft = typed(Copier())
    mft.set_input_type(None)
    assert mft.output_current_type() == "red"
    with pytest.raises(TransformTypeNotSet):
        mft.input_current_type()
    with pytest.raises(TransformTypeNotSet):
        mft.process_input(Token(1))
    mft.set_input_type("red")
    mft.process_input(Token(1))


def test_setting_one_side_may_clear_the_other() -> None:
    mft = typed(Copier())
    mft.set_input_type("red")
    assert mft.output_current_type() == "red"
    mft.set_input_type("blue")
    with pytest.raises(TransformTypeNotSet):
        mft.output_current_type()


@pytest.mark.parametrize("test_only", [False, True])
@pytest.mark.parametrize("word", ["red", "green", None])
def test_types_are_locked_while_a_sample_is_held(test_only: bool, word: str | None) -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    with pytest.raises(CannotChangeMediaTypeWhileProcessing):
        mft.set_input_type(word, test_only=test_only)
    with pytest.raises(CannotChangeMediaTypeWhileProcessing):
        mft.set_output_type(word, test_only=test_only)
    mft.process_message(Message.FLUSH)
    mft.set_input_type("red", test_only=test_only)


def test_the_stream_is_checked_before_anything_else() -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    calls: list[Callable[[], object]] = [
        lambda: mft.set_input_type("green", 1),
        lambda: mft.set_output_type("green", 7),
        lambda: mft.available_input_types(1),
        lambda: mft.input_available_type(99, -1),
        lambda: mft.available_output_types(1),
        lambda: mft.input_current_type(1),
        lambda: mft.output_current_type(1),
        lambda: mft.input_stream_info(1),
        lambda: mft.output_stream_info(1),
        lambda: mft.input_status(1),
        lambda: mft.input_stream_attributes(1),
        lambda: mft.output_stream_attributes(1),
        lambda: mft.process_input(Token(1), 1, 1),
    ]
    for call in calls:
        with pytest.raises(InvalidStreamNumber, match="only"):
            call()


def test_without_types_no_data_moves() -> None:
    mft = Copier()
    with pytest.raises(TransformTypeNotSet):
        mft.process_input(Token(1))
    with pytest.raises(TransformTypeNotSet):
        mft.process_output([OutputDataBuffer()])
    mft.set_input_type("red")
    with pytest.raises(TransformTypeNotSet):
        mft.process_input(Token(1))


def test_status_needs_types() -> None:
    mft = Copier()
    with pytest.raises(TransformTypeNotSet):
        mft.input_status()
    mft.set_input_type("red")
    with pytest.raises(TransformTypeNotSet):
        mft.input_status()
    with pytest.raises(TransformTypeNotSet):
        mft.output_status()
    mft.set_output_type("red")
    assert mft.input_status() == InputStatus.ACCEPT_DATA
    assert mft.output_status() == OutputStatus.NONE


def test_a_refused_configuration_leaves_the_old_types_in_force() -> None:
    class Picky(Copier):
        def _keeps_outputs(self, type: str, id: int) -> bool:
            return True

        def _configure(self, inputs: object, outputs: object) -> None:
            if inputs != {0: "red"}:
                raise InvalidMediaType("only red to red can be built")

    mft = typed(Picky())
    with pytest.raises(InvalidMediaType, match="built"):
        mft.set_input_type("blue")
    assert mft.input_current_type() == "red"
    mft.process_input(Token(5, time=0))
    buffer = OutputDataBuffer(0, Token())
    assert mft.process_output([buffer]).flow is Flow.OK
    assert buffer.sample is not None
    assert buffer.sample.value == 5


def test_work_is_prepared_when_the_types_are_complete() -> None:
    mft = Copier()
    mft.set_input_type("red")
    assert "configure red red" not in mft.log
    mft.set_output_type("red")
    assert "configure red red" in mft.log


def test_new_types_are_a_fresh_start() -> None:
    mft = typed(Copier())
    mft.log.clear()
    mft.set_output_type("red")
    assert mft.log == ["configure red red", "restart"]


def test_a_change_of_type_while_streaming_allocates_anew() -> None:
    mft = typed(Copier())
    mft.process_message(Message.BEGIN_STREAMING)
    mft.log.clear()
    mft.set_input_type("blue")
    mft.set_output_type("blue")
    mft.process_input(Token(1))
    assert [word for word in mft.log if word != "restart"] == [
        "end",
        "configure blue blue",
        "begin",
    ]
