"""How long a user waits: importing, the help, and the first frame of `gpumft run`.

    python -m bench.startup [--json NAME]

Cold means that neither kernels nor byte code are cached; the seconds run from the start of the
process until the first frame has been encoded, as `--progress json` tells.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.harness import RESULTS, machine

ROOT = Path(__file__).parents[1]
CLIP = ROOT / "gpumft" / "data" / "clip_1280x720.mp4"
ROUNDS = 5


def seconds(*words: str) -> float:
    """Return the median wall time of `python words`."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def first_frame(cache: Path) -> float:
    """Return the seconds until the first frame of a run is encoded, with `cache` for all caches."""
    env = os.environ | {
        "GPUMFT_CACHE_DIR": str(cache / "k"),
        "PYTHONPYCACHEPREFIX": str(cache / "p"),
    }
    with tempfile.TemporaryDirectory() as folder:
        words = ["run", str(CLIP), f"{folder}/out.mp4", "--size", "1920x1080", "--effect", "sepia"]
        words += [
            "--filter",
            "lanczos3",
            "--progress",
            "json",
            "--codec-option",
            "preset=ultrafast",
        ]
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "gpumft.cli", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
        )
        found = 0.0
        for line in process.stderr or ():
            if not found and line.startswith("{") and json.loads(line).get("frame", 0) > 0:
                found = time.perf_counter() - start
        if process.wait() or not found:
            raise RuntimeError("the run failed")
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", metavar="NAME", help="write results/NAME.json")
    arguments = parser.parse_args()
    found = {
        "python alone": seconds("-c", "pass"),
        "import gpumft": seconds("-c", "import gpumft"),
        "import numpy": seconds("-c", "import numpy"),
        "gpumft --help": seconds("-m", "gpumft.cli", "--help"),
    }
    with tempfile.TemporaryDirectory() as folder:
        found["first frame, cold"] = first_frame(Path(folder))
        warm = [first_frame(Path(folder)) for _ in range(ROUNDS)]
        found["first frame, warm"] = statistics.median(warm)
    for name, value in found.items():
        print(f"{name:20} {value:7.3f} s")
    if arguments.json:
        content = {"machine": machine(), "seconds": {k: round(v, 3) for k, v in found.items()}}
        (RESULTS / f"{arguments.json}.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
