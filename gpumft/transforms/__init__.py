"""Transforms: the protocol and the pixels together."""

from gpumft.transforms.device_transform import DeviceTransform
from gpumft.transforms.formats import CONVERTIBLE
from gpumft.transforms.video_processor import EffectTransform, VideoProcessor
from gpumft.transforms.video_transform import VideoTransform, transform

__all__ = [
    "CONVERTIBLE",
    "DeviceTransform",
    "EffectTransform",
    "VideoProcessor",
    "VideoTransform",
    "transform",
]
