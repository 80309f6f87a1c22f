"""Transcripts: inputs that the client adds and removes while samples flow."""

from __future__ import annotations

import pytest

from gpumft.errors import (
    CannotChangeMediaTypeWhileProcessing,
    Fail,
    InputRemaining,
    InvalidArg,
    InvalidRequest,
    InvalidStreamNumber,
    MFError,
    NotImplementedMF,
    NullPointer,
    TransformTypeNotSet,
)
from gpumft.mft import (
    OutputStatus,
)
from tests.scenarios.actors import Copier, Token
from tests.scenarios.stream_actors import AnyInputs, AnyOutputs, select


def inputs(*selected: int) -> AnyInputs:
    mft = AnyInputs()
    select(mft, 0, inputs=selected or (0, 1))
    return mft


def test_streams_that_vary_have_numbers() -> None:
    mft = AnyInputs()
    assert mft.stream_limits() == (1, 4, 1, 1)
    assert mft.stream_ids() == ((0, 1), (0,))
    mft.add_input_streams([7, 0xFFFFFFFF])
    assert mft.stream_count() == (4, 1)
    assert mft.stream_ids() == ((0, 1, 7, 0xFFFFFFFF), (0,))
    mft.delete_input_stream(1)
    assert mft.stream_ids() == ((0, 7, 0xFFFFFFFF), (0,))
    assert mft.log[:4] == ["add 7", "add 4294967295", "remove 1"]


@pytest.mark.parametrize(
    ("ids", "error"),
    [
        (None, NullPointer),
        ([], InvalidArg),
        ([5, 5], InvalidArg),
        ([1], InvalidArg),
        ([-1], InvalidArg),
        ([1 << 32], InvalidArg),
        (["a"], InvalidArg),
        ([5, 6, 7], InvalidArg),
        ([5, 13], ValueError),
    ],
)
def test_inputs_that_cannot_be_added(ids: list[int], error: type[Exception]) -> None:
    mft = inputs()
    with pytest.raises(error):
        mft.add_input_streams(ids)
    assert mft.stream_count() == (2, 1)
    assert mft.log.count("add 5") == mft.log.count("remove 5")
    mft.process_input(Token(1), 0)


def test_inputs_of_a_transform_with_fixed_streams_stay() -> None:
    for call in (lambda: AnyOutputs().add_input_streams([1]), lambda: Copier().stream_ids()):
        with pytest.raises(NotImplementedMF, match="fixed"):
            call()
    with pytest.raises(NotImplementedMF, match="fixed"):
        AnyOutputs().delete_input_stream(7)


def test_a_new_optional_input_is_deselected_until_it_has_a_type() -> None:
    mft = inputs()
    mft.process_input(Token(1), 0)
    mft.add_input_streams([7])
    mft.process_input(Token(2), 1)
    assert mft.pull().value == 3
    mft.set_input_type("red", 7)
    for id in (0, 1, 7):
        mft.process_input(Token(1), id)
    assert mft.pull().value == 3


def test_a_new_mandatory_input_stops_the_flow_until_it_has_a_type() -> None:
    mft = inputs()
    mft.process_input(Token(1), 0)
    with pytest.raises(CannotChangeMediaTypeWhileProcessing):
        mft.add_input_streams([9])
    assert mft.stream_count() == (2, 1)
    mft.flush()
    mft.add_input_streams([9])
    with pytest.raises(TransformTypeNotSet):
        mft.process_input(Token(1), 0)
    mft.set_input_type("red", 9)
    for id in (0, 1, 9):
        mft.process_input(Token(1), id)
    assert mft.pull().value == 3


@pytest.mark.parametrize(
    ("id", "error"),
    [(3, InvalidStreamNumber), (0, InvalidRequest), (1, InputRemaining)],
)
def test_inputs_that_cannot_be_removed(id: int, error: type[MFError]) -> None:
    mft = inputs()
    mft.process_input(Token(5), 1)
    with pytest.raises(error):
        mft.delete_input_stream(id)
    assert mft.stream_ids()[0] == (0, 1)
    mft.process_input(Token(1), 0)
    assert mft.pull().value == 6


def test_without_the_input_that_was_missing_there_is_output() -> None:
    mft = inputs()
    mft.process_input(Token(5), 0)
    assert mft.output_status() == OutputStatus.NONE
    mft.delete_input_stream(1)
    assert mft.log[-2:] == ["configure [0] [0]", "remove 1"]
    assert mft.pull().value == 5
    mft.process_input(Token(6), 0)
    assert mft.pull().value == 6


def test_a_removal_that_cannot_be_built_changes_nothing() -> None:
    class Rigid(AnyInputs):
        def _configure(self, inputs: object, outputs: object) -> None:
            if inputs == {0: "red"}:
                raise Fail("two or nothing")

    mft = Rigid()
    select(mft, 0, inputs=(1, 0))
    with pytest.raises(Fail):
        mft.delete_input_stream(1)
    assert mft.stream_ids()[0] == (0, 1)
    for id in (0, 1):
        mft.process_input(Token(1), id)
    assert mft.pull().value == 2


def test_the_only_selected_input_leaves_nothing_to_do() -> None:
    mft = inputs(1)
    mft.delete_input_stream(1)
    with pytest.raises(TransformTypeNotSet):
        mft.process_input(Token(1), 0)
    mft.set_input_type("red", 0)
    mft.process_input(Token(1), 0)
    assert mft.pull().value == 1
    with pytest.raises(InvalidRequest, match="last"):
        mft.delete_input_stream(0)
