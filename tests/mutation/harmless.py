"""Numbers that may change without a wrong result, and why; see docs/mutation.md.

`python -m tests.mutation.harmless` prints the table of docs/mutation.md.
"""

import sys

_WIDE = "any size far above the light of pictures does: beyond it magnitudes pass as they are"
_DARK = "any luminance far below that of pictures does: up to it there is no light"
_FIRST = "PQ begins at a code of 7.3e-7: any size below that does"
_FLUSHED = "the light there is below 2^-64, which is flushed to 0"
_ZERO_SUM = "any size between float64's rounding (2^-51) and sums that are meant does"
_NO_ROOM = "luminance above 1 leaves no room, so that every channel becomes 1"
_NO_NEED = "stands for no need to move: any number from 1 on does"
_BELOW_1 = "a quotient that is below 1 already, or stands for no need"
_CACHE = "how many results are kept, not which"
_ANY = "NumPy takes every negative number for the length that is left"
_UNUSED = "a row more at the end, which no output has"
_MARGIN = (
    "a margin: Python's exact integers are taken a little sooner or later, with the same result"
)
_CUT = "one offset more, at the filter's end: its weight is 0 and is cut"
_CUT_COLUMN = "one sample more, in front of the first: its weight is 0 and is cut"
_SCALED = "weights are divided by their sum"
_ODD = "orders are odd: both end at 3"
_TERM = "one term more, below 2^-70"
_REPLACED = "any number but 0 does: the result at 0 is put there by what follows"
_BEYOND = "any number from 8 on does: farther out the filter is 0"
_ROOM = "room for what the largest weight takes up; a little more of it is room as well"
_NONE = "of a row without taps, which there is not"
_HALF_THE_ROOM = "the largest weight takes up half of that room at most"
_ZERO = "of the square root, which is 0 below 2^-64 whatever the clamp lets through"
_BITS = "bits of the product from the 29th on are not used"
_FOURTH = "columns and rows are below 8: their fourth bit is 0"
_SETTLED = "one step more of an iteration that has settled"
_LAST = (
    "a correction below a unit in the last place; the bound of 0.501 holds with 0.1 % more of it"
)
_ROUNDED = "only its nearest integer counts, which is the same"
_REST = "what rounding leaves is at most a half: any bound a little above does"
_CONSTANT = "a constant is written as it is, neither scaled nor moved"
_CHANNEL = "the constant of a component that has a channel"
_OVERWRITTEN = "each picture writes over it"
_NO_PICTURE = "the mean of no picture: where nothing is held, a cut changes nothing"
HARMLESS: dict[str, str] = {
    "colour/curves: _HUGE: Final = >2.0<**60": _WIDE,
    "colour/curves: _HUGE: Final = 2.0**>60<": _WIDE,
    "colour/curves: slope: float = >0.0<": "of curves without a straight line, which is not chosen",
    "colour/light: gain = select(>2.0<**-60, luminance, "
    "divide(1.0, power(luminance, 1 / 6)), 0.0)": _DARK,
    "colour/light: gain = select(2.0**->60<, luminance, "
    "divide(1.0, power(luminance, 1 / 6)), 0.0)": _DARK,
    "colour/pq: _LOWEST: Final = >2.0<**-24": _FIRST,
    "colour/pq: _LOWEST: Final = 2.0**->24<": _FIRST,
    "colour/pq: ratio = divide(larger(fma(exponent, polynomial(EXP2_SMALL, exponent), _REST), "
    ">0.0<),": _FLUSHED,
    "colour/rounding: _ZERO_SUM = >2.0<**-48": _ZERO_SUM,
    "colour/rounding: _ZERO_SUM = 2.0**->48<": _ZERO_SUM,
    "colour/tone: gray = clamp(luminance, 0.0, >1.0<)": _NO_ROOM,
    "colour/tone: high = select(0.0, room, select(room, above, high, >1.0<), 0.0)": _NO_NEED,
    "colour/tone: low = select(0.0, gray, select(gray, below, low, >1.0<), 0.0)": _NO_NEED,
    "colour/tone: made.append(flush(clamp(select(high, smaller(low, >1.0<), from_top, near), "
    "0.0, 1.0)))": _BELOW_1,
    "resample/axis: @lru_cache(maxsize=>128<)": _CACHE,
    "resample/filters: @lru_cache(maxsize=>256<)": _CACHE,
    "resample/axis: row_of = phase_of.reshape(->1<).astype(np.int64)": _ANY,
    "resample/axis: return np.concatenate((inner, np.pad(folded, ((0, >0<), (0, padding)))))": (
        _UNUSED
    ),
    "resample/axis: largest = >4< * (abs(a) + b * (dst.count + 16) + 16 * unit)": _MARGIN,
    "resample/axis: largest = 4 * (abs(a) + b * (dst.count + >16<) + 16 * unit)": _MARGIN,
    "resample/axis: largest = 4 * (abs(a) + b * (dst.count + 16) + >16< * unit)": _MARGIN,
    "resample/axis: index = np.arange(dst.count).astype(np.int64 if largest < 2**>53< "
    "else object)": _MARGIN,
    "resample/axis: offsets = np.arange(1 - reach, reach + >1<).astype(phases.dtype)": _CUT,
    "resample/axis: raw = (overlap / (>2< * stride)).astype(np.float64)": _SCALED,
    "resample/filters: for order in range(25, >1<, -2):": _ODD,
    "resample/filters: safe = np.where(x == 0, >1<, x)": _REPLACED,
    "resample/filters: power = np.minimum(2 * x * x, >8<) / 16": _BEYOND,
    "resample/filters: for order in range(>18<, 0, -1):  "
    "# the first term left out is below 2**-70": _TERM,
    "resample/weights: exponent = 24 - np.frexp(largest * (1 + (taps + >2<) * 2.0**-24))[1]": _ROOM,
    "resample/weights: exponent = 24 - np.frexp(largest * (1 + (taps + 2) * >2.0<**-24))[1]": (
        _HALF_THE_ROOM
    ),
    "resample/weights: exponent = 24 - np.frexp(largest * (1 + (taps + 2) * 2.0**->24<))[1]": (
        _HALF_THE_ROOM
    ),
    "resample/weights: at_top = sizes == sizes.max(axis=1, keepdims=True, initial=>0<)": _NONE,
    "resample/weights: width = min(rows.shape[1], last - first + >1<)": _CUT_COLUMN,
    'ops/components: given = reads if alpha or reads[-1].component.name != "a" else '
    "reads[:->1<]": "where the source's alpha is dropped, only its name is looked for",
    "ops/components: return Write(component, None, float(np.float32(constant)), None, None, "
    ">1.0<, 0.0)": _CONSTANT,
    "ops/components: return Write(component, None, float(np.float32(constant)), None, None, "
    "1.0, >0.0<)": _CONSTANT,
    "ops/components: >0.0<,": _CHANNEL,
    "ops/dither: mixed = (seed * 0x9E3779B1) % 2**>32<": _BITS,
    "ops/dither: for bit in range(>3<):": _FOURTH,
    "ops/meter: self._most, self._sum = np.array(>0<, np.uint16), np.array(0, np.int64)": (
        _OVERWRITTEN
    ),
    "ops/meter: self._most, self._sum = np.array(0, np.uint16), np.array(>0<, np.int64)": (
        _OVERWRITTEN
    ),
    "ops/meter: self._make_room(>1<)": "room for another picture, which waits for a batch",
    "ops/meter: writes=(Write(component, 0, >0.0<, None, None, float(CODES), 0.0),),": _CHANNEL,
    "ops/meter: background=(>0.0<,),": "patches leave nothing of it to be seen",
    "ops/peak: mean: int = >0<": _NO_PICTURE,
    "ops/peak: return replace(self, held=None, mean=>0<)": _NO_PICTURE,
    "formula/functions: safe = clamp(x, >2.0<**-64, 2.0**64)": _ZERO,
    "formula/functions: safe = clamp(x, 2.0**->64<, 2.0**64)": _ZERO,
    "formula/functions: for _ in range(>3<):": _SETTLED,
    "formula/functions: root = fma(fma(-guess, guess, safe), inverse * >0.5<, guess)": _LAST,
    "formula/functions: total = clamp(fma(whole, exponent, part * exponent), "
    "->100.0<, 100.0)": _ROUNDED,
    "formula/functions: total = clamp(fma(whole, exponent, part * exponent), "
    "-100.0, >100.0<)": _ROUNDED,
    "formula/functions: fraction = clamp(fma(part, exponent, fma(whole, exponent, -n)), "
    "->0.75<, 0.75)": _REST,
    "formula/functions: fraction = clamp(fma(part, exponent, fma(whole, exponent, -n)), "
    "-0.75, >0.75<)": _REST,
}
"""Change.key to the reason."""


def table() -> str:
    """Return the table."""
    rows = "".join(f"| `{key}` | {reason} |\n" for key, reason in HARMLESS.items())
    return f"| number | why nothing changes |\n|---|---|\n{rows}"


if __name__ == "__main__":
    sys.stdout.write(table())
