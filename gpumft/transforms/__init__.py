"""Transforms: the protocol and the pixels together."""

from gpumft.transforms.device_transform import DeviceTransform
from gpumft.transforms.formats import CONVERTIBLE
from gpumft.transforms.registry import (
    block_transforms,
    create_transform,
    enumerate_transforms,
    prefer_transforms,
    register_transform,
    unregister_transform,
)
from gpumft.transforms.sample_copier import SampleCopier
from gpumft.transforms.tee import Tee
from gpumft.transforms.video_processor import EffectTransform, VideoProcessor
from gpumft.transforms.video_transform import VideoTransform, transform

__all__ = [
    "CONVERTIBLE",
    "DeviceTransform",
    "EffectTransform",
    "SampleCopier",
    "Tee",
    "VideoProcessor",
    "VideoTransform",
    "block_transforms",
    "create_transform",
    "enumerate_transforms",
    "prefer_transforms",
    "register_transform",
    "transform",
    "unregister_transform",
]
