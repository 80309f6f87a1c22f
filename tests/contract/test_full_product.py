"""Every format into every format on every backend: run with --full-product (docs/api.md)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gpumft.media import Matrix, Range
from gpumft.transforms import CONVERTIBLE
from tests.contract import backends, light_sweeps
from tests.contract.conftest import JUDGED
from tests.contract.exhaustive import DOCUMENT, RARE, judge_row
from tests.contract.full_product import judge_source


@pytest.mark.parametrize("name", [backends.param(name) for name in ("cpu", "opencl", "oclgrind")])
@pytest.mark.parametrize("source", CONVERTIBLE)
@pytest.mark.timeout(1800)
def test_every_format_into_every_format(
    name: str, source: str, record_property: Callable[[str, object], None]
) -> None:
    judged = judge_source(backends.device(name), source)
    record_property(JUDGED, (f"full product on {name}", judged))


@pytest.mark.parametrize(("matrix", "range_"), RARE)
def test_every_triple_of_rare_matrices(matrix: Matrix, range_: Range) -> None:
    judge_row(matrix, range_)


@pytest.mark.parametrize("given", [given for given in light_sweeps.ROWS if given[3] == 8])
@pytest.mark.timeout(1800)
def test_every_triple_in_matrices_of_light(given: tuple[str, str, Range, int]) -> None:
    assert light_sweeps.row(*given) in DOCUMENT.read_text().splitlines()
