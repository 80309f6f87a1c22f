"""`explain --plot`: the curves of a conversion as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gpumft.cli.output import UsageError

if TYPE_CHECKING:
    from gpumft.cli.curves import Curves
    from gpumft.ops import Plan

_IN, _OUT, _SAME = "#1f6fb4", "#c2410c", "#9ca3af"


def check_plot() -> None:
    """Check that there is something to draw with.

    Raises:
        UsageError: Matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401 - this asks whether it is there
    except ImportError as error:
        msg = f"--plot draws with Matplotlib ({error}): pip install 'gpumft[plot]'"
        raise UsageError(msg) from error


def write_plot(path: str, plans: Sequence[Plan]) -> None:
    """Write a PNG with what the conversions do to grays.

    Args:
        path: the file.
        plans: of the fused passes, in order.

    Raises:
        UsageError: Matplotlib is not installed.
        OSError: the file cannot be written.
    """
    check_plot()
    from matplotlib.figure import Figure

    from gpumft.cli.curves import curves

    found = curves(plans)
    figure = Figure(figsize=(15, 5), layout="constrained")
    codes, decoded, light = figure.subplots(1, 3)
    figure.suptitle(f"{found.source}\nto {found.target}", fontsize=9)
    _draw_codes(codes, found)
    _draw_signals(decoded, found)
    _draw_light(light, found)
    figure.savefig(path, format="png", dpi=110)


def _draw_codes(axes: Any, found: Curves) -> None:
    axes.plot(found.codes_in, found.codes_out, color=_OUT)
    axes.set(title="code to code", xlabel="input code", ylabel="output code")
    axes.grid(alpha=0.3)


def _draw_signals(axes: Any, found: Curves) -> None:
    """Draw both sides' curves over the share of their codes."""
    sides = ((found.codes_in, found.light_in, _IN, "input"),
             (found.codes_out, found.light_out, _OUT, "output"))  # fmt: skip
    tops = (_top(found.source), _top(found.target))
    for (codes, light, colour, name), top in zip(sides, tops, strict=True):
        axes.plot(codes / top, light, color=colour, label=name)
    axes.set(title="code to light", xlabel="share of the codes", ylabel=found.unit)
    if found.unit == "cd/m2":
        axes.set_yscale("symlog", linthresh=1)
    axes.legend()
    axes.grid(alpha=0.3)


def _draw_light(axes: Any, found: Curves) -> None:
    axes.plot(found.light_in, found.light_in, color=_SAME, linestyle="--", label="unchanged")
    axes.plot(found.light_in, found.light_out, color=_OUT, label="this conversion")
    axes.set(
        title="light to light",
        xlabel=f"input, {found.unit}",
        ylabel=f"output, {found.unit}",
    )
    if found.unit == "cd/m2":
        axes.set_xscale("symlog", linthresh=1)
        axes.set_yscale("symlog", linthresh=1)
    axes.legend()
    axes.grid(alpha=0.3)


def _top(kind: Any) -> float:
    return 1.0 if kind.format.is_float else float((1 << kind.format.depth) - 1)
