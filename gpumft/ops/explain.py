"""Explanation: what a conversion does, in words and as data."""

from __future__ import annotations

import html
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from gpumft.device import Built
from gpumft.device.gpu.schedule import schedule
from gpumft.media import VideoType
from gpumft.ops.components import quantised
from gpumft.ops.meter import meter_program
from gpumft.ops.planner import Plan, plan, taps_of
from gpumft.ops.roofline import Roofline
from gpumft.resample import Taps

_INDENT = "    "
_COPIED = "none, samples are copied"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A page on one conversion. `str()` is the page; `to_dict()` the same as plain data.

    Thread-safety: immutable.
    """

    source: VideoType
    target: VideoType
    filled: dict[str, dict[str, str]]
    """Fields that were filled in: side -> field -> value."""
    geometry: dict[str, str]
    codes: dict[str, str]
    """How each side's codes stand for nominal values."""
    stages: tuple[tuple[str, tuple[tuple[float, ...], ...]], ...]
    """Name and matrix rows of each colour stage, no rows where it is a function; empty where
    components go straight through."""
    in_codes: bool
    """Whether the last stage gives codes of the target less their zero, not nominal values."""
    taps: tuple[tuple[str, str], ...]
    """What each list of taps serves, and a description."""
    filters: dict[str, str]
    passes: tuple[str, ...]
    """What each walk over the picture makes."""
    launches: int
    """Kernels that a picture takes; 0 on the CPU."""
    bytes_read: int
    bytes_written: int
    bytes_between: int
    """Written by one launch and read by another."""
    device: str
    roofline: Roofline | None
    """What bounds the speed on a GPU; None on the CPU."""

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as JSON-ready data."""
        return {
            "source": str(self.source),
            "target": str(self.target),
            "filled": self.filled,
            "geometry": self.geometry,
            "codes": self.codes,
            "stages": [{"name": name, "matrix": rows} for name, rows in self.stages],
            "in_codes": self.in_codes,
            "filters": self.filters,
            "taps": dict(self.taps),
            "passes": list(self.passes),
            "launches": self.launches,
            "bytes_read": self.bytes_read,
            "bytes_written": self.bytes_written,
            "bytes_between": self.bytes_between,
            "roofline": None if self.roofline is None else self.roofline.to_dict(),
            "device": self.device,
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"

    def _lines(self) -> list[str]:
        lines = [f"from  {self.source}", f"to    {self.target}", f"on    {self.device}"]
        for side, fields in self.filled.items():
            if fields:
                told = ", ".join(f"{name} {value}" for name, value in fields.items())
                lines.append(f"{side} left unspecified, taken as: {told}")
        lines += ["", "picture"]
        lines += [f"{_INDENT}{name}: {value}" for name, value in self.geometry.items()]
        lines += ["", "filters"]
        lines += [f"{_INDENT}{name}: {value}" for name, value in self.filters.items()]
        lines += ["", "taps (vertical first, then horizontal)"]
        lines += [f"{_INDENT}{name}: {text}" for name, text in self.taps]
        lines += ["", "colour"]
        lines += [f"{_INDENT}{side} codes: {text}" for side, text in self.codes.items()]
        if not self.stages:
            lines.append(f"{_INDENT}each component goes straight to its counterpart")
        for name, rows in self.stages:
            if not rows:
                lines.append(f"{_INDENT}{name}")
                continue
            of = " of codes less their zero" if name == self.stages[0][0] else ""
            gives = "in codes" if self.in_codes and rows is self.stages[-1][1] else "nominal"
            lines.append(f"{_INDENT}{name}, {gives}: each row times the components{of}")
            lines += [_INDENT * 2 + " ".join(f"{v:>13.9f}" for v in row) for row in rows]
        moved = self.bytes_read + self.bytes_written + self.bytes_between
        told = f"{self.bytes_read:,} read, {self.bytes_written:,} written"
        if self.bytes_between:
            told += f", {self.bytes_between:,} between launches"
        lines += ["", "work"]
        lines.append(f"{_INDENT}{_counted(len(self.passes), 'pass')}: {', '.join(self.passes)}")
        lines.append(f"{_INDENT}{_counted(self.launches, 'launch')}, {moved:,} bytes ({told})")
        if self.roofline is not None:
            lines += [_INDENT + line for line in self.roofline.lines()]
        return lines


def explain(src: VideoType, dst: VideoType, **options: Any) -> Explanation:
    """Return what converting `src` to `dst` would do, without doing it.

    Args:
        src: type of what comes in.
        dst: type of what goes out (or a PartialType or mapping; the rest comes from `src`).
        options: as for `convert`.

    Raises:
        InvalidArg: an unknown option or value.
        InvalidMediaType: no type, or a step that cannot be done.

    Thread-safety: safe.
    """
    from gpumft.ops.converter import complete
    from gpumft.ops.options import make_options

    settled = make_options(**options)
    return explained(plan(src, complete(dst, src), settled), "any GPU")


def explained(settled: Plan, device: str, built: Built | None = None) -> Explanation:
    """Return the explanation of a plan that runs on `device`, where it may have been built."""
    src, dst = settled.source, settled.target
    made = None if device == "cpu" else schedule(settled.program)
    passes = tuple(launch.name for launch in made.launches) if made else ("rows",)
    if built:
        passes = built.passes
    launches = built.launches if built else len(passes)
    read, written = _bytes(src), _bytes(dst)
    if settled.measures:
        meter = meter_program(settled)
        read, written = 2 * read, written + 2 * meter.target_size[0] * meter.target_size[1]
        launches += len(schedule(meter).launches) if made else 0
        passes = ("patches to measure", *passes)
    between = 8 * sum(rows * columns for rows, columns in made.between) if made else 0
    stages = tuple(
        (stage.name, () if stage.matrix is None else tuple(map(tuple, stage.matrix.tolist())))
        for stage in ([] if settled.program.direct else settled.colour.stages)
    )
    return Explanation(
        source=src,
        target=dst,
        filled={
            "source": {name: str(getattr(src, name)) for name in src.unspecified},
            "destination": {name: str(getattr(dst, name)) for name in dst.unspecified},
        },
        geometry=_geometry(settled),
        codes={"source": _codes(src), "target": _codes(dst)},
        stages=stages,
        in_codes=settled.colour.in_codes and not settled.program.direct,
        taps=tuple((name, _describe(taps)) for name, taps in taps_of(settled)),
        filters=_filters(settled),
        passes=passes,
        launches=launches,
        bytes_read=read,
        bytes_written=written,
        bytes_between=between,
        device=device,
        roofline=Roofline.of(made, _bytes(src) + _bytes(dst) + between) if made else None,
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun if count == 1 else noun + 'es'}"


def _bytes(type_: VideoType) -> int:
    shapes = zip(type_.plane_shapes, type_.plane_dtypes, strict=True)
    return sum(int(np.prod(shape)) * dtype.itemsize for shape, dtype in shapes)


def _codes(type_: VideoType) -> str:
    """Return for example "y 16 + 219 n, u 128 + 224 n, v 128 + 224 n", n being nominal."""
    told = []
    for component in type_.format.layout.components:
        quant = quantised(component, type_)
        told.append(f"{component.name} {quant.offset:g} + {quant.scale:g} n")
    return ", ".join(told)


def _geometry(settled: Plan) -> dict[str, str]:
    place, options = settled.placement, settled.options
    x, y, w, h = (f"{float(v):g}" for v in place.crop)
    told = {"source area": f"{w}x{h} at {x}, {y}"}
    if options.rotate:
        told["rotated"] = f"{options.rotate} degrees clockwise"
    if options.flip:
        told["flipped"] = {"h": "left to right", "v": "top to bottom"}.get(
            options.flip, "both ways"
        )
    x, y, w, h = (f"{float(v):g}" for v in place.picture)
    told["lands on"] = f"{w}x{h} at {x}, {y}"
    inner = place.inner
    if place.picture != tuple(map(Fraction, inner)):
        told["written"] = (
            f"{inner.width}x{inner.height} at {inner.x}, {inner.y}: out to whole samples of chroma"
        )
    told["scaled"] = "yes" if place.is_scaled else "no"
    return told


def _filters(settled: Plan) -> dict[str, str]:
    """Return what resamples luma (with R'G'B' and alpha) and chroma, where anything does."""
    options = settled.options
    scaled = settled.placement.is_scaled
    chosen = {
        "luma": options.filter,
        "chroma": options.chroma_filter or (options.filter if scaled else "bilinear"),
    }
    busy = {_filtered(name) for name, taps in taps_of(settled) if not taps.is_identity}
    return {kind: text if kind in busy else _COPIED for kind, text in chosen.items()}


def _filtered(name: str) -> str:
    """Return whether taps called `name` ("u vertical", "to v horizontal") are of luma or chroma."""
    return "chroma" if set(name.split()) & {"u", "v"} else "luma"


def _describe(taps: Taps) -> str:
    if taps.is_identity:
        return f"{taps.outputs} samples copied"
    middle = taps.outputs // 2
    weights = taps.weights[middle, : taps.count[middle]]
    shown = " ".join(f"{w:.5g}" for w in weights[:12]) + (" ..." if len(weights) > 12 else "")
    start = taps.start[middle]
    return (
        f"{taps.source} -> {taps.outputs}, up to {taps.longest} taps; "
        f"output {middle} from {start}: {shown}"
    )
