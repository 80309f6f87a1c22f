"""Every format into every format, source by source, with a record from which a run goes on.

`python -m tests.contract.full_product opencl RECORD.json` judges the sources that the record lacks,
in the order of `CONVERTIBLE`, each in a process of its own, and writes the record after each.
Delete it to begin anew. Building kernels takes nearly all the time: OpenCL's
`PYOPENCL_BUILD_OPTIONS=-cl-opt-disable` takes a tenth of it, and is noted in the record.
"""

from __future__ import annotations

import json
import os
import sys
import time
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from subprocess import run
from typing import Any

from gpumft.device import Device, open_device
from gpumft.transforms import CONVERTIBLE
from tests.contract.backends import SPECS
from tests.contract.conversions import judge, types

SIZE = (7, 5)
SIZES = (SIZE, (4, 6))
"""Of the target: as the source, and scaled."""


def judge_source(device: Device, source: str) -> int:
    """Convert a format into every format; each byte must be the twin's.

    Returns:
        How many conversions that were.
    """
    cases = [(target, size) for target in CONVERTIBLE for size in SIZES]
    for target, size in cases:
        judge(device, *types(source, SIZE, target, size))
    return len(cases)


def main(backend: str, path: Path) -> None:
    """Judge what the record lacks.

    Raises:
        AssertionError: bytes differ; the record holds the sources before.
    """
    record: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
    missing = [source for source in map(str, CONVERTIBLE) if source not in record]
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for source, found in pool.imap(partial(_judged, backend), missing):
            record[source] = found
            aside = path.with_name(f"{path.name}.new")
            aside.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
            aside.replace(path)
            sys.stdout.write(f"{source}: {found}\n")
            sys.stdout.flush()
    whole = sum(found["conversions"] for found in record.values())
    sys.stdout.write(f"{len(record)} sources, {whole} conversions in all\n")


def _judged(backend: str, source: str) -> tuple[str, dict[str, Any]]:
    began = time.process_time()
    with open_device(SPECS[backend]) as device:
        return source, {
            "conversions": judge_source(device, source),
            "device": device.info.name,
            "options": os.environ.get("PYOPENCL_BUILD_OPTIONS", ""),
            "commit": _commit(),
            "seconds": round(time.process_time() - began, 1),
        }


def _commit() -> str:
    told = run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)  # noqa: PLW1510
    return told.stdout.strip() or "unknown"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
