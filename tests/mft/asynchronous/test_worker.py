"""The worker thread: what goes on beside it, and how it ends."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gpumft.errors import Fail, InvalidRequest, NotImplementedMF, Shutdown
from gpumft.mft import DISCONTINUITY, Flow, Message, OutputDataBuffer
from gpumft.mft.asynchronous import (
    AsyncTransform,
    DrainComplete,
    EventResult,
    HaveOutput,
    NeedInput,
    ShutdownStatus,
    as_async,
)
from tests.scenarios.actors import Copier, Doubler, LookAhead, Pairs, Provider, Switcher, Token
from tests.scenarios.actors import typed as with_types

ROOT = Path(__file__).parents[3]
PATIENCE = 60


class Gated(Copier):
    """Works when the test opens the gate, once for each opening."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.gate = threading.Semaphore(0), threading.Semaphore(0)

    def _produce(self, into: Token | None, id: int) -> Token:
        self.inside.release()
        assert self.gate.acquire(timeout=PATIENCE)
        return super()._produce(into, id)

    def wait(self) -> None:
        assert self.inside.acquire(timeout=PATIENCE)


def busy() -> tuple[Gated, AsyncTransform[Token, str]]:
    """A transform whose worker is in the middle of the first sample."""
    inner = with_types(Gated())
    mft: AsyncTransform[Token, str] = as_async(inner)
    mft.process_message(Message.START_OF_STREAM)
    assert mft.get_event() == NeedInput(0)
    mft.process_input(Token(1))
    inner.wait()
    return inner, mft


def pull(mft: AsyncTransform[Token, str]) -> Any:
    got = mft.pull()
    return got if isinstance(got, Flow) else got.value


def test_the_next_input_is_taken_before_the_first_output_is_there() -> None:
    inner, mft = busy()
    assert mft.get_event() == NeedInput(0)
    mft.process_input(Token(2))  # while the first is being worked on
    inner.gate.release()
    assert mft.get_event() == HaveOutput()
    inner.wait()  # the second is being worked on, and the first was not taken
    assert pull(mft) == 1
    inner.gate.release()
    assert {mft.get_event(), mft.get_event()} == {NeedInput(0), HaveOutput()}
    assert pull(mft) == 2
    mft.shutdown()


def test_output_is_taken_while_the_worker_works() -> None:
    inner, mft = busy()
    mft.process_input(Token(2))
    inner.gate.release()
    inner.wait()
    assert pull(mft) == 1
    assert mft.input_status()
    assert not mft.output_status()
    mft.process_message(Message.MARKER, 1)
    mft.process_message(Message.DRAIN)
    inner.gate.release()
    events = list(iter(mft.get_event, DrainComplete(0)))
    assert events[-1].attributes == {"MF_EVENT_MFT_CONTEXT": 1}
    mft.shutdown()


def test_shutdown_in_the_middle_of_everything() -> None:
    inner, mft = busy()
    mft.get_event()
    told: list[Exception] = []

    def client(call: Callable[[], object]) -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - shown to the test
            told.append(error)

    sample = Token(2)
    gone = weakref.ref(sample)
    mft.process_input(sample)
    del sample
    calls: list[Callable[[], object]] = [
        mft.get_event,
        mft.flush,
        lambda: mft.set_input_type("red"),
    ]
    threads = [threading.Thread(target=client, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    mft.shutdown()  # does not wait for the worker
    threads[0].join(PATIENCE)
    assert isinstance(told[0], Shutdown)
    assert gone() is None
    assert mft.shutdown_status() is ShutdownStatus.INITIATED
    worker = mft._runner.thread
    assert worker is not None
    inner.gate.release()
    worker.join(PATIENCE)
    assert not worker.is_alive()
    for thread in threads:
        thread.join(PATIENCE)
    assert [type(error) for error in told] == [Shutdown] * 3
    assert mft.shutdown_status() is ShutdownStatus.COMPLETED
    assert not inner._held()
    assert inner.log[-1] == "end"


def test_flush_waits_for_the_sample_under_way_and_no_longer() -> None:
    inner, mft = busy()
    mft.process_input(Token(2))
    flusher = threading.Thread(target=mft.flush, daemon=True)
    flusher.start()
    while not mft._turn.locked():
        pass
    inner.gate.release()
    flusher.join(PATIENCE)
    mft.process_message(Message.START_OF_STREAM)
    mft.process_input(Token(3))
    inner.wait()
    inner.gate.release()
    for event in iter(mft.get_event, HaveOutput()):
        assert event == NeedInput(0)
    assert pull(mft) == 3
    mft.shutdown()


def test_a_transform_that_fails_at_its_end_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Bad(Copier):
        def _end_streaming(self) -> None:
            raise ZeroDivisionError("at the end")

    mft = as_async(with_types(Bad()))
    mft.process_message(Message.BEGIN_STREAMING)
    mft.shutdown()
    assert mft.shutdown_status() is ShutdownStatus.COMPLETED
    assert "at the end" in caplog.text


@pytest.mark.parametrize("how", ["shutdown", "with", "collected", "collected at work"])
def test_the_worker_ends(how: str) -> None:
    inner, mft = busy()
    worker = mft._runner.thread
    assert worker is not None
    if how != "collected at work":
        inner.gate.release()
        mft.process_message(Message.DRAIN)
        list(iter(mft.get_event, DrainComplete(0)))
    if how == "shutdown":
        mft.shutdown()
    elif how == "with":
        with mft:
            pass
    gone = weakref.ref(mft)
    del mft
    inner.gate.release()
    worker.join(PATIENCE if "collected" not in how else 0)
    for _ in range(1000):  # the worker lets go of the transform a moment after its last event
        gc.collect()
        worker.join(PATIENCE / 1000)
        if not worker.is_alive():
            break
    assert not worker.is_alive()
    assert gone() is None


def test_many_transforms_leave_nothing() -> None:
    workers, gone = [], []
    for number in range(100):
        mft = as_async(with_types(LookAhead()))
        out = mft.run(tokens(3))
        next(out)
        if number % 3 == 0:
            list(out)
        elif number % 3 == 1:
            mft.shutdown()
        workers.append(mft._runner.thread)
        gone.append(weakref.ref(mft._driver.transform))
    del mft, out
    for worker in workers:
        assert worker is not None
        while worker.is_alive():
            gc.collect()
            worker.join(0.01)
    assert [ref() for ref in gone] == [None] * 100


def test_no_worker_before_there_is_work() -> None:
    before = threading.active_count()
    mft = as_async(with_types(Copier()))
    mft.attributes  # noqa: B018 - asked for its own sake
    assert threading.active_count() == before
    mft.shutdown()


def test_only_the_runner_starts_threads() -> None:
    folder = ROOT / "gpumft" / "mft"
    starters = [path.name for path in folder.rglob("*.py") if "Thread(" in path.read_text("utf-8")]
    assert starters == ["runner.py"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_is_told() -> None:
    inner, mft = busy()
    mft._lock.acquire()  # as if the fork had come in the middle of a call
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of threads at a fork
        child = os.fork()
    if not child:  # pragma: no cover - another process
        code = 1
        try:
            mft.shutdown()  # does nothing, and does not wait
            told = 0
            calls: list[Callable[[], object]] = [
                lambda: mft.process_input(Token(2)),
                lambda: mft.process_output([OutputDataBuffer()]),
                lambda: mft.process_message(Message.FLUSH),
                lambda: mft.set_input_type("red"),
                mft.get_event,
                mft.input_status,
            ]
            for call in calls:
                try:
                    call()
                except InvalidRequest as error:
                    told += "before a fork" in str(error)
            code = 0 if told == len(calls) else 2
        finally:
            os._exit(code)
    mft._lock.release()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    inner.gate.release()
    mft.shutdown()


def test_the_interpreter_does_not_wait_for_the_worker() -> None:
    code = """
import threading
from tests.scenarios.actors import Copier, Token, typed
from gpumft.mft import Message
from gpumft.mft.asynchronous import as_async

entered = threading.Event()

class Stuck(Copier):
    def _produce(self, into, id):
        entered.set()
        threading.Event().wait()

mft = as_async(typed(Stuck()))
mft.process_message(Message.START_OF_STREAM)
mft.process_input(Token(1))
mft.begin_get_event(lambda result: threading.Event().wait())
entered.wait()
print("the end")
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "the end\n", "")


# --- The client's loops ---


def tokens(count: int) -> list[Token]:
    return [
        Token(
            value, time=10 * value, duration=10, attributes={"n": value, DISCONTINUITY: value % 2}
        )
        for value in range(1, count + 1)
    ]


@pytest.mark.parametrize("slots", [1, 2, 4])
@pytest.mark.parametrize("make", [Copier, LookAhead, Doubler, Pairs])
def test_run_gives_what_the_synchronous_one_gives(make: type[Copier], slots: int) -> None:
    expected = [*with_types(make()).run(tokens(50))]
    assert expected
    inner = with_types(make())
    with as_async(inner, slots=slots) as mft:
        for _ in range(2):
            assert [*mft.run(tokens(50))] == expected
    assert inner.log.count("begin") == inner.log.count("end") == 2


def test_run_renegotiates() -> None:
    with as_async(with_types(Switcher())) as mft:
        assert [got.value for got in mft.run(map(Token, [1, 100, 2]))] == [1, 100, 2]
        assert mft.output_current_type() == "wide"


def test_run_releases_what_the_pool_lends() -> None:
    inner = with_types(Provider())

    def given_back() -> Iterator[int | None]:
        for got in mft.run(tokens(20)):
            yield got.value
            inner.free += 1

    with as_async(inner) as mft:
        assert [*given_back()] == [*range(1, 21)]


def test_run_is_lazy() -> None:
    taken: list[int] = []

    def source() -> Iterator[Token]:
        for token in tokens(50):
            taken.append(1)
            yield token

    with as_async(with_types(Copier())) as mft:
        out = mft.run(source())
        assert not taken
        next(out)
        assert len(taken) <= 3  # two slots, and one that the first output has made free


def test_run_ended_early_can_run_again() -> None:
    with as_async(with_types(Doubler())) as mft:
        out: Any = mft.run(tokens(3))
        next(out)
        out.close()
        again = [got.value for got in mft.run(tokens(3))]
        assert again == [1, 1, 2, 2, 3, 3]


def test_run_raises_what_the_work_raised() -> None:
    inner = with_types(Copier())
    inner.fail = Fail("broken")
    with as_async(inner) as mft:
        with pytest.raises(Fail, match="broken"):
            list(mft.run(tokens(2)))
        inner.fail = None
        assert [got.value for got in mft.run(tokens(2))] == [1, 2]


def test_run_ends_with_shutdown() -> None:
    mft = as_async(with_types(Copier()))
    out = mft.run(tokens(50))
    next(out)
    mft.shutdown()
    with pytest.raises(Shutdown):
        list(out)


def test_run_and_pull_are_for_one_stream() -> None:
    with as_async(Copier(outputs=2)) as mft:
        with pytest.raises(NotImplementedMF, match="answer the events"):
            list(mft.run([]))
        with pytest.raises(NotImplementedMF, match="process_output"):
            mft.pull()


def test_a_client_of_callbacks() -> None:
    mft, done = as_async(with_types(LookAhead())), threading.Event()
    source, got = iter(tokens(50)), list[Any]()

    def answer(result: EventResult) -> None:
        match mft.end_get_event(result):
            case NeedInput(id):
                token = next(source, None)
                mft.process_message(Message.DRAIN) if token is None else mft.push(token, id)
            case HaveOutput():
                got.append(mft.pull())
            case DrainComplete():
                done.set()
                return
        mft.begin_get_event(answer)

    mft.begin_get_event(answer)
    mft.process_message(Message.START_OF_STREAM)
    assert done.wait(PATIENCE)
    assert got == [*with_types(LookAhead()).run(tokens(50))]
    mft.shutdown()


def test_a_client_of_coroutines() -> None:
    async def main() -> list[Any]:
        source, got = iter(tokens(50)), list[Any]()
        mft = as_async(with_types(LookAhead()))
        mft.process_message(Message.START_OF_STREAM)
        async for event in mft:
            match event:
                case NeedInput():
                    token = next(source, None)
                    mft.process_message(Message.DRAIN) if token is None else mft.push(token)
                case HaveOutput():
                    got.append(mft.pull())
                case DrainComplete():
                    mft.shutdown()
        return got

    expected = [*with_types(LookAhead()).run(tokens(50))]
    assert asyncio.run(asyncio.wait_for(main(), PATIENCE)) == expected


def test_many_clients_lose_and_repeat_nothing() -> None:
    """Two threads take, one gives, one asks: every value comes out once."""
    mft = as_async(with_types(Copier()), slots=4)
    count, lock = 500, threading.Lock()
    got: list[int] = []
    source = iter(tokens(count))

    def client() -> None:
        while True:
            try:
                event = mft.get_event()
            except Shutdown:
                return
            match event:
                case NeedInput():
                    with lock:
                        token = next(source, None)
                        mft.process_message(Message.DRAIN) if token is None else mft.push(token)
                case HaveOutput():
                    value = pull(mft)
                    with lock:
                        got.append(value)
                        if len(got) == count:
                            mft.shutdown()

    threads = [threading.Thread(target=client, daemon=True) for _ in range(4)]
    mft.process_message(Message.START_OF_STREAM)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(got) == [*range(1, count + 1)]
