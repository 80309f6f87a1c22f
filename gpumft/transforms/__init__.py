"""Transforms: the protocol and the pixels together."""

from gpumft.transforms.formats import CONVERTIBLE
from gpumft.transforms.tee import Tee
from gpumft.transforms.video_processor import EffectTransform, VideoProcessor
from gpumft.transforms.video_transform import VideoTransform, transform

__all__ = ["CONVERTIBLE", "EffectTransform", "Tee", "VideoProcessor", "VideoTransform", "transform"]
