"""Machine code on disk: found whole or not at all, and never more of it than is allowed."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gpumft.device.binaries import Binaries, binary_key

KEY = binary_key(["a source", "options"])
CODE = bytes(range(256)) * 40


def test_what_is_kept_is_found_by_another(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "when needed"
    assert Binaries(folder).find(KEY) is None
    Binaries(folder).keep(KEY, CODE)
    assert Binaries(folder).find(KEY) == CODE
    assert [path.name for path in folder.iterdir()] == [KEY]
    Binaries(folder).keep(KEY, CODE[::-1])
    assert Binaries(folder).find(KEY) == CODE[::-1]


def test_keys() -> None:
    words = [["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], [], ["c", "ab"], ["\udcff"]]
    assert len({binary_key(each) for each in words}) == len(words)
    assert binary_key(iter(["ab", "c"])) == binary_key(("ab", "c"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda data: data[:20],
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: bytes([data[0] ^ 1]) + data[1:],
        lambda data: data[:30] + bytes([data[30] ^ 128]) + data[31:],
        lambda data: data[: len(data) - len(CODE)],
        lambda _: CODE,
    ],
    ids=["empty", "head", "short", "long", "content", "magic", "hash", "no content", "foreign"],
)
def test_a_damaged_file_is_none(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    kept = Binaries(tmp_path)
    kept.keep(KEY, CODE)
    path = tmp_path / KEY
    path.write_bytes(spoil(path.read_bytes()))
    assert kept.find(KEY) is None
    kept.keep(KEY, CODE)
    assert kept.find(KEY) == CODE


def test_a_file_of_another_key_is_none(tmp_path: Path) -> None:
    kept = Binaries(tmp_path)
    kept.keep(KEY, CODE)
    other = binary_key(["another source"])
    (tmp_path / KEY).rename(tmp_path / other)
    assert kept.find(other) is None


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / KEY).mkdir()
    kept = Binaries(tmp_path)
    assert kept.find(KEY) is None
    kept.keep(KEY, CODE)
    assert [path.name for path in tmp_path.iterdir()] == [KEY]


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    keys = [binary_key([str(n)]) for n in range(8)]
    first = Binaries(tmp_path)
    for age, key in enumerate(keys):
        first.keep(key, CODE)
        os.utime(tmp_path / key, (1000 + age, 1000 + age))
    assert first.find(keys[0]) == CODE  # used now
    size = (tmp_path / keys[0]).stat().st_size
    Binaries(tmp_path, most=8 * size).keep(KEY, CODE)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {keys[0], *keys[4:], KEY}


def test_a_long_process_looks_again(tmp_path: Path) -> None:
    kept = Binaries(tmp_path, most=8 * len(CODE))
    for number in range(64):
        kept.keep(binary_key([str(number)]), CODE)
        assert len(list(tmp_path.iterdir())) <= 10


def test_a_folder_that_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "binaries"
    with caplog.at_level(logging.WARNING, "gpumft.device"):
        for number in range(3):
            kept = Binaries(folder)
            kept.keep(binary_key([str(number)]), CODE)
            assert kept.find(KEY) is None
    (line,) = caplog.messages
    assert line.startswith(f"kernels are not kept on disk: {folder} cannot be written: ")


def test_many_at_once(tmp_path: Path) -> None:
    def use(number: int) -> bool:
        kept, key = Binaries(tmp_path), binary_key([str(number % 3)])
        kept.keep(key, CODE * (number % 3 + 1))
        return kept.find(key) == CODE * (number % 3 + 1)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(use, range(60)))
    assert len(list(tmp_path.iterdir())) == 3
