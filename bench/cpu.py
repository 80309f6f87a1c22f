"""The CPU engine against OpenCV and swscale (through PyAV), in one run.

    python -m bench.cpu [--quick] [--json NAME]

Every result is compared before anything is timed. What each contender computes - filter,
antialiasing, chroma siting - stands beside its figure, since names such as "bicubic" mean different
things. Against OpenCV, whose functions write into a given array, ours does too; against swscale,
which through PyAV allocates a frame a call, ours allocates too.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import av
import cv2
import numba
import numpy as np
import numpy.typing as npt
from av.video.reformatter import Interpolation, VideoReformatter

from bench.harness import Contender, Row, race, save, table
from gpumft.device import open_device
from gpumft.media import VideoType
from gpumft.ops import Converter

HD, UHD = (1920, 1080), (3840, 2160)
SWS = {
    "bilinear": Interpolation.BILINEAR,
    "bicubic": Interpolation.BICUBIC,
    "lanczos3": Interpolation.LANCZOS,
}
CV = {
    "bilinear": (cv2.INTER_LINEAR, "bilinear, no antialiasing"),
    "bicubic": (cv2.INTER_CUBIC, "bicubic a=-0.75, no antialiasing"),
    "lanczos3": (cv2.INTER_LANCZOS4, "Lanczos 4, no antialiasing"),
}
Planes = list[npt.NDArray[Any]]
Jobs = list[tuple[str, list[Contender]]]


def picture(type: VideoType) -> Planes:
    """Return a smooth picture with some grain: like video, not like noise."""
    grain = np.random.default_rng(1)
    planes = []
    for shape in type.plane_shapes:
        y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
        base = 128 + 60 * np.sin(x / 97) * np.cos(y / 71)
        base = base[..., None] if len(shape) == 3 else base
        planes.append(np.clip(base + grain.normal(0, 3, shape), 16, 235).astype(np.uint8))
    return planes


class Job:
    """One conversion, by us and by the peers."""

    def __init__(self, src: VideoType, dst: VideoType, threads: int, **options: Any) -> None:
        self.src, self.dst, self.threads = src, dst, threads
        device = open_device("cpu", threads=threads)
        self.convert = Converter(src, dst, device=device, **options)
        self.planes = picture(self.convert.source)
        self.out = self.convert(self.planes)

    def ours(self, note: str, *, allocate: bool) -> Contender:
        """Return us, into an array that is there or into a new one."""
        out = None if allocate else self.out
        return Contender("gpumft", lambda: self.convert(self.planes, out), note)

    def swscale(self, flags: Interpolation, note: str) -> Contender:
        """Return swscale, which makes a new frame a call."""
        frame = av.VideoFrame(*self.src.size, str(self.src.format))
        for plane, array in zip(frame.planes, self.planes, strict=True):
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            flat = array.reshape(array.shape[0], -1)
            rows[: flat.shape[0], : flat.shape[1]] = flat
        reformat = VideoReformatter()
        width, height = self.dst.size

        def run() -> Planes:
            made = reformat.reformat(
                frame,
                width,
                height,
                str(self.dst.format),
                interpolation=flags,
                threads=self.threads,
            )
            planes = []
            for plane, shape in zip(made.planes, self.dst.plane_shapes, strict=True):
                rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
                planes.append(rows[: shape[0], : int(np.prod(shape[1:]))].reshape(shape))
            return planes

        return Contender("swscale", run, note)


def nv12_to_rgb(threads: int) -> Jobs:
    """NV12 to RGB24 at 1080p, BT.601 limited: all that OpenCV knows."""
    src = VideoType("nv12", HD, matrix="bt601", range="limited")
    dst = VideoType("rgb24", HD)
    found: Jobs = []
    for chroma, note in (("nearest", "chroma repeated"), ("bilinear", "chroma bilinear, left")):
        job = Job(src, dst, threads, chroma_filter=chroma)
        joined = np.concatenate([job.planes[0], job.planes[1].reshape(-1, HD[0])])
        out = np.empty_like(job.out[0])

        def opencv(joined: Any = joined, out: Any = out) -> Planes:
            return [cv2.cvtColor(joined, cv2.COLOR_YUV2RGB_NV12, dst=out)]

        contenders = [
            job.ours(f"{note}, BT.601 limited", allocate=False),
            Contender("OpenCV", opencv, "chroma repeated, BT.601 limited, integer arithmetic"),
        ]
        found.append((f"NV12 -> RGB24 1080p, {note}", contenders))
        flags = Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INT
        contenders = [
            job.ours(f"{note}, BT.601 limited", allocate=True),
            job.swscale(flags, "bilinear with FULL_CHR_H_INT, BT.601 limited"),
        ]
        found.append((f"NV12 -> RGB24 1080p, {note}", contenders))
    return found


def luma_down(threads: int) -> Jobs:
    """8-bit luma 2160p to 1080p."""
    found: Jobs = []
    for name, (code, note) in CV.items():
        job = Job(VideoType("gray", UHD), VideoType("gray", HD), threads, filter=name)
        out = np.empty_like(job.out[0])

        def opencv(job: Job = job, out: Any = out, code: int = code) -> Planes:
            return [cv2.resize(job.planes[0], HD, dst=out, interpolation=code)]

        contenders = [
            job.ours(f"{name}, antialiased", allocate=False),
            Contender("OpenCV", opencv, note),
        ]
        found.append((f"luma 2160p -> 1080p, {name}", contenders))
    return found


def scaled(threads: int, source: tuple[int, int], target: str) -> Jobs:
    """yuv420p to 1080p, in yuv420p or RGB24."""
    found: Jobs = []
    colour: dict[str, Any] = {"matrix": "bt601", "range": "limited"}
    for name, flags in SWS.items():
        src = VideoType("yuv420p", source, **colour)
        dst = VideoType(target, HD, **({} if target == "rgb24" else colour))
        job = Job(src, dst, threads, filter=name)
        contenders = [
            job.ours(f"{name}, antialiased, left siting kept", allocate=True),
            job.swscale(flags, f"{flags.name}, antialiased"),
        ]
        found.append((f"yuv420p {source[1]}p -> {target} 1080p, {name}", contenders))
    return found


def main() -> None:
    """Run every job at 1 and 2 threads and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few rounds: to see that it works")
    parser.add_argument("--json", metavar="NAME", help="write results/NAME.json")
    arguments = parser.parse_args()
    rounds = 5 if arguments.quick else 41
    rows: list[Row] = []
    for threads in (1, 2):
        cv2.setNumThreads(threads)
        jobs = [
            *nv12_to_rgb(threads),
            *luma_down(threads),
            *scaled(threads, UHD, "yuv420p"),
            *scaled(threads, UHD, "rgb24"),
            *scaled(threads, (1280, 720), "yuv420p"),
        ]
        for name, contenders in jobs:
            print(f"{name}, {threads} threads", file=sys.stderr)
            rows.append(race(name, threads, contenders, rounds=rounds))
    print(table(rows))
    behind = [row for row in rows if any(ratio > 1 for ratio in row.ratios.values())]
    print(f"\nbehind a peer in {len(behind)} of {len(rows)} rows")
    versions = {
        "numpy": np.__version__,
        "numba": numba.__version__,
        "opencv": cv2.__version__,
        "pyav": av.__version__,
        "swscale": str(av.library_versions["libswscale"]),
    }
    if arguments.json:
        print(f"written: {save(arguments.json, rows, versions)}")


if __name__ == "__main__":
    main()
