"""HDR to SDR beside FFmpeg's zscale and tonemap: equal where both compute the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from bench.hdr import make, ours, theirs
from gpumft.media import VideoType
from gpumft.ops import convert


def test_light_below_white_is_the_same(tmp_path: Path) -> None:
    path = make(tmp_path, "pq")
    one, other = (np.array(each(path, "clip"), np.int16) for each in (ours, theirs))
    kept = np.maximum(one, other).max(axis=-1) < 200
    assert kept.mean() > 0.2
    apart = np.abs(one - other)[kept]
    assert apart.max() <= 1
    assert apart.mean() < 0.002
    assert np.abs(one - other).mean() < 3  # highlights: another set of primaries


def test_hlg_differs_because_its_system_gamma_is_of_luminance() -> None:
    """BT.2100 takes luminance to the power of 1.2; zscale takes each channel."""
    signal = np.array([0.7, 0.5, 0.3])
    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    shown = 1000 * scene * float(scene @ (0.2627, 0.6780, 0.0593)) ** 0.2
    planes = [np.full((16, 16), round(v * 65535), np.uint16) for v in signal[[1, 2, 0]]]
    source = VideoType("gbrp16le", (16, 16), transfer="hlg", primaries="bt2020")
    linear = VideoType("gbrpf32le", (16, 16), transfer="linear", primaries="bt2020")
    mine = convert(planes, source, linear, device="cpu", white=1000, tone_map="none")
    assert np.allclose([1000 * mine[i][0, 0] for i in (2, 0, 1)], shown, rtol=1e-3)
    chain = "setparams=color_trc=arib-std-b67:color_primaries=bt2020:colorspace=gbr:range=pc,"
    chain += "zscale=t=linear:npl=1000"
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "rawvideo"]
    words += ["-pix_fmt", "gbrp16le", "-s", "16x16", "-i", "-", "-vf", chain]
    words += ["-f", "rawvideo", "-pix_fmt", "gbrpf32le", "-"]
    data = b"".join(plane.tobytes() for plane in planes)
    made = subprocess.run(words, input=data, check=True, capture_output=True).stdout
    theirs_ = np.frombuffer(made, np.float32).reshape(3, -1)[[2, 0, 1], 0]
    assert np.allclose(theirs_, scene**1.2, rtol=1e-3)
    assert not np.allclose(theirs_, shown / 1000, rtol=0.05)
