"""Media Foundation's numbers."""

import enum

import pytest

from gpumft.mft import flags
from gpumft.mft.flags import Flow, Message, OutputBufferStatus, OutputStreamFlags

ENUMS = [
    e
    for e in vars(flags).values()
    if isinstance(e, enum.EnumMeta) and e.__module__ == flags.__name__
]


@pytest.mark.parametrize("enumeration", ENUMS, ids=lambda e: e.__name__)
def test_no_member_is_an_alias_by_accident(enumeration: type[enum.Enum]) -> None:
    assert len({member.value for member in enumeration.__members__.values()}) == len(
        enumeration.__members__
    )


@pytest.mark.parametrize(
    ("member", "number"),
    [
        (Flow.NEED_MORE_INPUT, 0xC00D6D72),
        (Flow.STREAM_CHANGE, 0xC00D6D61),
        (Message.DRAIN, 1),
        (Message.END_OF_STREAM, 0x10000002),
        (Message.START_OF_STREAM, 0x10000003),
        (Message.MARKER, 0x20000000),
        (OutputStreamFlags.PROVIDES_SAMPLES, 0x100),
        (OutputBufferStatus.NO_SAMPLE, 0x300),
        (OutputBufferStatus.INCOMPLETE, 0x01000000),
        (flags.EnumFlags.ALL, 0x3F),
        (flags.UPPER_UNBOUNDED, 0x7FFFFFFFFFFFFFFF),
        (flags.LOWER_UNBOUNDED, -0x8000000000000000),
    ],
)
def test_numbers(member: int, number: int) -> None:
    assert member == number


def test_buffer_statuses_are_compared_whole() -> None:
    """NO_SAMPLE has the bits of two others; only equality tells them apart."""
    no_sample: int = OutputBufferStatus.NO_SAMPLE
    assert no_sample & OutputBufferStatus.FORMAT_CHANGE
    assert no_sample != OutputBufferStatus.FORMAT_CHANGE
