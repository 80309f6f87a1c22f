"""The CPU engine against zimg (VapourSynth in process, Python 3.12 or newer), in one run.

    python -m bench.zimg [--quick] [--json NAME]

A call makes as many pictures as there are threads: zimg, which makes a picture in one thread, has
them all in flight; ours makes them one after another, each in all threads. Both write new pictures.
zimg mirrors at the edges and ours repeats them, so results differ there.
"""

from __future__ import annotations

import argparse
import sys
from itertools import count
from typing import Any

import numba
import numpy as np
import vapoursynth

from bench.cpu import HD, UHD, Job, Jobs, Planes
from bench.harness import Contender, Row, race, save, table
from gpumft.media import VideoType

_ENDLESS = 1_000_000
_KERNELS = {"bilinear": {}, "bicubic": {"filter_param_a": 0, "filter_param_b": 0.5}, "lanczos3": {}}
_NAMES = {"bilinear": "Bilinear", "bicubic": "Bicubic", "lanczos3": "Lanczos"}
_FORMATS = {"yuv420p": vapoursynth.YUV420P8, "gbrp": vapoursynth.RGB24, "gray": vapoursynth.GRAY8}


def clip_of(planes: Planes, type: VideoType) -> Any:
    """Return a clip that shows one picture for ever."""
    core = vapoursynth.core
    width, height = type.size
    blank = core.std.BlankClip(
        width=width, height=height, format=_FORMATS[str(type.format)], length=_ENDLESS, keep=True
    )
    frame = blank.get_frame(0).copy()
    for index, plane in enumerate(planes):
        np.asarray(frame[index])[:] = plane
    return core.std.ModifyFrame(blank, blank, lambda n, f: frame)  # noqa: ARG005


def zimg(job: Job, name: str) -> Contender:
    """Return zimg doing `job`."""
    core = vapoursynth.core
    core.num_threads = job.threads
    arguments: dict[str, Any] = dict(_KERNELS[name])
    if str(job.dst.format) == "gbrp":
        arguments |= {"matrix_in_s": "470bg", "range_in_s": "limited"}
    resize = getattr(core.resize, _NAMES[name])
    width, height = job.dst.size
    clip = resize(
        clip_of(job.planes, job.src), width, height,
        format=_FORMATS[str(job.dst.format)], dither_type="none", **arguments,
    )  # fmt: skip
    numbers = count()
    order = (1, 2, 0) if str(job.dst.format) == "gbrp" else range(len(job.out))

    def run() -> Planes:
        waiting = [clip.get_frame_async(next(numbers)) for _ in range(job.threads)]
        made = [future.result() for future in waiting][-1]
        return [np.asarray(made[index]) for index in order]

    return Contender("zimg", run, f"{name}, antialiased, left siting")


def jobs(threads: int) -> Jobs:
    """yuv420p and luma 2160p to 1080p, 720p to 1080p, and to planar RGB."""
    colour: dict[str, Any] = {"matrix": "bt601", "range": "limited"}
    found: Jobs = []
    for source, size, target in (
        ("yuv420p", UHD, "yuv420p"),
        ("yuv420p", UHD, "gbrp"),
        ("yuv420p", (1280, 720), "yuv420p"),
        ("gray", UHD, "gray"),
    ):
        for name in _KERNELS:
            own = colour if source == "yuv420p" else {}
            src = VideoType(source, size, **own)
            dst = VideoType(target, HD, **(own if target == source else {}))
            job = Job(src, dst, threads, filter=name)

            def ours(job: Job = job) -> Planes:
                return [job.convert(job.planes) for _ in range(job.threads)][-1]

            contenders = [Contender("gpumft", ours, f"{name}, antialiased"), zimg(job, name)]
            found.append((f"{source} {size[1]}p -> {target} 1080p, {name}", contenders))
    return found


def main() -> None:
    """Run every job at 1 and 2 threads and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few rounds: to see that it works")
    parser.add_argument("--json", metavar="NAME", help="write results/NAME.json")
    arguments = parser.parse_args()
    rows: list[Row] = []
    for threads in (1, 2):
        for name, contenders in jobs(threads):
            print(f"{name}, {threads} threads", file=sys.stderr)
            rows.append(race(name, threads, contenders, rounds=5 if arguments.quick else 41))
    print(table(rows))
    versions = {
        "numpy": np.__version__,
        "numba": numba.__version__,
        "vapoursynth": str(vapoursynth.__version__),
    }
    if arguments.json:
        print(f"written: {save(arguments.json, rows, versions)}")


if __name__ == "__main__":
    main()
