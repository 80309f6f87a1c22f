"""How much a launch computes, counted from the functions that it is put together of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

_RECIPROCAL = 8
"""Further operations of a reciprocal."""
_WORD = re.compile(r"[a-z]+_\d+")


@dataclass(frozen=True, slots=True)
class Work:
    """Operations of one thread's instructions, for one picture.

    Loads are of samples and of taps; arithmetic on addresses is not counted.

    Thread-safety: immutable.
    """

    multiply_adds: int = 0
    accesses: int = 0
    """Loads and stores."""
    conversions: int = 0
    """Between integers and float32."""
    channels: int = 0
    """How many values a function gives; 0 where it gives none, and in sums."""

    def __add__(self, other: Work) -> Work:
        return Work(
            self.multiply_adds + other.multiply_adds,
            self.accesses + other.accesses,
            self.conversions + other.conversions,
        )

    def times(self, count: int) -> Work:
        """Return so many of it."""
        return Work(self.multiply_adds * count, self.accesses * count, self.conversions * count)


def work_of(file: str, words: Mapping[str, str], known: Mapping[str, Work], repeats: int) -> Work:
    """Return the work of one call of a function, of which `words` name the ones that it calls.

    Args:
        file: the pattern in kernels/ that the function is made of.
        words: its definitions.
        known: work of the functions before it.
        repeats: taps of an output; samples of a grid; blocks that are stored.

    Thread-safety: a pure function.
    """
    called = [known[w] for text in words.values() for w in _WORD.findall(text) if w in known]
    inner = sum(called, Work())
    channels = max((work.channels for work in called), default=1)
    text = " ".join(words.values())
    if file == "taps.h":
        return _taps(words["TAPS"], inner, channels, repeats)
    if file == "read.h":
        converted = int(words["STORED"] in ("WHOLE", "TEN_BITS"))
        return Work(accesses=1, conversions=converted, channels=1)
    if file in ("gather.h", "combine.h"):
        return replace(inner, channels=text.count("CHANNEL("))
    if file == "weigh.h":
        return replace(inner + Work(multiply_adds=2), channels=1)
    if file == "mix.h":
        used = sum(int(n).bit_count() for n in re.findall(r"ROW\(\d+, (\d+),", text))
        return replace(inner + Work(multiply_adds=used), channels=channels)
    if file == "formula.h":
        steps = re.findall(r"([A-Z_]+)\(", words["EACH_STEP"])
        done = len(steps) - steps.count("CONSTANT") + _RECIPROCAL * steps.count("RECIPROCAL")
        return replace(inner + Work(multiply_adds=done), channels=channels)
    if file == "unweigh.h":
        entries = sum(text.count(f"{name}(") for name in ("DIVIDED", "MULTIPLIED"))
        return replace(inner + Work(multiply_adds=7 + entries), channels=channels)
    if file == "grid.h":
        samples = text.count("SAMPLE(")
        return (inner + Work(multiply_adds=samples, conversions=samples)).times(repeats)
    if file == "store.h":
        words_a_row = -(-int(words["ACROSS"]) // int(words["FILLED"]))
        return Work(accesses=words_a_row * int(words["DOWN"])).times(repeats)
    return replace(inner, channels=channels)


def _taps(kind: str, inner: Work, channels: int, count: int) -> Work:
    if kind in ("SHIFTED", "NEAREST"):
        own = Work(accesses=int(kind == "NEAREST"))
        return replace(inner + own, channels=channels)
    own = Work(multiply_adds=count * channels, accesses=2 + count)
    return replace(inner.times(count) + own, channels=channels)
