"""Transcripts: the client's loops make the founding document's steps and no others."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import pytest

from gpumft.errors import Fail, NotAccepting, NotImplementedMF
from gpumft.mft import (
    Flow,
    InputStatus,
    Message,
    OutputDataBuffer,
    OutputResult,
    OutputStatus,
)
from gpumft.mft.messages import read_message
from tests.scenarios.actors import Copier, Doubler, LookAhead, Pairs, Provider, Token, typed


class Recorder(Copier):
    """Writes down each call of the client."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def process_message(self, message: Message | int | str, param: object = 0) -> None:
        self.calls.append(Message(read_message(message)).name)
        super().process_message(message, param)

    def process_input(self, sample: Token, id: int = 0, flags: int = 0) -> None:
        self.calls.append(f"in {sample.value}")
        super().process_input(sample, id, flags)

    def output_status(self) -> OutputStatus:
        status = super().output_status()
        self.calls.append(f"status {int(status)}")
        return status

    def process_output(
        self, buffers: Sequence[OutputDataBuffer[Token]], flags: int = 0
    ) -> OutputResult:
        result = super().process_output(buffers, flags)
        self.calls.append(f"out {result.flow.name}")
        return result


def values(tokens: Iterator[Token]) -> list[int | None]:
    return [token.value for token in tokens]


def test_run_makes_the_documented_steps() -> None:
    mft = typed(Recorder())
    assert values(mft.run([Token(1), Token(2)])) == [1, 2]
    each = ["status 1", "out OK", "status 0"]
    assert mft.calls == [
        "BEGIN_STREAMING",
        "START_OF_STREAM",
        *["in 1", *each],
        *["in 2", *each],
        *["END_OF_STREAM", "DRAIN", "status 0"],
        "END_STREAMING",
    ]


def test_without_output_status_process_output_is_asked() -> None:
    class Terse(Recorder):
        def output_status(self) -> OutputStatus:
            raise NotImplementedMF("optional")

    mft = typed(Terse())
    assert values(mft.run([Token(1)])) == [1]
    assert mft.calls == [
        *["BEGIN_STREAMING", "START_OF_STREAM", "in 1", "out OK", "out NEED_MORE_INPUT"],
        *["END_OF_STREAM", "DRAIN", "out NEED_MORE_INPUT", "END_STREAMING"],
    ]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (Copier, [1, 2, 3]),
        (LookAhead, [3, 5, 3]),
        (Doubler, [1, 1, 2, 2, 3, 3]),
        (Pairs, [3]),
    ],
)
def test_run_takes_all_there_is(make: type[Copier], expected: list[int]) -> None:
    mft = typed(make())
    for _ in range(2):
        assert values(mft.run(map(Token, [1, 2, 3]))) == expected


def test_run_of_nothing() -> None:
    mft = typed(Recorder())
    assert values(mft.run([])) == []
    assert mft.calls[-4:] == ["END_OF_STREAM", "DRAIN", "status 0", "END_STREAMING"]


def test_run_is_lazy_and_keeps_little_inside() -> None:
    mft = typed(Copier())
    taken: list[int] = []

    def source() -> Iterator[Token]:
        for value in range(3):
            taken.append(value)
            yield Token(value)

    out = mft.run(source())
    assert taken == []
    assert next(out).value == 0
    assert taken == [0]
    assert values(out) == [1, 2]


def test_run_ended_early_flushes() -> None:
    mft = typed(Recorder())
    out = mft.run([Token(1), Token(2)])
    next(out)
    out.close()
    assert mft.calls[-2:] == ["FLUSH", "END_STREAMING"]
    assert values(mft.run([Token(3)])) == [3]


def test_run_that_fails_leaves_the_transform_usable() -> None:
    mft = typed(Copier())
    mft.fail = Fail("broken")
    with pytest.raises(Fail):
        list(mft.run([Token(1)]))
    mft.fail = None
    assert values(mft.run([Token(2)])) == [2]


def test_a_source_that_fails_passes_through() -> None:
    def source() -> Iterator[Token]:
        yield Token(1)
        raise OSError("disk gone")

    mft = typed(Copier())
    with pytest.raises(OSError, match="disk gone"):
        list(mft.run(source()))
    assert mft.output_status() == OutputStatus.NONE


def test_output_left_inside_comes_out_first() -> None:
    mft = typed(Copier())
    mft.push(Token(1))
    assert values(mft.run([Token(2), Token(3)])) == [1, 2, 3]


def test_run_gives_up_when_the_transform_never_accepts() -> None:
    class Never(Copier):
        def _accept(self, sample: Token, id: int) -> None:
            raise NotAccepting("never")

    with pytest.raises(NotAccepting):
        list(typed(Never()).run([Token(1)]))


def tokens(count: int) -> list[Token]:
    return [
        Token(value, time=10 * value, duration=10, attributes={"name": value})
        for value in range(count)
    ]


def alternating(mft: Copier, source: list[Token]) -> Iterator[Token]:
    """A client that asks for output once after each input; refused ones come again."""
    todo = deque(source)
    while todo:
        with suppress(NotAccepting):
            mft.push(todo[0])
            todo.popleft()
        got = mft.pull()
        if not isinstance(got, Flow):
            yield got
    yield from mft.drain()


def greedy(mft: Copier, source: list[Token]) -> Iterator[Token]:
    """A client that gives as much as is taken, then takes as much as there is."""
    todo = deque(source)
    while todo:
        with suppress(NotAccepting):
            while todo:
                mft.push(todo[0])
                todo.popleft()
        while not isinstance(got := mft.pull(), Flow):
            yield got
    yield from mft.drain()


def eager(mft: Copier, source: list[Token]) -> Iterator[Token]:
    """A client that begins streaming twice, and ends and begins it in the middle."""
    for _ in range(2):
        mft.process_message(Message.BEGIN_STREAMING)
    for place, token in enumerate(source):
        if place == len(source) // 2:
            mft.process_message(Message.END_STREAMING)
        while mft.input_status() != InputStatus.ACCEPT_DATA:
            yield mft.pull()  # type: ignore[misc]  # a sample: there is one
        mft.push(token)
    yield from mft.drain()


@pytest.mark.parametrize("client", [alternating, greedy, eager])
@pytest.mark.parametrize("make", [Copier, LookAhead, Doubler, Pairs, Provider])
@pytest.mark.parametrize("count", [0, 1, 5])
def test_every_order_of_calls_gives_the_same_samples(
    client: Callable[[Copier, list[Token]], Iterator[Token]], make: type[Copier], count: int
) -> None:
    """Clients that never begin streaming, and clients that take their time."""
    one, other = make(), make()
    for mft in (one, other):
        typed(mft)
        if isinstance(mft, Provider):
            mft.free = 99
    assert list(client(one, tokens(count))) == list(other.run(tokens(count)))


def test_drain_is_sent_at_the_call() -> None:
    mft = typed(Recorder())
    mft.push(Token(1))
    tail = mft.drain()
    assert mft.calls[-1] == "DRAIN"
    assert values(tail) == [1]


def test_pull_does_not_allocate_for_a_provider() -> None:
    class Counting(Provider):
        def _allocate_output(self, id: int) -> Token:
            raise AssertionError("not the client's task")

    assert values(typed(Counting()).run([Token(1)])) == [1]


def test_pull_does_not_allocate_for_nothing() -> None:
    class Counting(Copier):
        allocated = 0

        def _allocate_output(self, id: int) -> Token:
            self.allocated += 1
            return super()._allocate_output(id)

    mft = typed(Counting())
    list(mft.run(map(Token, range(4))))
    assert mft.allocated == 4


def test_pull_keeps_what_the_other_outputs_deliver() -> None:
    mft = Copier(outputs=2)
    assert mft.stream_count() == (1, 2)
    mft.set_input_type("red")
    for id in (0, 1):
        mft.set_output_type("red", id)
    for value in (1, 2):
        mft.push(Token(value))
        assert mft.pull(1).value == value
    assert mft.pull(1) is Flow.NEED_MORE_INPUT
    assert [mft.pull(0).value for _ in range(2)] == [1, 2]
    mft.push(Token(3))
    mft.pull(1)
    mft.flush()
    assert mft.pull(0) is Flow.NEED_MORE_INPUT


def test_run_is_for_one_output() -> None:
    mft = Copier(outputs=2)
    mft.set_input_type("red")
    for id in (0, 1):
        mft.set_output_type("red", id)
    with pytest.raises(NotImplementedMF, match="push and pull"):
        list(mft.run([Token(1)]))
