"""Which components of a source lie side by side, and what kernels can do with them there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gpumft.device.cpu import filters
from gpumft.device.cpu.layout import BLOCK
from gpumft.device.cpu.schedule import Buffer
from gpumft.device.program import Program, Read
from gpumft.media.formats import PixelFormat


class Clusters:
    """Knows how the components of a program's source lie.

    Thread-safety: immutable once made.
    """

    def __init__(self, program: Program) -> None:
        self.program = program

    def _clusters(
        self, reads: Sequence[int], loaded: dict[int, tuple[Buffer, tuple[int, int]]]
    ) -> list[list[int | None]]:
        """Return the reads, those together that lie side by side and are treated alike."""
        program = self.program
        alone: list[list[int | None]] = []
        found: dict[object, list[int | None]] = {}
        for index in dict.fromkeys(reads):
            read = program.reads[index]
            part = read.component
            channels = program.source.layout.planes[part.plane].channels
            turned = program.transpose or program.mirror_x
            if turned or index in loaded or not 2 <= channels == part.step:
                alone.append([index])
                continue
            key = (
                part.plane, part.shift, part.depth, read.offset, read.vertical.key,
                read.horizontal.key,
            )  # fmt: skip
            cluster = found.setdefault(key, [None] * channels)
            if cluster[part.offset] is None:
                cluster[part.offset] = index
            else:
                alone.append([index])
        whole = [c for c in found.values() if 2 * sum(i is not None for i in c) >= len(c)]
        rest: list[list[int | None]] = [
            [i] for c in found.values() if c not in whole for i in c if i is not None
        ]
        return [*whole, *alone, *rest]

    def _first(self, cluster: Sequence[int | None]) -> Read:
        return self.program.reads[next(index for index in cluster if index is not None)]

    def _together(self, cluster: Sequence[int | None], read: Read) -> list[Read]:
        """Return the reads of a cluster as kernels want them: the first names the first element."""
        if len(cluster) == 1:
            return [read]
        first = replace(read.component, offset=0)
        return [replace(read, component=first)] * len(cluster)

    def _in_place(self, read: Read) -> bool:
        """Whether vertical filters can take rows of the plane as they lie there."""
        program, part = self.program, read.component
        layout = program.source.layout
        channels = layout.planes[part.plane].channels
        turned = program.transpose or program.mirror_x
        return not turned and channels == part.step and self._whole_elements

    def _stays(self, read: Read) -> bool:
        """Whether a component is alone in its plane, and its columns run from left to right."""
        plane = self.program.source.layout.planes[read.component.plane]
        turned = self.program.transpose or self.program.mirror_x
        return plane.channels == 1 and not turned and self._whole_elements

    @property
    def _whole_elements(self) -> bool:
        """Whether samples of the source lie in elements of their planes, as v210's do not."""
        return self.program.source is not PixelFormat.V210

    def _splits(self, read: Read, group: int, columns: tuple[int, int]) -> bool:
        """Whether a vertical filter parts what lies side by side, for the filter along the row."""
        part, span = read.component, columns[1] - columns[0]
        dtype = self.program.source.layout.planes[part.plane].dtype
        if dtype != "uint8" or read.offset != int(read.offset) or read.vertical.longest > BLOCK:
            return False
        if group == 1:
            phases = filters.find_phases(read.horizontal)
            if phases is None or phases.q not in (2, 4) or read.horizontal.longest > BLOCK:
                return False
            woven = phases.by_fours().woven(read.horizontal)
            return woven and span >= 64 and span % 4 == 0
        return group == 2
