"""The self-test of a device of kernels: every primitive over the known hard cases."""

from __future__ import annotations

import numpy as np

from gpumft.device.gpu.machine import Machine
from gpumft.device.unit import Part, Unit
from gpumft.device.vectors import PRIMITIVES, vectors

UNIT = Unit((Part("arithmetic.h"), Part("primitives.cl")), ("primitives",))


def complaint(machine: Machine) -> str:
    """Return what the device's primitives get wrong, or "" where every bit is right.

    Raises:
        KernelBuildError: the device's compiler refuses the kernel.

    Thread-safety: any thread. Source: docs/arithmetic.md, 7.
    """
    kernel = machine.compile(UNIT)
    wrong = []
    for which, test in enumerate(vectors()):
        count = len(test.results)
        columns = list(np.ascontiguousarray(test.operands.T))
        columns += [columns[0]] * (3 - len(columns))
        memories = []
        for column in columns:
            memories.append(machine.allocate(column.nbytes))
            machine.upload(memories[-1], column)
        found = np.zeros(count, np.uint32)
        memories.append(machine.allocate(found.nbytes))
        numbers = [np.int32(which), np.int32(count)]
        machine.launch(kernel, (count, 1, 1), [*numbers, *memories])
        machine.download(found, memories[-1])
        wrong.append(test.complaint(found))
    assert len(wrong) == len(PRIMITIVES)  # noqa: S101 - kernels number them
    return "; ".join(line for line in wrong if line)
