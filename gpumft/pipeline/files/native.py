"""Values of PyAV as Python's own: rationals as fractions, tags as text.

The one place that knows what the versions of PyAV return. Their setters all take fractions.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Protocol

import av

TOLERANT: dict[str, Any] = (
    {"metadata_errors": "surrogateescape"} if int(av.__version__.split(".")[0]) < 19 else {}
)
"""Options of `av.open`: PyAV 18 raises at tags that are not UTF-8 unless told to do as 19 does."""


class Rational(Protocol):
    """What a `Fraction` (PyAV 18) and an `av.rational.AVRational` (PyAV 19) have in common."""

    @property
    def numerator(self) -> int:
        """The number above the line."""
        ...

    @property
    def denominator(self) -> int:
        """The number below the line; 0 in FFmpeg's infinite and undefined rationals."""
        ...


def fraction(value: Rational | None) -> Fraction | None:
    """Return a rational that PyAV gave, or None where it says that there is none.

    FFmpeg writes "unset" as 0/1 and "undefined" as n/0; PyAV 18 turns some of them into None.
    Time bases, rates and pixel aspects are never 0 where they are known.

    Thread-safety: any thread.
    """
    if value is None or value.numerator == 0 or value.denominator == 0:
        return None
    return Fraction(value.numerator, value.denominator)


def tags(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of a file, stream or chapter as text that can be printed and written.

    Bytes that are not UTF-8, which PyAV hides in lone surrogates, become U+FFFD.

    Thread-safety: any thread.
    """
    return {_text(key): _text(value) for key, value in metadata.items()}


def _text(value: str) -> str:
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
