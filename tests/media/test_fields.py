"""Reading the fields of a type."""

import pytest

from gpumft.errors import InvalidMediaType
from gpumft.media.fields import read_ratio


@pytest.mark.parametrize("text", ["1e99999999", "1E5", "9" * 41, "1/0", "", "thirty"])
def test_a_ratio_in_words_is_short_and_plain(text: str) -> None:
    with pytest.raises(InvalidMediaType, match="frame_rate"):
        read_ratio("frame_rate", text)
