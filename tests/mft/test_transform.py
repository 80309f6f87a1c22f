"""Transform as a whole: names of all methods, threads, several streams, random clients."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from gpumft.errors import (
    MFError,
    NotAccepting,
    TransformTypeNotSet,
)
from gpumft.mft import (
    Flow,
    InputStatus,
    Message,
    OutputBufferStatus,
    OutputDataBuffer,
    OutputStatus,
    OutputStreamFlags,
    ProcessOutputFlags,
    transform,
)
from tests.scenarios.actors import (
    Copier,
    Token,
    typed,
)

IMF_TRANSFORM = [
    "GetStreamLimits",
    "GetStreamCount",
    "GetStreamIDs",
    "GetInputStreamInfo",
    "GetOutputStreamInfo",
    "GetAttributes",
    "GetInputStreamAttributes",
    "GetOutputStreamAttributes",
    "DeleteInputStream",
    "AddInputStreams",
    "GetInputAvailableType",
    "GetOutputAvailableType",
    "SetInputType",
    "SetOutputType",
    "GetInputCurrentType",
    "GetOutputCurrentType",
    "GetInputStatus",
    "GetOutputStatus",
    "SetOutputBounds",
    "ProcessEvent",
    "ProcessMessage",
    "ProcessInput",
    "ProcessOutput",
]


def test_every_method_of_imftransform_is_there_under_its_line() -> None:
    room = Path(str(transform.__file__)).parent
    text = "".join((room / name).read_text("utf-8") for name in ("queries.py", "transform.py"))
    found = re.findall(r"# MF: IMFTransform::(\w+)\n(?:    @property\n)?    def (\w+)", text)
    assert sorted(name for name, _ in found) == sorted(IMF_TRANSFORM)
    for name, python in found:
        words = re.findall(r"IDs|[A-Z][a-z]+", name.removeprefix("Get"))
        assert python == "_".join(word.lower() for word in words)


def test_calls_from_two_threads_are_serialised() -> None:
    mft = typed(Copier())
    inside: list[int] = []
    overlaps: list[int] = []
    original: Callable[[Token | None, int], Token] = mft._produce

    def produce(into: Token | None, id: int) -> Token:
        inside.append(1)
        if len(inside) > 1:
            overlaps.append(1)
        result = original(into, id)
        inside.pop()
        return result

    mft._produce = produce
    taken: list[int | None] = []

    def work() -> None:
        for value in range(300):
            with suppress(NotAccepting):
                mft.process_input(Token(value))
            buffer = OutputDataBuffer(0, Token())
            if mft.process_output([buffer]).flow is Flow.OK:
                taken.append(buffer.sample.value if buffer.sample else None)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not overlaps
    assert len(taken) >= 300


@pytest.mark.parametrize(
    "call",
    [
        lambda mft: mft.process_input(Token(1)),
        lambda mft: mft.process_output([OutputDataBuffer(0, Token())]),
        lambda mft: mft.process_message(Message.FLUSH),
        lambda mft: mft.set_input_type("red"),
        lambda mft: mft.set_output_type("red"),
        lambda mft: mft.input_status(),
        lambda mft: mft.output_status(),
    ],
    ids=lambda call: call.__code__.co_names[-1],
)
def test_a_call_waits_for_the_one_under_way(call: Callable[[Copier], object]) -> None:
    inside, leave, done = threading.Event(), threading.Event(), threading.Event()

    class Slow(Copier):
        def _produce(self, into: Token | None, id: int) -> Token:
            inside.set()
            assert leave.wait(60)
            return super()._produce(into, id)

    def first() -> None:
        mft.process_output([OutputDataBuffer(0, Token())])

    def second() -> None:
        assert inside.wait(60)
        with suppress(MFError):
            call(mft)
        done.set()

    mft = typed(Slow())
    mft.process_input(Token(0))
    threads = [
        threading.Thread(target=first, daemon=True),
        threading.Thread(target=second, daemon=True),
    ]
    for thread in threads:
        thread.start()
    assert not done.wait(0.02)
    leave.set()
    for thread in threads:
        thread.join()
    assert done.is_set()


class TwoOutputs(Copier):
    """One input, two outputs that may be discarded."""

    flags = OutputStreamFlags.DISCARDABLE

    def __init__(self) -> None:
        super().__init__(outputs=2)


def test_several_outputs_are_filled_by_place() -> None:
    mft = TwoOutputs()
    mft.set_input_type("red")
    mft.set_output_type("red", 0)
    with pytest.raises(TransformTypeNotSet):
        mft.process_input(Token(1))
    mft.set_output_type("red", 1)
    mft.process_input(Token(5))
    buffers = [OutputDataBuffer(0, Token()), OutputDataBuffer[Token](1, None)]
    assert mft.process_output(buffers, ProcessOutputFlags.DISCARD_WHEN_NO_BUFFER).flow is Flow.OK
    assert buffers[0].sample == Token(5)
    assert buffers[0].status == OutputBufferStatus.NONE
    assert buffers[1].status == OutputBufferStatus.NO_SAMPLE
    assert mft.output_status() == OutputStatus.NONE


def test_several_inputs_are_asked_one_by_one() -> None:
    mft = Copier(inputs=2)
    for id in (0, 1):
        mft.set_input_type("red", id)
    mft.set_output_type("red")
    mft.process_input(Token(1), 0)
    with pytest.raises(NotAccepting, match="input stream 0 is full"):
        mft.process_input(Token(2), 0)
    assert (mft.input_status(0), mft.input_status(1)) == (
        InputStatus.NONE,
        InputStatus.ACCEPT_DATA,
    )
    assert mft.pull() is Flow.NEED_MORE_INPUT
    mft.process_input(Token(3), 1)
    assert mft.pull().value == 1
    assert mft.input_status(0) == InputStatus.ACCEPT_DATA
