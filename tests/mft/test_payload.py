"""What goes from an input to its output."""

from fractions import Fraction

from gpumft.mft import DISCONTINUITY, copy_attributes, copy_times
from tests.scenarios.actors import Token


def test_attributes_are_the_clients_and_the_discontinuity_is_not() -> None:
    source = Token(attributes={"name": 1, DISCONTINUITY: 1})
    output = Token(attributes={"other": 2})
    copy_attributes(source, output)
    assert output.attributes == {"other": 2, "name": 1}


def test_exact_times_travel_with_their_base() -> None:
    output = Token(pts=5, time_base=Fraction(1, 25))
    copy_times(Token(), output)
    assert (output.pts, output.time_base) == (5, Fraction(1, 25))
    copy_times(Token(pts=7, time_base=Fraction(1, 90000)), output)
    assert (output.pts, output.time_base) == (7, Fraction(1, 90000))
