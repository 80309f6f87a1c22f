"""MediaBuffer: lengths and locks as IMediaBuffer and IMFMediaBuffer have them."""

import pytest

from gpumft.errors import InvalidArg, OutOfMemory
from gpumft.samples import MediaBuffer, MediaBufferLike


def test_a_new_buffer_is_empty_and_zero() -> None:
    buffer = MediaBuffer(10)
    assert (buffer.max_length, buffer.current_length) == (10, 0)
    assert bytes(buffer.lock()) == bytes(10)
    assert isinstance(buffer, MediaBufferLike)


def test_length_beyond_the_maximum_is_refused_and_changes_nothing() -> None:
    buffer = MediaBuffer(10)
    buffer.set_length(7)
    with pytest.raises(InvalidArg, match=r"11.*10"):
        buffer.set_length(11)
    assert buffer.current_length == 7


def test_nested_locks_see_the_same_bytes_and_a_surplus_unlock_is_allowed() -> None:
    buffer = MediaBuffer(4)
    first, second = buffer.lock(), buffer.lock()
    first[2] = 9
    assert second[2] == 9
    for _ in range(3):
        buffer.unlock()


@pytest.mark.parametrize("alignment", [1, 16, 64, 4096])
def test_the_address_is_aligned(alignment: int) -> None:
    import numpy as np

    memory = np.frombuffer(MediaBuffer(100, alignment).lock(), np.uint8)
    assert memory.ctypes.data % alignment == 0


@pytest.mark.parametrize(("length", "alignment"), [(-1, 1), (4, 0), (4, 3)])
def test_impossible_sizes_are_refused(length: int, alignment: int) -> None:
    with pytest.raises(InvalidArg):
        MediaBuffer(length, alignment)


def test_get_buffer_and_length_returns_all_bytes_and_the_valid_count() -> None:
    buffer = MediaBuffer(8)
    buffer.set_length(3)
    view, length = buffer.get_buffer_and_length()
    assert (len(view), length) == (8, 3)


@pytest.mark.parametrize("length", [1 << 60, 1 << 64])
def test_too_much_memory_is_said_so(length: int) -> None:
    with pytest.raises(OutOfMemory, match=str(length)):
        MediaBuffer(length)
