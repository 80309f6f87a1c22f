"""Every format into every format, source by source, with a record from which a run goes on.

`python -m tests.contract.full_product opencl RECORD.json` judges the sources that the record lacks,
in the order of `CONVERTIBLE`, and writes it after each. Delete the record to begin anew.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from subprocess import run

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
    record = json.loads(path.read_text()) if path.exists() else {}
    for source in map(str, CONVERTIBLE):
        if source in record:
            continue
        began = time.monotonic()
        with open_device(SPECS[backend]) as device:  # a new one forgets the kernels of the last
            conversions = judge_source(device, source)
            seconds = round(time.monotonic() - began)
            name = device.info.name
        record[source] = {
            "conversions": conversions, "device": name, "commit": _commit(), "seconds": seconds,
        }  # fmt: skip
        aside = path.with_name(f"{path.name}.new")
        aside.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        aside.replace(path)
        print(f"{source}: {conversions} conversions, {seconds} s", flush=True)
    print(f"{len(record)} sources, {sum(found['conversions'] for found in record.values())} in all")


def _commit() -> str:
    told = run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)  # noqa: PLW1510, S607
    return told.stdout.strip() or "unknown"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
