"""Media Foundation's numbers, each against the table of them in tests/data."""

import json
from pathlib import Path
from typing import Any

import pytest

import gpumft as gm
from gpumft import errors
from gpumft.media.guids import ATTRIBUTE_GUIDS, CLASS_GUIDS
from gpumft.mft import LOWER_UNBOUNDED, UPPER_UNBOUNDED
from gpumft.mft.asynchronous import ShutdownStatus

NUMBERS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "contract_numbers.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", NUMBERS["codes"])
def test_result_codes(name: str) -> None:
    assert getattr(errors, name) == int(NUMBERS["codes"][name], 16)


@pytest.mark.parametrize("name", NUMBERS["guids"])
def test_guids(name: str) -> None:
    assert {**ATTRIBUTE_GUIDS, **CLASS_GUIDS}[name] == NUMBERS["guids"][name]


@pytest.mark.parametrize("name", NUMBERS["enumerations"])
def test_enumerations(name: str) -> None:
    enumeration = getattr(gm, name)
    found = {member: hex(value) for member, value in enumeration.__members__.items()}
    found.pop("NONE", None)
    assert found == NUMBERS["enumerations"][name]


def test_output_bounds_without_a_bound() -> None:
    assert (LOWER_UNBOUNDED, UPPER_UNBOUNDED) == (-(2**63), 2**63 - 1)


def test_shutdown_status() -> None:
    assert {each.name: each.value for each in ShutdownStatus} == {"INITIATED": 0, "COMPLETED": 1}
