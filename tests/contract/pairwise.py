"""A pairwise array: few cases in which every pair of values of any two factors occurs."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

_TRIES = 60
"""Candidates for each case; the one that covers most new pairs is taken."""


def pairwise(factors: Mapping[str, Sequence[Any]], seed: int = 0) -> list[dict[str, Any]]:
    """Return cases (factor -> value) that together hold every pair of values; deterministic."""
    source = random.Random(seed)  # noqa: S311 - a test's choice, not a secret
    names = list(factors)
    missing = {
        (a, x, b, y) for a, b in combinations(names, 2) for x in factors[a] for y in factors[b]
    }
    cases = []
    while missing:
        a, x, b, y = min(missing, key=repr)
        best: dict[str, Any] = {}
        best_score = 0
        for _ in range(_TRIES):
            case = {name: source.choice(factors[name]) for name in names} | {a: x, b: y}
            score = sum(pair in missing for pair in _pairs(case, names))
            if score > best_score:
                best, best_score = case, score
        missing.difference_update(_pairs(best, names))
        cases.append(best)
    return cases


def _pairs(case: Mapping[str, Any], names: Sequence[str]) -> list[tuple[str, Any, str, Any]]:
    return [(a, case[a], b, case[b]) for a, b in combinations(names, 2)]
