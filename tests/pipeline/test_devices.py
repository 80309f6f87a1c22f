"""A transcode on a device of kernels: pictures stay there between passes, and the bytes agree."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from gpumft.effects import FrameEffect, sepia
from gpumft.pipeline import transcode
from gpumft.transforms import EffectTransform
from tests.contract import backends


def _pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray() for frame in container.decode(video=0)]


@pytest.mark.parametrize("name", [backends.param("opencl")])
@pytest.mark.parametrize("chain", [None, "scale=64:36,sepia,crop=32:30", "transform"])
def test_files_are_the_same_on_every_device(
    clip: Path, tmp_path: Path, name: str, chain: str | None
) -> None:
    found = []
    for spec in ("cpu", backends.SPECS[name]):
        path = tmp_path / f"{spec.partition(':')[0]}.mkv"
        steps = [EffectTransform(sepia(), device="cpu")] if chain == "transform" else chain
        report = transcode(clip, path, codec="ffv1", device=spec, size=(96, 54), chain=steps)
        assert report.device.startswith(spec)
        found.append(_pictures(path))
    assert len(found[0]) == len(found[1]) == 41
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("way", ["effects", "chain"])
def test_a_users_function_in_a_file(clip: Path, tmp_path: Path, way: str) -> None:
    def mirror(src: list[np.ndarray], dst: list[np.ndarray], stream: object) -> None:
        for read, write in zip(src, dst, strict=True):
            write[...] = read[:, ::-1]

    effect = FrameEffect(mirror, ("yuv420p",), arrays="numpy")
    path = tmp_path / "mirrored.mkv"
    if way == "effects":
        transcode(clip, path, codec="ffv1", device="cpu", effects=[effect])
    else:
        steps = [EffectTransform(effect, device="cpu")]
        transcode(clip, path, codec="ffv1", device="cpu", chain=steps)
    for one, other in zip(_pictures(path), _pictures(clip), strict=True):
        np.testing.assert_array_equal(one[:180], other[:180, ::-1])
