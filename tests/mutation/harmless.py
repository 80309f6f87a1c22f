"""Numbers that may change without a wrong result, and why; see docs/mutation.md.

`python -m tests.mutation.harmless` prints the table of docs/mutation.md.
"""

import sys

_WIDE = "any size far above the light of pictures does: beyond it magnitudes pass as they are"
_CACHE = "how many results are kept, not which"
_MARGIN = "a margin: Python's exact integers are taken a little sooner, with the same result"
_ROOM = "room for what the largest weight takes up; a little more of it is room as well"
_ZERO = "of the square root, which is 0 below 2^-64 whatever the clamp lets through"
_LAST = (
    "a correction below a unit in the last place; the bound of 0.501 holds with 0.1 % more of it"
)
_TINY = "a power below 2^-100, outside the domain and flushed to 0 by what follows"
HARMLESS: dict[str, str] = {
    "colour/curves: _HUGE: Final = >2.0<**60": _WIDE,
    "colour/curves: _HUGE: Final = 2.0**>60<": _WIDE,
    "colour/curves: slope: float = >0.0<": "of curves without a straight line, which is not chosen",
    "resample/axis: @lru_cache(maxsize=>128<)": _CACHE,
    "resample/filters: @lru_cache(maxsize=>256<)": _CACHE,
    "resample/axis: largest = >4< * (abs(a) + b * (dst.count + 16) + 16 * unit)": _MARGIN,
    "resample/axis: largest = 4 * (abs(a) + b * (dst.count + >16<) + 16 * unit)": _MARGIN,
    "resample/axis: largest = 4 * (abs(a) + b * (dst.count + 16) + >16< * unit)": _MARGIN,
    "resample/weights: exponent = 24 - np.frexp(largest * (1 + (taps + >2<) * 2.0**-24))[1]": _ROOM,
    "formula/functions: safe = clamp(x, 2.0**->64<, 2.0**64)": _ZERO,
    "formula/functions: root = fma(fma(-guess, guess, safe), inverse * >0.5<, guess)": _LAST,
    "formula/functions: total = clamp(fma(whole, exponent, part * exponent), "
    "->100.0<, 100.0)": _TINY,
}
"""Change.key to the reason."""


def table() -> str:
    """Return the table."""
    rows = "".join(f"| `{key}` | {reason} |\n" for key, reason in HARMLESS.items())
    return f"| number | why nothing changes |\n|---|---|\n{rows}"


if __name__ == "__main__":
    sys.stdout.write(table())
