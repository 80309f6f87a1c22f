"""What the protocol costs a frame: process_input and process_output with an empty processor.

    python -m bench.protocol [--json NAME]

Beside it PyAV's filter graph, push and pull of a frame through a filter that does nothing. All
contenders take turns, so that a slow moment hits all of them; the medians are of one frame each.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import av.filter
import numpy as np

from bench.harness import RESULTS, machine
from gpumft.media import VideoType
from gpumft.mft import OutputDataBuffer, Transform
from gpumft.samples import Sample
from gpumft.transforms import VideoTransform

SIZE = (64, 36)
TYPE = VideoType("gray", SIZE)
FRAMES = 200
ROUNDS = 50
GOAL_US = 10.0


class Empty(Transform[Any, str]):
    """The protocol alone: samples are passed on as they are."""

    def _check_input_type(self, type: object, id: int) -> str:
        return str(type)

    _check_output_type = _check_input_type

    def _produce(self, into: Any, id: int) -> Any:
        return into


class EmptyVideo(VideoTransform):
    """An author's transform that does nothing."""

    formats = ("gray",)

    def process(self, src: Sample, dst: Sample) -> None:
        """Leave the picture as it is."""


def picture() -> Sample:
    """Return a sample with a small picture."""
    return Sample.from_numpy([np.zeros(SIZE[::-1], np.uint8)], TYPE, time=0, duration=1)


def through(transform: Transform[Any, Any], type: object) -> Callable[[], None]:
    """Return a call that sends one sample through."""
    transform.set_input_type(type)
    transform.set_output_type(type)
    source = picture()
    buffer = OutputDataBuffer(0, picture())
    buffers = [buffer]

    def run() -> None:
        transform.process_input(source)
        transform.process_output(buffers)

    return run


def through_pull(transform: Transform[Any, Any]) -> Callable[[], None]:
    """Return a call that sends one sample through push and pull, which allocates."""
    transform.set_input_type(TYPE)
    transform.set_output_type(TYPE)
    source = picture()

    def run() -> None:
        transform.push(source)
        transform.pull()

    return run


def through_graph() -> Callable[[], None]:
    """Return a call that sends one frame through PyAV's filter graph."""
    graph = av.filter.Graph()
    names = [
        graph.add_buffer(
            width=SIZE[0], height=SIZE[1], format=av.VideoFormat("gray"), time_base=Fraction(1, 25)
        ),
        graph.add("null"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*names).configure()
    frame = av.VideoFrame.from_ndarray(np.zeros(SIZE[::-1], np.uint8), format="gray")

    def run() -> None:
        graph.push(frame)
        graph.pull()

    return run


def measure(contenders: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Return the median microseconds of one call of each."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, run in contenders.items():
            start = time.perf_counter()
            for _ in range(FRAMES):
                run()
            times[name].append(1e6 * (time.perf_counter() - start) / FRAMES)
    return {name: round(statistics.median(spent), 2) for name, spent in times.items()}


def main() -> None:
    """Measure, print, and write the results if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", help="name of a file in bench/results")
    chosen = parser.parse_args()
    medians = measure(
        {
            "protocol alone": through(Empty(), "any"),
            "VideoTransform": through(EmptyVideo(), TYPE),
            "VideoTransform, push and pull": through_pull(EmptyVideo()),
            "PyAV filter graph": through_graph(),
        }
    )
    for name, median in medians.items():
        print(f"{name:32}{median:8.2f} us")
    print(f"goal for the protocol alone: below {GOAL_US:g} us")
    if chosen.json:
        told = {"machine": machine(), "goal_us": GOAL_US, "microseconds": medians}
        (RESULTS / chosen.json).write_text(json.dumps(told, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
