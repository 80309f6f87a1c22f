"""HDR to SDR beside FFmpeg's zscale and tonemap: same clip, same curve, differences in codes.

`python -m bench.hdr FOLDER` makes HDR10 and HLG clips there, converts them with both, prints the
table of docs/hdr.md, and writes contact sheets: ours on the left, FFmpeg's on the right.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt

from gpumft.cli.sheet import write_png
from gpumft.media import Light, VideoType
from gpumft.ops import convert
from gpumft.pipeline import open as open_file
from gpumft.pipeline import transcode

CLIP = Path(__file__).parents[1] / "tests" / "data" / "clip_320x180.mp4"
SIZE = (320, 180)
FRAMES = 8
PEAK, WHITE = 1000, 203
CURVES = ("clip", "reinhard", "mobius", "hable")
RGB = VideoType("rgb24", SIZE, transfer="bt709", primaries="bt709")

Picture = npt.NDArray[np.uint8]


def make(folder: Path, transfer: str) -> Path:
    """Write a clip whose white shines at 800 cd/m2, so that there are highlights to compress."""
    path = folder / f"{transfer}.mp4"
    options = {"crf": 12, "preset": "ultrafast"}
    more = {"transfer": transfer}
    if transfer == "pq":
        more["light"] = Light(PEAK, 200, ("bt2020", None, 0.005, PEAK))  # type: ignore[assignment]
    transcode(CLIP, path, preset="sdr-to-hdr", white=800, codec="libx265", options=options,
              output_type=more, end=8_000_000, device="cpu")  # fmt: skip
    return path


def ours(path: Path, curve: str, **options: str) -> list[Picture]:
    """Return the first pictures as R'G'B'."""
    found = []
    with open_file(path, device="cpu") as reader:
        for sample in reader:
            made = convert(sample.planes, reader.type, RGB, device="cpu", tone_map=curve,
                           peak=PEAK, white=WHITE, **options)  # fmt: skip
            found.append(made[0])
            if len(found) == FRAMES:
                break
    return found


def theirs(path: Path, curve: str) -> list[Picture]:
    """Return the same from FFmpeg: the usual recipe, at our white and peak."""
    chain = (
        f"zscale=t=linear:npl={WHITE},format=gbrpf32le,zscale=p=bt709:c=left,"
        f"tonemap={curve}:desat=0:peak={PEAK / WHITE},zscale=t=bt709:m=gbr:r=full,format=gbrp,"
        "format=rgb24"
    )
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-vf", chain]
    words += ["-fps_mode", "passthrough", "-frames:v", str(FRAMES), "-f", "rawvideo", "-"]
    raw = subprocess.run(words, check=True, capture_output=True).stdout
    return list(np.frombuffer(raw, np.uint8).reshape(-1, SIZE[1], SIZE[0], 3))


def compare(one: list[Picture], other: list[Picture]) -> tuple[float, float, int]:
    """Return (mean, 99th percentile, maximum) of the differences in codes."""
    apart = np.abs(np.array(one, np.int16) - np.array(other, np.int16))
    return float(apart.mean()), float(np.percentile(apart, 99)), int(apart.max())


def main(folder: Path) -> None:
    """Make, convert, compare."""
    print("| clip | curve | mean | 99 % within | maximum |")
    print("|---|---|---|---|---|")
    for transfer in ("pq", "hlg"):
        path = make(folder, transfer)
        sheet = []
        for curve in CURVES:
            one, other = ours(path, curve), theirs(path, curve)
            mean, most, top = compare(one, other)
            print(f"| {transfer} | {curve} | {mean:.2f} | {most:.0f} | {top} |")
            sheet.append(np.concatenate([one[0], other[0]], axis=1))
        best = ours(path, "bt2390", gamut="perceptual")[0]
        sheet.append(np.concatenate([best, theirs(path, "hable")[0]], axis=1))
        write_png(str(folder / f"{transfer}.png"), np.concatenate(sheet))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
