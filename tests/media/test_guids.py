import re
from typing import Any

import pytest

from gpumft.media.guids import ATTRIBUTE_GUIDS, ATTRIBUTE_NAMES, CLASS_GUIDS, attribute_name


def test_guids_are_well_formed_and_all_different() -> None:
    guids = [*ATTRIBUTE_GUIDS.values(), *CLASS_GUIDS.values()]
    assert len(set(guids)) == len(guids)
    for guid in guids:
        assert re.fullmatch(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", guid)
    assert len(ATTRIBUTE_NAMES) == len(ATTRIBUTE_GUIDS)


@pytest.mark.parametrize(
    ("name", "guid"),
    [
        ("MF_MT_FRAME_SIZE", "{1652C33D-D6B2-4012-B834-72030849A37D}"),
        ("MF_MT_SUBTYPE", "{F7E34C9A-42E8-4714-B74B-CB29D72C35E5}"),
        ("MFSampleExtension_Token", "{8294DA66-F328-4805-B551-00DEB4C57A61}"),
        ("MF_TRANSFORM_ASYNC", "{F81A699A-649A-497D-8C73-29F8FED6AD7A}"),
    ],
)
def test_names_and_guids(name: Any, guid: Any) -> None:
    assert ATTRIBUTE_GUIDS[name] == guid
    assert attribute_name(guid) == attribute_name(guid.lower()) == name
    assert attribute_name(name) == name
    assert attribute_name("{0}") == "{0}"
