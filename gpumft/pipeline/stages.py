"""The transforms of a transcode, set up one after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from gpumft.device import Device
from gpumft.errors import InvalidMediaType, MFError
from gpumft.media import PartialType, VideoType
from gpumft.mft import Transform
from gpumft.pipeline.files.orientation import UPRIGHT, Orientation
from gpumft.samples import Sample
from gpumft.transforms import VideoProcessor
from gpumft.transforms.chain import Stage, chain_stages

VideoStage = Transform[Sample, VideoType]


Step = Stage | VideoStage


def make_steps(
    chain: str | Iterable[VideoStage] | None,
    own: Stage,
    *,
    source: VideoType,
    orientation: Orientation,
) -> list[Step]:
    """Return what is to be done to pictures; the last step is a fused pass.

    Args:
        chain: text in FFmpeg's grammar, transforms, or None.
        own: size, format and options given beside it; they come last.
        source: type of the file's pictures, as stored.
        orientation: how they must be turned to be seen upright.
    """
    steps: list[Step] = []
    if isinstance(chain, str):
        steps += chain_stages(chain, size=orientation.size(source.size))
    else:
        steps += chain or ()
    last = steps[-1] if steps else None
    joined = join(last, own) if isinstance(last, Stage) else None
    steps[-1 if joined else len(steps) :] = [joined or own]
    if orientation != UPRIGHT:
        if not isinstance(steps[0], Stage):  # a caller's transform expects an upright picture
            steps.insert(0, Stage())
        first = steps[0]
        if isinstance(first, Stage):
            first.options = uprighted(first.options, orientation, source.size)
    return steps


def join(first: Stage, second: Stage) -> Stage | None:
    """Return one fused pass that does both stages, or None if its fixed order does not allow it.

    Options that say how, such as the filter, serve what either stage does.
    """
    does, then = _ranks(first), _ranks(second)
    if does and then and not (max(does) < min(then) or max(does) == min(then) == _EFFECTS):
        return None
    more = {key: value for key, value in second.options.items() if value or key not in _ORDER}
    options = {**first.options, **more}
    if any(options[key] != value for key, value in first.options.items() if key not in _ORDER):
        return None
    effects = (*first.options.get("effects", ()), *second.options.get("effects", ()))
    if effects:
        options["effects"] = effects
    return Stage(options, second.size or first.size, second.format or first.format)


_ORDER = ("crop", "rotate", "flip", "size", "effects", "format")
"""What a fused pass does, in its order."""
_EFFECTS = _ORDER.index("effects")


def _ranks(stage: Stage) -> list[int]:
    """Return the places in a pass's order of what a stage does."""
    doing = {**stage.options, "size": stage.size, "format": stage.format}
    return [rank for rank, name in enumerate(_ORDER) if doing.get(name)]


def uprighted(
    options: Mapping[str, Any], orientation: Orientation, size: tuple[int, int]
) -> dict[str, Any]:
    """Return options for the stored picture that do what `options` do to the upright one.

    Args:
        options: with crop, rotate and flip as if the picture were upright.
        orientation: how the stored picture must be turned.
        size: (width, height) as stored.
    """
    changed = dict(options)
    crop = options.get("crop")
    if crop is not None:
        x, y, width, height = map(Fraction, crop)
        changed["crop"] = orientation.stored_crop((x, y, width, height), size)
    more = Orientation.of(options.get("rotate", 0), options.get("flip", ""))
    return changed | _turn(orientation.then(more))


def _turn(orientation: Orientation) -> dict[str, Any]:
    return {"rotate": orientation.rotate, "flip": orientation.flip}


class Chain:
    """Transforms in a row, each fed by the one before through the MFT protocol.

    Args:
        steps: what to do; see `make_steps`.
        device: where fused passes run.
        output: fields that the caller wants of what is written.

    Attributes:
        transforms: one for each step.

    Thread-safety: one thread at a time.
    """

    def __init__(
        self, steps: Sequence[Step], device: Device, output: Mapping[str, Any] | None = None
    ) -> None:
        self._steps = tuple(steps)
        self._output = dict(output or {})
        self.transforms: tuple[VideoStage, ...] = tuple(
            VideoProcessor(device=device, **step.options) if isinstance(step, Stage) else step
            for step in steps
        )

    @property
    def one_to_one(self) -> bool:
        """Whether every transform makes one picture of each."""
        return all(transform.one_to_one for transform in self.transforms)

    def set_types(self, source: VideoType, target: VideoType | None = None) -> VideoType:
        """Negotiate all types.

        Args:
            source: of the pictures that come in, whatever their rotation: a step turns them.
            target: of those that go out; None: what the steps and the caller's fields give.

        Returns:
            The type that goes out, every field filled.

        Raises:
            InvalidMediaType: a transform cannot take or make a type.
        """
        current = source.replace(rotation=0)
        for step, transform in zip(self._steps, self.transforms, strict=True):
            transform.set_output_type(None)
            transform.set_input_type(current)
            if isinstance(step, Stage):
                last = transform is self.transforms[-1]
                transform.set_output_type(
                    target
                    if target and last
                    else self._output_of(step, current, self._output if last else {})
                )
            else:
                _take_first_offer(transform, current)
            current = transform.output_current_type().resolved(current.resolved())
        return current

    def _output_of(
        self, stage: Stage, current: VideoType, fields: Mapping[str, Any]
    ) -> PartialType:
        wanted = {name: value for name, value in stage.output(current).items() if value is not None}
        if stage.options.get("rotate", 0) in (90, 270):
            wanted["pixel_aspect"] = 1 / current.pixel_aspect
        return PartialType(**{**wanted, **fields})

    def run(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """Yield what comes out for `samples`, which are of the type that was set."""
        flow: Iterable[Sample] = samples
        for transform in self.transforms:
            flow = transform.run(flow)
        yield from flow


def _take_first_offer(transform: VideoStage, current: VideoType) -> None:
    """Let a caller's transform make the first type that it offers and takes."""
    refusals = []
    for offered in transform.available_output_types():
        try:
            return transform.set_output_type(offered)
        except MFError as error:
            refusals.append(f"{offered}: {error}")
    raise InvalidMediaType(
        f"{type(transform).__name__} makes nothing of {current}: "
        f"{'; '.join(refusals) or 'it offers no type'}"
    )
