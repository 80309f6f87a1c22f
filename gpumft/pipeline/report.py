"""What a transcode says while it runs and when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gpumft.media import VideoType


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands.

    Thread-safety: immutable.

    Attributes:
        frame: pictures written.
        total: pictures expected, or None where the file does not say.
        time: presentation time of the last picture written, in hns.
        fps: pictures written a second of wall-clock time.
        eta: seconds until the end, or None.
        device: the device's spec, such as "cpu".
    """

    frame: int
    total: int | None
    time: int
    fps: float
    eta: float | None
    device: str


@dataclass(frozen=True, slots=True)
class Stage:
    """Where one stage's time went.

    Thread-safety: immutable.

    Attributes:
        busy: seconds of work.
        waited: seconds of waiting for the stages beside it.
    """

    busy: float
    waited: float


@dataclass(frozen=True, slots=True)
class Report:
    """What a transcode did.

    Thread-safety: immutable.

    Attributes:
        path: the file written.
        frames: pictures written.
        duration: of the video written, in hns.
        seconds: wall-clock time.
        first_frame: seconds until the first picture was encoded.
        decode: time of decoding; stages overlap, so the three may add up to more than `seconds`.
        transform: time of the transforms.
        encode: time of encoding and writing.
        device: spec of the device that did the transforms.
        codec: the encoder.
        input_type: of the input, every field filled.
        output_type: of what was written, every field filled.
        filled: colour fields of the input that the file did not state and a rule filled.
        streams: other streams copied.
        warnings: what could not be kept or honoured.
        partial: whether the input was damaged or cut off; what could be decoded was written.
    """

    path: str
    frames: int
    duration: int
    seconds: float
    first_frame: float
    decode: Stage
    transform: Stage
    encode: Stage
    device: str
    codec: str
    input_type: VideoType
    output_type: VideoType
    filled: tuple[str, ...]
    streams: tuple[str, ...]
    warnings: tuple[str, ...]
    partial: bool

    @property
    def fps(self) -> float:
        """Pictures a second of wall-clock time."""
        return self.frames / self.seconds if self.seconds else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, for JSON."""
        return {
            "path": self.path,
            "frames": self.frames,
            "duration": self.duration,
            "seconds": round(self.seconds, 4),
            "first_frame": round(self.first_frame, 4),
            "fps": round(self.fps, 2),
            "time": {
                name: {"busy": round(stage.busy, 4), "waited": round(stage.waited, 4)}
                for name, stage in self.stages.items()
            },
            "device": self.device,
            "codec": self.codec,
            "input": str(self.input_type),
            "output": str(self.output_type),
            "filled": {name: str(getattr(self.input_type, name)) for name in self.filled},
            "streams": list(self.streams),
            "warnings": list(self.warnings),
            "partial": self.partial,
        }

    @property
    def stages(self) -> dict[str, Stage]:
        """The stages by name, in order."""
        return {"decode": self.decode, "transform": self.transform, "encode": self.encode}

    def __str__(self) -> str:
        split = ", ".join(f"{name} {stage.busy:.2f} s" for name, stage in self.stages.items())
        speed = f"{self.frames} pictures in {self.seconds:.2f} s ({self.fps:.1f} fps)"
        lines = [
            f"{self.path}: {speed} on {self.device}; {split}",
            f"  {self.input_type} -> {self.output_type}, {self.codec}",
        ]
        if self.filled:
            words = ", ".join(f"{name} {getattr(self.input_type, name)}" for name in self.filled)
            lines.append(f"  not stated by the file, taken by rule: {words}")
        lines += [f"  {warning}" for warning in self.warnings]
        return "\n".join(lines)
