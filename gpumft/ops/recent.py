"""`convert` for single calls, of which the latest conversions are kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from gpumft.device import Device, Surface, as_device
from gpumft.errors import InvalidArg
from gpumft.media import VideoType
from gpumft.ops.converter import Converter, Target, complete
from gpumft.ops.options import make_options
from gpumft.ops.planner import Plan, plan
from gpumft.ops.run import Run
from gpumft.samples import Sample

_KEPT = 16
"""How many conversions are kept for each device."""


class _Recent:
    """The latest conversions, for each device that is still in use.

    Devices are held weakly and no Converter is kept, for it holds its device.

    Thread-safety: any thread; one that is not kept yet may be planned twice.
    """

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[Device, OrderedDict[Hashable, tuple[Plan, Run]]] = (
            WeakKeyDictionary()
        )
        self._lock = threading.Lock()

    def converter(
        self, src: VideoType, dst: Target, device: Device, options: dict[str, Any]
    ) -> Converter:
        """Return a converter, planned and built only if it is not kept."""
        said = tuple(dst.items()) if isinstance(dst, Mapping) else dst
        key: Hashable = (src, said, *options.items())
        try:
            hash(key)
        except TypeError:  # a list or an array cannot be looked up, but what it means can
            whole, settled = complete(dst, src), make_options(**options)
            key = (src, whole, settled)
            found = self._find(device, key)
            made = found or Converter.of(plan(src, whole, settled), device)
        else:
            found = self._find(device, key)
            made = found or Converter(src, dst, device=device, **options)
        if found is None:
            self._keep(key, made)
        return made

    def _find(self, device: Device, key: Hashable) -> Converter | None:
        with self._lock:
            kept = self._kept.get(device)
            if kept is None or key not in kept:
                return None
            kept.move_to_end(key)
            settled, run = kept[key]
        return Converter.of(settled, device, run)

    def _keep(self, key: Hashable, made: Converter) -> None:
        with self._lock:
            kept = self._kept.setdefault(made.device, OrderedDict())
            kept[key] = (made.plan, made._run)  # noqa: SLF001 - the same room
            while len(kept) > _KEPT:
                kept.popitem(last=False)


_recent = _Recent()


def convert(
    planes: Any,
    src: VideoType | None = None,
    dst: Target | None = None,
    *,
    out: Any = None,
    device: Device | str | None = None,
    **options: Any,
) -> Any:
    """Convert one picture: format, size, colour, light, crop, rotation and effects in one pass.

    Args:
        planes: one array a plane, (rows, columns[, channels]), a Sample or a Surface.
        src: type of `planes`; None for a Sample or a Surface, which knows its own.
        dst: a VideoType, PartialType or mapping; what is missing comes from `src`. The picture
            lands in its aperture, if it has one; around it is background.
        out: where to write; None allocates.
        device: a Device, its spec, or None: where a Surface is, else the best there is.
        options: filter="bicubic", chroma_filter=None, crop=None (x, y, w, h in pixels), rotate=0
            (90, 180, 270 clockwise, after the crop), flip="" (h, v, hv, after the rotation),
            fit="stretch" (contain, cover), background="black", effects=(); linear=False (scale in
            light), dither="none" (ordered, blue_noise), seed=0, legalize=False; where light is
            converted: tone_map="bt2390" (hable, reinhard, mobius, clip, none),
            tone_map_basis="max_rgb" (luminance, ictcp), peak=None and white=203 in cd/m2,
            gamut="clip" (perceptual), adaptation="bradford" (none). peak="detect" measures the
            picture; only VideoProcessor and transcode know those before it. Source: docs/light.md.

    Returns:
        The same kind as `planes`: a list of arrays, a Sample, or a Surface.

    Raises:
        InvalidArg: planes, options or `out` do not fit; the message names both sides.
        InvalidMediaType: no type, or a step that cannot be done.
        DeviceUnavailable: there is no such device.
        InvalidRequest: the device is closed.

    Thread-safety: safe. A few conversions are kept for next time.
    """
    if src is None:
        src = planes.type if isinstance(planes, Sample | Surface) else None
    if src is None or dst is None:
        missing = "src" if src is None else "dst"
        msg = f"{missing} is missing; convert(planes, src, dst) needs both types"
        raise InvalidArg(msg)
    if device is None:
        device = _place(planes)
    return _recent.converter(src, dst, as_device(device), options)(planes, out)


def _place(planes: Any) -> Device | None:
    """Return the device that a surface is on, also inside a sample; None for anything else."""
    if isinstance(planes, Surface):
        return planes.device
    if isinstance(planes, Sample) and planes.on_device:
        return planes.surface.device
    return None
