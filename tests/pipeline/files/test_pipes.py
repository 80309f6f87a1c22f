"""Pipes as input: the same pictures as from a file, read once, and a wait that can be ended."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from gpumft.errors import FileMissing, InvalidRequest, InvalidStreamData, Truncated
from gpumft.pipeline.files.pipes import Pipe, is_pipe
from gpumft.pipeline.files.reader import Reader

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


@contextmanager
def writing(fifo: Path, data: bytes, *, then: threading.Event | None = None) -> Iterator[None]:
    """A thread writes `data`, and keeps the FIFO open until `then` is set."""

    def write() -> None:
        with fifo.open("wb", buffering=0) as end:
            try:
                end.write(data)
            except BrokenPipeError:
                return
            if then is not None:
                then.wait()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        if then is not None:
            then.set()
        thread.join()


def test_what_is_a_pipe_is_known_without_opening_it(fifo: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    reading, other = os.pipe()
    try:
        assert [is_pipe(str(path)) for path in (fifo, f"/dev/fd/{reading}", tmp_path / "file")] == [
            True,
            True,
            False,
        ]
    finally:
        os.close(reading)
        os.close(other)
    with pytest.raises(FileNotFoundError):
        is_pipe(str(tmp_path / "nothing"))


def test_a_pipe_gives_what_its_file_gives(fifo: Path, make_clip: Callable[..., Path]) -> None:
    clip = make_clip("in.mkv")
    with writing(fifo, clip.read_bytes()), Reader(fifo) as piped, Reader(clip) as plain:
        assert piped.type == plain.type
        pairs = list(zip(piped, plain, strict=True))
        assert not piped.damage
    assert pairs
    for one, other in pairs:
        assert one.time == other.time
        for plane, same in zip(one.planes, other.planes, strict=True):
            np.testing.assert_array_equal(plane, same)


def test_a_pipe_is_not_opened_again(fifo: Path, make_clip: Callable[..., Path]) -> None:
    with writing(fifo, make_clip("in.mkv").read_bytes()), Reader(fifo) as reader:
        with pytest.raises(InvalidRequest, match="is a pipe, read once"):
            reader.count_frames()
        with pytest.raises(InvalidRequest, match="is a pipe, read once"):
            reader[0]
        assert list(reader)


def test_what_is_no_video_is_told(fifo: Path) -> None:
    with writing(fifo, b"no video " * 1000), pytest.raises(InvalidStreamData, match="container"):
        Reader(fifo)
    with writing(fifo, b""), pytest.raises((Truncated, InvalidStreamData)):
        Reader(fifo)


def test_only_pipes_are_pipes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1")
    assert Pipe.of(str(tmp_path / "file")) is None
    assert Pipe.of(str(tmp_path)) is None
    with pytest.raises(FileNotFoundError):
        Pipe.of(str(tmp_path / "nothing"))
    with pytest.raises(FileMissing):
        Reader(tmp_path / "nothing")


@pytest.fixture
def ends() -> Iterator[tuple[Pipe, int]]:
    """A pipe, and the end to write into."""
    read, write = os.pipe()
    pipe = Pipe(f"/dev/fd/{read}")
    os.close(read)
    yield pipe, write
    pipe.close()
    pipe.close()
    os.close(write)


def test_bytes_come_as_they_are_written(ends: tuple[Pipe, int]) -> None:
    pipe, write = ends
    os.write(write, b"abc")
    assert pipe.read(2) == b"ab"
    assert pipe.read(2) == b"c"
    pipe.check()


def test_a_stopped_pipe_ends_for_who_waits_and_who_comes(ends: tuple[Pipe, int]) -> None:
    pipe, write = ends
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(pipe.read(1)))
    thread.start()
    pipe.stop()
    thread.join()
    assert got == [b""]
    os.write(write, b"late")
    assert pipe.read(4) == b""
    pipe.check()


def test_an_interrupt_ends_the_wait_and_is_raised_later(
    ends: tuple[Pipe, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, _ = ends
    waits = threading.Event()
    poll = select_poll(waits)
    monkeypatch.setattr("gpumft.pipeline.files.pipes.select.poll", poll)

    def interrupt() -> None:
        waits.wait()
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    assert pipe.read(1) == b""
    thread.join()
    with pytest.raises(KeyboardInterrupt):
        pipe.check()
    pipe.check()  # told once
    assert pipe.read(1) == b""


def select_poll(waits: threading.Event) -> Callable[[], object]:
    """`select.poll` whose objects say that they wait."""
    import select

    real = select.poll

    class Poll:
        def __init__(self) -> None:
            self._poll = real()
            self.register = self._poll.register

        def poll(self, timeout: float) -> list[tuple[int, int]]:
            waits.set()
            return self._poll.poll(timeout)

    return Poll
