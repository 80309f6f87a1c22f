"""Buffer2D over surfaces: the same bytes wherever they are, and no copy that is not needed."""

from __future__ import annotations

import numpy as np
import pytest

from gpumft.device import Pool, Surface
from gpumft.device.cpu.memory import HOST
from gpumft.errors import InvalidMediaType, InvalidRequest, WasLocked
from gpumft.media import Subtype, VideoType
from gpumft.samples import Buffer2D, LockFlags
from gpumft.testing import frames
from gpumft.testing.fake_device import FakeDevice, FakeMemory

TYPES = [
    VideoType("nv12", (34, 6)),
    VideoType("nv12", (33, 5)),
    VideoType("yuv420p", (33, 5)),
    VideoType("rgb24", (5, 3)),
    VideoType("bgr0", (3, 2), stride=-12),
]


def use(memory: FakeMemory) -> tuple[int, int]:
    found = memory.ledger.use()
    return found.uploads, found.downloads


@pytest.mark.parametrize("type", TYPES, ids=str)
def test_a_device_buffer_holds_what_a_host_buffer_holds(type: VideoType) -> None:
    up = bool(type.stride)
    host = Buffer2D(type.format, type.size, bottom_up=up)
    there = Buffer2D(type.format, type.size, bottom_up=up, device=FakeDevice())
    linear = bytes(i % 251 for i in range(host.contiguous_length))
    for buffer in (host, there):
        buffer.contiguous_copy_from(linear)
    assert there.max_length == host.max_length
    one, other = host.lock2d(), there.lock2d()
    assert one[:4] == other[:4]
    np.testing.assert_array_equal(one.array, other.array)
    host.unlock2d()
    there.unlock2d()
    assert bytes(host.lock()) == bytes(there.lock())


def test_locks_download_to_read_and_upload_what_was_written() -> None:
    memory = FakeDevice().memory
    buffer = Buffer2D.over(Pool(TYPES[0], memory).acquire())
    assert use(memory) == (0, 0)
    buffer.lock2d(LockFlags.WRITE).array[:] = 9
    with pytest.raises(WasLocked, match="write only"):
        buffer.lock2d(LockFlags.READ)
    buffer.lock2d(LockFlags.WRITE)
    buffer.unlock2d()
    assert use(memory) == (0, 0)
    buffer.unlock2d()
    assert use(memory) == (1, 0)
    assert (buffer.lock2d(LockFlags.READ).array[:34] == 9).all()
    buffer.unlock2d()
    assert use(memory) == (1, 1)
    with buffer.surface as surface:
        assert (surface.to_numpy()[1] == 9).all()
        buffer.lock()[0] = 1
        buffer.unlock()
        assert use(memory) == (2, 3)
        assert surface.to_numpy()[0][0, 0] == 1
    with pytest.raises(InvalidRequest, match="released"):
        buffer.lock2d()
    with pytest.raises(InvalidRequest, match="released"):
        buffer.lock()


def test_a_buffer_over_host_memory_copies_nothing() -> None:
    surface = Pool(TYPES[0], HOST).acquire()
    buffer = Buffer2D.over(surface)
    assert buffer.surface is surface
    locked = buffer.lock2d()
    assert locked.length == buffer.max_length
    locked.array[0] = 77
    assert np.asarray(surface.planes[0])[0, 0] == 77


def test_a_buffer_keeps_its_slot() -> None:
    pool = Pool(TYPES[0], HOST)
    array = Buffer2D.over(pool.acquire()).lock2d().array
    assert pool.live_count == 1
    del array
    assert pool.live_count == 0


def test_tensors_with_other_rows_are_staged() -> None:
    planes = frames.noise(TYPES[0], 1)
    buffer = Buffer2D.over(Surface.from_dlpack(planes, TYPES[0]))
    locked = buffer.lock2d()
    assert (locked.array[:34] == planes[0][0]).all()
    locked.array[0] ^= 255
    wanted = locked.array[0]
    buffer.unlock2d()
    assert planes[0][0, 0] == wanted


@pytest.mark.parametrize("type", TYPES, ids=str)
def test_pictures_are_copied_between_host_and_device(type: VideoType) -> None:
    up = bool(type.stride)
    host = Buffer2D(type.format, type.size, bottom_up=up)
    there = Buffer2D(type.format, type.size, device=FakeDevice())
    host.surface.upload(frames.noise(type, 3))
    host.copy2d_to(there)
    for found, wanted in zip(there.surface.to_numpy(), frames.noise(type, 3), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_formats_without_pixels_stay_on_the_host() -> None:
    with pytest.raises(InvalidMediaType, match="leave device out"):
        Buffer2D(Subtype.NV11, (8, 2), device=FakeDevice())
    with pytest.raises(InvalidMediaType, match="no surface"):
        _ = Buffer2D(Subtype.NV11, (8, 2)).surface
