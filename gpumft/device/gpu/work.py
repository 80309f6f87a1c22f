"""How much a launch computes, counted from the functions that it is put together of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

_RECIPROCAL = 8
"""Further operations of a reciprocal."""
_WORD = re.compile(r"[a-z]+_\d+")
_SINGLE = ("SHIFTED", "NEAREST")
"""Kinds of taps that take one sample as it is."""
_CODES = ("WHOLE", "TEN_BITS")
"""Kinds of samples that become float32."""


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
        repeats: taps of an output; samples of a grid; blocks, or their rows, that are stored.

    Thread-safety: a pure function.
    """
    called = [known[w] for text in words.values() for w in _WORD.findall(text) if w in known]
    channels = max((work.channels for work in called), default=1)
    found = _Function(words, sum(called, Work()), channels, known, repeats)
    return _COUNTED.get(file, _as_called)(found)


@dataclass(frozen=True, slots=True)
class _Function:
    words: Mapping[str, str]
    inner: Work
    """Of all that it calls, once each."""
    channels: int
    """Of what it calls."""
    known: Mapping[str, Work]
    repeats: int

    def count(self, key: str, *entries: str) -> int:
        """Return how many of the entries are in a list of kernels/."""
        return sum(self.words[key].count(f"{entry}(") for entry in entries)

    def called(self, key: str) -> Work:
        """Return the work of what a definition names."""
        return sum((self.known[name] for name in _WORD.findall(self.words[key])), Work())


def _as_called(f: _Function) -> Work:
    return replace(f.inner, channels=f.channels)


def _read(f: _Function) -> Work:
    return Work(accesses=1, conversions=int(f.words["STORED"] in _CODES), channels=1)


def _gathered(f: _Function) -> Work:
    return replace(f.inner, channels=f.count("EACH_CHANNEL", "CHANNEL"))


def _weighed(f: _Function) -> Work:
    return replace(f.inner + Work(multiply_adds=2), channels=1)


def _unweighed(f: _Function) -> Work:
    entries = f.count("EACH_COLOUR", "DIVIDED", "MULTIPLIED")
    return replace(f.inner + Work(multiply_adds=7 + entries), channels=f.channels)


def _mixed(f: _Function) -> Work:
    used = re.findall(r"ROW\(\d+, (\d+),", f.words["EACH_ROW"])
    done = Work(multiply_adds=sum(int(n).bit_count() for n in used))
    return replace(f.inner + done, channels=f.channels)


def _formula(f: _Function) -> Work:
    steps = re.findall(r"([A-Z_]+)\(", f.words["EACH_STEP"])
    done = len(steps) - steps.count("CONSTANT") + _RECIPROCAL * steps.count("RECIPROCAL")
    return replace(f.inner + Work(multiply_adds=done), channels=f.channels)


def _tapped(f: _Function) -> Work:
    rows = 1 if f.words["TAPS"] in _SINGLE else f.repeats
    return replace(f.inner.times(rows) + _taps(f, f.channels), channels=f.channels)


def _taps(f: _Function, samples: int) -> Work:
    """Return the work of taps from the table for so many samples, without what they read."""
    kind = f.words["TAPS"]
    if kind in _SINGLE:
        return Work(accesses=int(kind == "NEAREST"))
    return Work(multiply_adds=samples * f.repeats, accesses=2 + f.repeats)


def _grid(f: _Function) -> Work:
    return (f.inner + _codes(f)).times(f.repeats)


def _codes(f: _Function) -> Work:
    samples = f.count("EACH_COMPONENT", "SAMPLE")
    return Work(multiply_adds=samples, conversions=samples)


def _store(f: _Function) -> Work:
    words_a_row = -(-int(f.words["ACROSS"]) // int(f.words["FILLED"]))
    return Work(accesses=words_a_row * int(f.words["DOWN"])).times(f.repeats)


def _hold(f: _Function) -> Work:
    samples = int(f.words["SPAN"]) * f.count("EACH_SAMPLE", "READ")
    converted = samples if f.words["STORED"] in _CODES else 0
    row = Work(accesses=f.count("EACH_LOAD", "LOAD"), conversions=converted)
    return row.times(f.repeats) + _taps(f, samples)


def _held(f: _Function) -> Work:
    """Half of the columns are odd."""
    done = f.count("EACH_EVEN", "FIRST", "NEXT")
    if f.words["EACH_ODD"]:
        done = (done + f.count("EACH_ODD", "FIRST", "NEXT")) // 2
    return Work(multiply_adds=done * f.channels, channels=f.channels)


def _strip(f: _Function) -> Work:
    sums, samples = int(f.words["SUMS"]), int(f.words["ACROSS"])
    pixel, holds = f.called("FROM"), f.called("EACH_HOLD")
    if not sums:
        return holds + (pixel + _codes(f)).times(samples)
    done = f.count("EACH_TAP", "FIRST", "NEXT") * f.channels
    down = (holds + pixel.times(sums)).times(f.repeats) + _taps(f, sums * f.channels)
    return down + (_codes(f) + Work(multiply_adds=done)).times(samples)


def _band(f: _Function) -> Work:
    return f.inner.times(f.repeats)


def _put(f: _Function) -> Work:
    return Work(accesses=f.count("EACH_STORE", "STORE"))


_COUNTED: Final[dict[str, Callable[[_Function], Work]]] = {
    "read.h": _read,
    "gather.h": _gathered,
    "combine.h": _gathered,
    "weigh.h": _weighed,
    "unweigh.h": _unweighed,
    "mix.h": _mixed,
    "formula.h": _formula,
    "taps.h": _tapped,
    "grid.h": _grid,
    "store.h": _store,
    "hold.h": _hold,
    "held.h": _held,
    "strip.h": _strip,
    "band.h": _band,
    "put.h": _put,
}
