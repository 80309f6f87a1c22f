"""A device beside itself: conversions next to a plain copy of the same run, and what calls cost.

Run by `ci/gpu --part bench`, which writes the file. Pictures are taken in turn from more memory
than the largest cache holds. Every figure is a median of many rounds, timed by the device's own
events; the quartiles stand beside it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from bench import gpu_peers
from bench.gpu_timer import Timer
from gpumft.device import Pool, Surface
from gpumft.device.gpu.device import GpuDevice
from gpumft.device.gpu.schedule import schedule
from gpumft.device.memory import byte_plane
from gpumft.device.program import Program
from gpumft.media import VideoType
from gpumft.ops import Converter
from gpumft.testing import frames

Measure = tuple[str, Callable[[], dict[str, Any]]]
_HD, _UHD = (1920, 1080), (3840, 2160)
_BATCH = 32
JOBS: tuple[tuple[str, tuple[int, int], str, tuple[int, int], str], ...] = (
    ("nv12", _HD, "rgb24", _HD, "bilinear"),
    ("rgb24", _HD, "nv12", _HD, "bilinear"),
    ("nv12", _UHD, "rgb24", _UHD, "bilinear"),
    ("p010le", _UHD, "rgbaf16le", _UHD, "bilinear"),
    ("yuv420p", _HD, "bgra", _HD, "bilinear"),
    ("yuyv422", _HD, "rgb24", _HD, "bilinear"),
    ("nv12", _HD, "yuv420p", _HD, "bilinear"),
    ("yuv420p", _UHD, "yuv420p", _HD, "bicubic"),
    ("nv12", _UHD, "rgb24", _HD, "bicubic"),
    ("nv12", _UHD, "rgb24", _HD, "lanczos3"),
    ("rgb24", _HD, "yuv420p", (1280, 720), "lanczos3"),
)


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    rounds: int = 41
    shrink: int = 1
    """Pictures are so many times smaller along each side: to see that it works."""
    cache: int | None = None
    """Bytes of the cache to go round; None: what the device says."""
    calls: int = 2000
    """Calls whose cost on the host is averaged."""


class Bench:
    """The measurements of one device."""

    def __init__(self, timer: Timer, scale: Scale) -> None:
        self.timer = timer
        self.device = timer.device
        self.scale = scale
        self.cache = timer.facts()["cache"] if scale.cache is None else scale.cache

    def measures(self) -> Iterator[Measure]:
        """Return every measurement with its name; each returns a row of figures."""
        yield "copy on the device", self.copy
        for job in JOBS:
            source, size, target, to, taps = job
            size, to = self._shrunk(size), self._shrunk(to)
            name = f"{source} {size[0]}x{size[1]} to {target} {to[0]}x{to[1]}, {taps}"
            made = VideoType(source, size), VideoType(target, to), taps
            yield name, partial(self.conversion, *made)
        yield "cost of a call", self.calls
        yield "upload and download", self.transfers
        yield "arrays of the host, a batch", self.host_batch
        peer = gpu_peers.elementwise(self.timer)
        if peer is not None:
            yield peer.name, partial(self.peer, peer)

    def copy(self) -> dict[str, Any]:
        """Blocks of 64 MiB (or twice the cache) copied on the device."""
        memory = self.device.memory
        size = max(2 * self.cache, 64 << 20) // self.scale.shrink**2
        blocks = [memory.allocate(size) for _ in range(3)]
        planes = [byte_plane(block, 0, size) for block in blocks]

        def once() -> None:
            for index in range(3):
                memory.copy(planes[index], planes[(index + 1) % 3])

        return self._rate(once, 3, 2 * size)

    def conversion(self, src: VideoType, dst: VideoType, taps: str) -> dict[str, Any]:
        """One picture a launch and 32, over pictures that together exceed the cache."""
        converter = Converter(src, dst, device=self.device, filter=taps)
        sources, targets = self._pictures(converter)
        moved = sum(p.nbytes for p in (*sources[0].planes, *targets[0].planes))
        count = len(sources)

        def singly() -> None:
            for source, target in zip(sources, targets, strict=True):
                converter(source, target)

        def together() -> None:
            for first in range(0, count, _BATCH):
                converter.batch(sources[first : first + _BATCH], targets[first : first + _BATCH])

        told = converter.explain()
        return {
            "frames": count,
            "bytes": moved,
            "launches": told.launches,
            "one a launch": self._rate(singly, count, moved),
            f"{_BATCH} a launch": self._rate(together, count, moved),
            **self._by_words(converter.plan.program, sources, targets, moved),
        }

    def _by_words(
        self, program: Program, sources: list[Surface], targets: list[Surface], moved: int
    ) -> dict[str, Any]:
        """The same with accesses of 32 bits, where it has wider ones otherwise."""
        same = schedule(program).launches == schedule(program, wide=False).launches
        if same or not isinstance(self.device, GpuDevice):
            return {}
        built = self.device.build_by_words(program)
        pairs = [
            (source.raw_planes(), target.raw_planes())
            for source, target in zip(sources, targets, strict=True)
        ]

        def singly() -> None:
            for pair in pairs:
                built(*pair)

        def together() -> None:
            for first in range(0, len(pairs), _BATCH):
                built.batch(pairs[first : first + _BATCH])

        return {
            "one a launch, by words": self._rate(singly, len(pairs), moved),
            f"{_BATCH} a launch, by words": self._rate(together, len(pairs), moved),
        }

    def calls(self) -> dict[str, Any]:
        """What starting a conversion of a tiny picture costs the host, and the device."""
        src, dst = VideoType("nv12", (16, 16)), VideoType("rgb24", (16, 16))
        converter = Converter(src, dst, device=self.device)
        source, target = Pool(src, self.device).acquire(), Pool(dst, self.device).acquire()
        source.upload(frames.noise(src))
        converter(source, target)
        self.device.synchronize()
        count = self.scale.calls
        start = time.perf_counter()
        for _ in range(count):
            converter(source, target)
        host = time.perf_counter() - start
        self.device.synchronize()

        def many() -> None:
            for _ in range(100):
                converter(source, target)

        return {
            "calls": count,
            "host microseconds a call": round(1e6 * host / count, 3),
            "device": self._rate(many, 100, 0),
        }

    def transfers(self) -> dict[str, Any]:
        """A picture up and down, as `Surface.upload` and `to_numpy` do it; the host's clock."""
        type = VideoType("rgb24", self._shrunk(_UHD))
        planes = frames.noise(type)
        surface = Pool(type, self.device).acquire()
        made: dict[str, Any] = {"bytes": planes[0].nbytes}
        works = {"upload": surface.upload, "download": surface.download}
        for name, work in works.items():
            times = []
            for _ in range(self.scale.rounds):
                start = time.perf_counter()
                work(planes)
                times.append(time.perf_counter() - start)
            made[name] = _figures(times, 1, planes[0].nbytes)
        return made

    def host_batch(self) -> dict[str, Any]:
        """NumPy in, NumPy out: one by one, and as a batch whose transfers overlap."""
        size = self._shrunk(_UHD)
        src, dst = VideoType("nv12", size), VideoType("rgb24", size)
        converter = Converter(src, dst, device=self.device)
        pictures: list[list[npt.NDArray[Any]]] = [frames.noise(src, seed) for seed in range(8)]
        out = [converter(planes) for planes in pictures]
        moved = sum(plane.nbytes for plane in (*pictures[0], *out[0]))
        made: dict[str, Any] = {"frames": len(pictures), "bytes": moved}
        for name, work in (
            ("one by one", lambda: [converter(p, o) for p, o in zip(pictures, out, strict=True)]),
            ("a batch", lambda: converter.batch(pictures, out)),
        ):
            times = []
            for _ in range(max(3, self.scale.rounds // 4)):
                start = time.perf_counter()
                work()
                times.append(time.perf_counter() - start)
            made[name] = _figures(times, len(pictures), moved)
        return made

    def peer(self, peer: gpu_peers.Peer) -> dict[str, Any]:
        """Somebody else's kernel for the first job, over as many pictures."""
        size = self._shrunk(_HD)
        moved = size[0] * size[1] * 9 // 2
        count = max(2, ceil(2 * self.cache / moved))
        return {
            "frames": count,
            "note": peer.note,
            **self._rate(peer.work(size, count), count, moved),
        }

    def _pictures(self, converter: Converter) -> tuple[list[Surface], list[Surface]]:
        pools = [Pool(type, self.device) for type in (converter.source, converter.target)]
        moved = sum(
            int(np.prod(shape)) * dtype.itemsize
            for type in (converter.source, converter.target)
            for shape, dtype in zip(type.plane_shapes, type.plane_dtypes, strict=True)
        )
        count = _BATCH * ceil(max(1.0, 2 * self.cache / moved / _BATCH))
        for pool in pools:
            pool.fill(count)
        sources, targets = ([pool.acquire(0) for _ in range(count)] for pool in pools)
        planes = frames.noise(converter.source)
        for source in sources:
            source.upload(planes)
        return sources, targets

    def _rate(self, work: Callable[[], object], count: int, nbytes: int) -> dict[str, float]:
        work()  # whatever is only done once
        times = [self.timer.seconds(work) for _ in range(self.scale.rounds)]
        return _figures(times, count, nbytes)

    def _shrunk(self, size: tuple[int, int]) -> tuple[int, int]:
        return size[0] // self.scale.shrink, size[1] // self.scale.shrink


def _figures(times: list[float], count: int, nbytes: int) -> dict[str, float]:
    """Return microseconds an item: median and quartiles; and 10^9 bytes a second."""
    each = [seconds / count for seconds in times]
    low, middle, high = statistics.quantiles(each, n=4)
    made = {
        "microseconds": round(1e6 * middle, 3),
        "lower quartile": round(1e6 * low, 3),
        "upper quartile": round(1e6 * high, 3),
    }
    if nbytes and middle > 0:
        made["GB/s"] = round(nbytes / middle / 1e9, 1)
    return made


def compared(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return each conversion's share of the copy's bytes a second."""
    copy = rows.get("copy on the device", {}).get("GB/s")
    if not copy:
        return {}
    return {
        name: {
            kind: round(value["GB/s"] / copy, 3)
            for kind, value in row.items()
            if isinstance(value, dict) and "a launch" in kind and "GB/s" in value
        }
        for name, row in rows.items()
        if "launches" in row
    }
