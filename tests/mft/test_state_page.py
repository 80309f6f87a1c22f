"""docs/protocol.md says what the tables say."""

from pathlib import Path

from gpumft.mft.state_page import _CALLS, page
from gpumft.mft.tables import Event

PAGE = Path(__file__).parents[2] / "docs" / "protocol.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m gpumft.mft.state_page"


def test_every_event_has_words() -> None:
    assert set(_CALLS) == set(Event)
