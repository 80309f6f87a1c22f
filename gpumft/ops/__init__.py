"""Conversions: from types and options to a plan, and from a plan to pixels."""

from gpumft.device import as_device
from gpumft.ops.converter import Converter, complete, shown
from gpumft.ops.explain import Explanation, explain
from gpumft.ops.options import Options, make_options
from gpumft.ops.peak import PeakHistory, Reading
from gpumft.ops.planner import Plan, plan
from gpumft.ops.recent import convert

__all__ = [
    "Converter",
    "Explanation",
    "Options",
    "PeakHistory",
    "Plan",
    "Reading",
    "as_device",
    "complete",
    "convert",
    "explain",
    "make_options",
    "plan",
    "shown",
]
