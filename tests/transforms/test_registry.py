"""What gpumft provides is found by name, category and type."""

from collections.abc import Iterator

import pytest

import gpumft as gm
from gpumft.errors import ElementNotFound
from gpumft.testing import frames


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    gm.unregister_transform(None, local=True)
    gm.unregister_transform("Invert")
    gm.prefer_transforms()
    gm.block_transforms()


def names(found: list[gm.Activate]) -> list[str]:
    return [each.name for each in found]


def test_what_is_provided_is_listed() -> None:
    found = {each.name: each for each in gm.enumerate_transforms()}
    assert {"VideoProcessor", "EffectTransform"} <= set(found)
    assert found["VideoProcessor"].category == "video_processor"
    assert names(gm.enumerate_transforms("MFT_CATEGORY_VIDEO_PROCESSOR")) == ["VideoProcessor"]
    assert "EffectTransform" in names(gm.enumerate_transforms("video_effect", 0, "nv12", "nv12"))


def test_a_transform_is_made_by_name_and_works() -> None:
    processor = gm.create_transform("VideoProcessor", device="cpu")
    source, target = gm.VideoType("nv12", (16, 8)), gm.VideoType("rgb24", (16, 8))
    gm.negotiate(processor, source, target)
    (out,) = processor.run([gm.Sample.from_numpy(frames.noise(source), source)])
    assert out.type.format == "rgb24"


def test_a_decorated_function_can_be_registered() -> None:
    @gm.transform(formats=("rgb24",))
    def invert(src: gm.Sample, dst: gm.Sample) -> None:
        dst.planes[0][...] = 255 - src.planes[0]

    gm.register_transform(invert, "Invert", "video_effect", inputs=["rgb24"], outputs=["rgb24"])
    found = gm.enumerate_transforms("video_effect", 0, "rgb24")
    assert names(found)[-1] == "Invert"
    assert isinstance(found[-1].activate(), gm.VideoTransform)
    gm.prefer_transforms("Invert")
    assert names(gm.enumerate_transforms("video_effect"))[0] == "Invert"
    gm.block_transforms("Invert")
    assert "Invert" not in names(gm.enumerate_transforms())
    gm.block_transforms()
    gm.register_transform(invert, "Mine", "other", local=True)
    assert names(gm.enumerate_transforms())[0] == "Mine"
    approved = gm.EnumFlags.SORTANDFILTER_APPROVED_ONLY
    assert "Invert" not in names(gm.enumerate_transforms(flags=approved))
    gm.unregister_transform("Invert")
    with pytest.raises(ElementNotFound):
        gm.create_transform("Invert")


def test_activation_makes_nothing_before_it_is_asked() -> None:
    made: list[str] = []

    def factory() -> gm.VideoTransform:
        made.append("one")
        return gm.VideoTransform()

    gm.register_transform(factory, "Invert", "video_effect")
    found = [each for each in gm.enumerate_transforms() if each.name == "Invert"]
    assert made == []
    found[0].activate()
    assert made == ["one"]
