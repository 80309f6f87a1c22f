"""negotiate(): input first, output first, either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from gpumft.errors import (
    CannotChangeMediaTypeWhileProcessing,
    InvalidMediaType,
    NotImplementedMF,
    TransformTypeNotSet,
)
from gpumft.mft import Transform, negotiate
from tests.scenarios.actors import Copier, Token, typed

PAIRS = {("red", "dark"), ("blue", "dark"), ("blue", "light")}


class Either(Transform[Token, str]):
    """Knows some pairs of types and takes the sides in any order."""

    first: str = "either"

    def _input_types(self, id: int) -> Sequence[object]:
        if self.first == "output" and self._output_type() is None:
            raise TransformTypeNotSet("set the output type first")
        return sorted({i for i, o in PAIRS if self._output_type() in (None, o)}, reverse=True)

    def _output_types(self, id: int) -> Sequence[object]:
        if self.first == "input" and self._input_type() is None:
            raise TransformTypeNotSet("set the input type first")
        return sorted({o for i, o in PAIRS if self._input_type() in (None, i)})


class InputFirst(Either):
    first = "input"


class OutputFirst(Either):
    first = "output"


class Unlisted(Either):
    """Has no lists of preferred types."""

    def _input_types(self, id: int) -> Sequence[object]:
        raise NotImplementedMF("no list")

    _output_types = _input_types

    def _check_input_type(self, type: object, id: int) -> str:
        return self._listed(type, super()._input_types(id), "input")

    def _check_output_type(self, type: object, id: int) -> str:
        return self._listed(type, super()._output_types(id), "output")


class UnlistedInputFirst(Unlisted):
    """Has no lists, and refuses an output type before the input's."""

    first = "input"

    def _output_types(self, id: int) -> Sequence[object]:
        if self.first == "input" and self._input_type() is None:
            raise TransformTypeNotSet("set the input type first")
        raise NotImplementedMF("no list")

    def _input_types(self, id: int) -> Sequence[object]:
        if self.first == "output" and self._output_type() is None:
            raise TransformTypeNotSet("set the output type first")
        raise NotImplementedMF("no list")


class UnlistedOutputFirst(UnlistedInputFirst):
    first = "output"


def types(mft: Transform[Token, str]) -> tuple[str, str]:
    return mft.input_current_type(), mft.output_current_type()


@pytest.mark.parametrize("make", [Either, InputFirst, OutputFirst])
def test_the_transforms_own_lists_will_do(make: type[Either]) -> None:
    mft = make()
    negotiate(mft)
    assert types(mft) == ("red", "dark")


@pytest.mark.parametrize(
    "make",
    [Either, InputFirst, OutputFirst, Unlisted, UnlistedInputFirst, UnlistedOutputFirst],
)
@pytest.mark.parametrize(
    ("inputs", "outputs", "expected"),
    [
        ("blue", "light", ("blue", "light")),
        (["green", "blue"], ["violet", "light"], ("blue", "light")),
        (("red", "blue"), "light", ("blue", "light")),
        (["red", "blue"], ["light", "dark"], None),
    ],
)
def test_what_the_client_wants_is_found(
    make: type[Either], inputs: object, outputs: object, expected: tuple[str, str] | None
) -> None:
    mft = make()
    negotiate(mft, inputs, outputs)
    if expected is None:  # the side that comes first gets its first wish
        expected = ("blue", "light") if make.first == "output" else ("red", "dark")
    assert types(mft) == expected


@pytest.mark.parametrize("make", [Either, InputFirst, OutputFirst])
def test_one_side_may_be_left_to_the_transform(make: type[Either]) -> None:
    mft = make()
    negotiate(mft, outputs="light")
    assert types(mft) == ("blue", "light")
    mft = make()
    negotiate(mft, "blue")
    assert types(mft) == ("blue", "dark")


def test_when_nothing_fits_both_lists_are_named_and_nothing_changes() -> None:
    mft = Either()
    negotiate(mft, "blue", "dark")
    with pytest.raises(InvalidMediaType, match=r"\[red\] as input .*\[light\] as output") as caught:
        negotiate(mft, "red", "light")
    assert "dark" in str(caught.value)
    assert "light" in str(caught.value)
    assert types(mft) == ("blue", "dark")


def test_when_nothing_fits_unset_types_stay_unset() -> None:
    mft = InputFirst()
    with pytest.raises(InvalidMediaType, match="needs the other side first"):
        negotiate(mft, "green", "light")
    with pytest.raises(TransformTypeNotSet):
        mft.input_current_type()


def test_negotiating_again_changes_the_types() -> None:
    mft = Copier()
    negotiate(mft, "red")
    negotiate(mft, "blue")
    assert (mft.input_current_type(), mft.output_current_type()) == ("blue", "blue")


def test_a_refusal_when_the_pair_is_built_tries_the_next() -> None:
    class Builder(Either):
        def _configure(self, inputs: Mapping[int, str], outputs: Mapping[int, str]) -> None:
            if outputs[0] == "dark":
                raise InvalidMediaType("no kernel for dark")

    mft = Builder()
    negotiate(mft, ["red", "blue"])
    assert types(mft) == ("blue", "light")


def test_held_samples_forbid_it() -> None:
    mft = typed(Copier())
    mft.process_input(Token(1))
    with pytest.raises(CannotChangeMediaTypeWhileProcessing):
        negotiate(mft, "blue")
    assert mft.pull().value == 1


def test_a_side_that_was_cleared_again_does_not_count() -> None:
    class Forgetful(OutputFirst):
        def _keeps_outputs(self, type: str, id: int) -> bool:
            return False

    with pytest.raises(InvalidMediaType, match="no media types fit"):
        negotiate(Forgetful(), "red", "dark")
