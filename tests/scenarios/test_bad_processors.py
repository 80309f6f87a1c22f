"""Transcripts: authors' mistakes. After an error the state is what it was before."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from gpumft.errors import Fail, NotAccepting, SampleAllocatorEmpty, Unexpected
from gpumft.mft import Flow, InputStatus, Message, OutputDataBuffer, OutputStatus
from tests.scenarios.actors import Copier, Doubler, LookAhead, Pairs, Provider, Token, typed


class Faulty(Copier):
    """Returns what it is told to."""

    def __init__(self, result: Callable[[Token | None], Any]) -> None:
        super().__init__()
        self.result: Callable[[Token | None], Any] | None = result

    def _produce(self, into: Token | None, id: int) -> Token:
        made = super()._produce(into, id)
        return self.result(into) if self.result else made


@pytest.mark.parametrize(
    "result",
    [
        lambda _: None,
        lambda _: [],
        lambda into: [into],
        lambda into: [into, Token()],
        lambda _: Token(7),
    ],
    ids=["nothing", "none of a list", "a list", "too many", "another"],
)
@pytest.mark.parametrize("provides", [False, True])
def test_one_output_is_one_sample(result: Callable[[Any], Any], provides: bool) -> None:
    mft = typed(Faulty(result))
    mft.flags = Provider.flags if provides else mft.flags
    if provides and isinstance(result(None), Token):
        return  # a provider may return any sample
    mft.process_input(Token(1))
    entry = OutputDataBuffer(0, None if provides else Token())
    for _ in range(2):
        with pytest.raises(Unexpected, match="has to return"):
            mft.process_output([entry])
        assert mft.output_status() == OutputStatus.SAMPLE_READY
    mft.result = None
    assert mft.process_output([entry]).flow is Flow.OK
    assert entry.sample is not None
    assert entry.sample.value == 1


@pytest.mark.parametrize(
    "error", [Fail("mine"), ZeroDivisionError(), MemoryError(), KeyboardInterrupt()], ids=repr
)
@pytest.mark.parametrize("make", [Copier, LookAhead, Doubler, Pairs])
def test_a_processor_that_raises_loses_nothing(error: BaseException, make: type[Copier]) -> None:
    mft = typed(make())
    while mft.input_status() == InputStatus.ACCEPT_DATA:
        mft.process_input(Token(1))
    mft.fail = error
    entry = OutputDataBuffer(0, Token())
    for _ in range(2):
        with pytest.raises(type(error)):
            mft.process_output([entry])
        with pytest.raises(NotAccepting):
            mft.process_input(Token(9))
    mft.fail = None
    expected = {Copier: 1, LookAhead: 2, Doubler: 1, Pairs: 2}[make]
    assert mft.process_output([entry]).flow is Flow.OK
    assert entry.sample is not None
    assert entry.sample.value == expected


def test_a_second_output_that_fails_keeps_the_first_for_the_next_call() -> None:
    class Second(Copier):
        fails = True

        def _produce(self, into: Token | None, id: int) -> Token:
            if id and self.fails:
                raise Fail("second output")
            return super()._produce(into, id)

    mft = Second(outputs=2)
    mft.set_input_type("red")
    for id in (0, 1):
        mft.set_output_type("red", id)
    mft.process_input(Token(1))
    entries = [OutputDataBuffer(id, Token()) for id in (0, 1)]
    with pytest.raises(Fail):
        mft.process_output(entries)
    assert [entry.status for entry in entries] == [0, 0]
    mft.fails = False
    assert mft.process_output(entries).flow is Flow.OK
    assert [entry.sample.value for entry in entries if entry.sample] == [1, 1]


def test_samples_kept_too_long_empty_the_pool_and_nothing_else() -> None:
    mft = typed(Provider())
    kept = []
    for value in (1, 2):
        mft.process_input(Token(value))
        kept.append(mft.pull())
    mft.process_input(Token(3))
    for _ in range(3):
        with pytest.raises(SampleAllocatorEmpty):
            mft.pull()
    assert mft.output_status() == OutputStatus.SAMPLE_READY
    mft.free += 1
    assert mft.pull().value == 3


def test_a_processor_that_blocks_holds_up_its_own_transform_only() -> None:
    inside, leave = threading.Event(), threading.Event()

    class Blocking(Copier):
        def _produce(self, into: Token | None, id: int) -> Token:
            inside.set()
            assert leave.wait(60)
            return super()._produce(into, id)

    blocked, free = typed(Blocking()), typed(Copier())
    blocked.process_input(Token(1))
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.append(blocked.pull()), daemon=True)
    thread.start()
    assert inside.wait(60)
    free.process_input(Token(2))
    assert free.pull().value == 2
    assert blocked.attributes == {}, "what needs no state is answered at once"
    assert not got
    leave.set()
    thread.join(60)
    assert got[0].value == 1


def test_two_threads_push_and_pull_without_loss_or_duplicates() -> None:
    mft = typed(Doubler())
    todo = list(range(200))
    lock = threading.Lock()
    taken: list[int] = []

    def work() -> None:
        while True:
            with lock:
                if not todo and len(taken) >= 400:
                    return
                value = todo.pop() if todo else None
            while value is not None:
                try:
                    mft.process_input(Token(value))
                    value = None
                except NotAccepting:
                    take()
            take()

    def take() -> None:
        entry = OutputDataBuffer(0, Token())
        if mft.process_output([entry]).flow is Flow.OK and entry.sample is not None:
            with lock:
                taken.append(entry.sample.value or 0)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(taken) == sorted([*range(200), *range(200)])


# --- Hooks that contradict each other ---


@pytest.fixture
def asserting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUMFT_DEBUG", "protocol")


@pytest.mark.usefixtures("asserting")
def test_readiness_that_comes_from_nowhere_is_told() -> None:
    class Moody(Copier):
        ready = False

        def _wants(self, id: int) -> bool:
            return True

        def _ready(self, id: int, *, draining: bool) -> bool:
            return self.ready

    mft = typed(Moody())
    mft.process_input(Token(1))
    mft.ready = True
    with pytest.raises(Unexpected, match="changed its mind"):
        mft.input_status()
    mft.ready = False
    mft.input_status()


@pytest.mark.usefixtures("asserting")
def test_every_call_is_looked_at_and_errors_go_through() -> None:
    mft = typed(LookAhead())
    mft.process_input(Token(1))
    mft.process_input(Token(2))
    with pytest.raises(NotAccepting):
        mft.process_input(Token(3))
    mft.process_message(Message.DRAIN)
    assert [token.value for token in mft.drain()] == [3, 2]


def test_a_dead_end_is_always_told_and_takes_no_sample() -> None:
    class Stuck(Copier):
        stuck = True

        def _ready(self, id: int, *, draining: bool) -> bool:
            return not self.stuck and super()._ready(id, draining=draining)

    mft = typed(Stuck())
    for _ in range(2):
        with pytest.raises(Unexpected, match="neither wants input nor has output"):
            mft.process_input(Token(1))
    assert mft.input_status() == InputStatus.ACCEPT_DATA
    mft.stuck = False
    mft.process_input(Token(2))
    assert mft.pull().value == 2
    assert mft.pull() is Flow.NEED_MORE_INPUT


@pytest.mark.usefixtures("asserting")
def test_a_transform_that_never_takes_anything_is_told_at_once() -> None:
    class Full(Copier):
        def _wants(self, id: int) -> bool:
            return False

    mft = Full()
    mft.set_input_type("red")
    with pytest.raises(Unexpected, match="neither"):
        mft.set_output_type("red")
