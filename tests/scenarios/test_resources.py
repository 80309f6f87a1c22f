"""Transcripts: resources that streaming needs, released and had again."""

import pytest

from gpumft.errors import (
    Fail,
    InvalidRequest,
)
from gpumft.mft import Message
from tests.scenarios.actors import Copier, Token, typed


class Resourceful(Copier):
    """Counts what is allocated."""

    takes_device = True

    def _set_device(self, device: object) -> None:
        self.log.append(f"device {device}")


@pytest.mark.parametrize(
    ("messages", "log"),
    [
        (["release_resources"], []),
        (["reacquire_resources"], []),
        (["begin_streaming", "release_resources"], ["begin", "end"]),
        (["begin_streaming", "release_resources", "release_resources"], ["begin", "end"]),
        (
            ["begin_streaming", "release_resources", "reacquire_resources"],
            ["begin", "end", "begin"],
        ),
        (["begin_streaming", "reacquire_resources"], ["begin"]),
        (["begin_streaming", "release_resources", "end_streaming"], ["begin", "end"]),
        (
            ["begin_streaming", "release_resources", "begin_streaming"],
            ["begin", "end", "begin"],
        ),
    ],
)
def test_resources_are_released_and_had_again(messages: list[str], log: list[str]) -> None:
    mft = typed(Resourceful())
    mft.log.clear()
    for message in messages:
        mft.process_message(message)
    assert mft.log == log


def test_samples_survive_a_release_and_allocate_again() -> None:
    mft = typed(Resourceful())
    mft.process_input(Token(1))
    mft.process_message(Message.RELEASE_RESOURCES)
    mft.log.clear()
    assert mft.pull().value == 1
    assert mft.log == ["begin"]


def test_released_resources_still_belong_to_the_device() -> None:
    mft = typed(Resourceful())
    mft.process_message("begin_streaming")
    mft.process_message("release_resources")
    with pytest.raises(InvalidRequest, match="streaming"):
        mft.process_message("set_device_manager", None)
    mft.process_message("end_streaming")
    mft.process_message("set_device_manager", None)
    assert mft.log[-1] == "device None"


def test_a_reacquisition_that_fails_may_be_repeated() -> None:
    class Poor(Resourceful):
        poor = False

        def _begin_streaming(self) -> None:
            if self.poor:
                raise Fail("no memory yet")
            super()._begin_streaming()

    mft = typed(Poor())
    mft.process_message("begin_streaming")
    mft.process_message("release_resources")
    mft.poor = True
    with pytest.raises(Fail):
        mft.process_message("reacquire_resources")
    mft.poor = False
    mft.process_message("reacquire_resources")
    assert mft.log[-1] == "begin"
