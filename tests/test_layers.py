"""Arrows between rooms go down only; each library has rooms of its own (docs/design)."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "gpumft"

# A room sees itself and what has a lower number. "" is gpumft/__init__, which shows all but cli.
RANK = {
    "errors": 0,
    "media": 1,
    "formula": 1,
    "colour": 2,
    "resample": 2,
    "device": 3,
    "mft": 3,
    "samples": 4,
    "effects": 5,
    "ops": 6,
    "transforms": 7,
    "pipeline": 8,
    "testing.reference": 9,
    "testing": 10,
    "": 11,
    "cli": 12,
}
# Rooms that see less than their rank lets them: the protocol, and the oracle of the tests.
ONLY = {"mft": {"errors", "media"}, "testing.reference": {"errors", "media"}}
# Rooms that see no library but NumPy.
PURE = {"errors", "media", "formula", "colour", "resample", "mft", "testing.reference"}
COMPILER = ("device", "effects.cpu")
OWNERS = {
    "av": ("pipeline.files",),
    "cupy": ("device",),
    "cupyx": ("device",),
    "llvmlite": COMPILER,
    "matplotlib": ("cli",),
    "numba": COMPILER,
    "numpy": ("",),
    "platformdirs": ("",),
    "pyopencl": ("device",),
    "rich": ("cli",),
    "typer": ("cli",),
}


def room_of(module: str) -> str:
    """Return the room of a module, given without "gpumft."; unknown names are the root's."""
    if module.startswith("testing.reference"):
        return "testing.reference"
    room = module.partition(".")[0]
    return room if room in RANK else ""


def imports_of(path: Path, package: list[str]) -> Iterator[tuple[int, str]]:
    """Yield line and full dotted name of each import of a file, at any depth of nesting."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, name.name) for name in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = package[: len(package) - level + 1] if level else []
                start = ".".join([*base, *([module] if module else [])])
                yield from ((node.lineno, f"{start}.{name.name}") for name in names)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__")
                | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def bad_arrows(folder: Path) -> list[str]:
    """Return a line for each import in a package folder that its room may not have."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        package = ["gpumft", *parts[:-1]]
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        room = room_of(module)
        if module.partition(".")[0] not in RANK:
            found.append(f"{path}: its room has no rank")
        for line, name in imports_of(path, package):
            top, _, rest = name.partition(".")
            if top == "gpumft":
                target = room_of(rest)
                allowed = RANK[target] < RANK[room] and target in ONLY.get(room, RANK)
                right = target == room or allowed
            elif top in sys.stdlib_module_names:
                right = True
            else:
                right = any(module.startswith(owner) for owner in OWNERS.get(top, ()))
                right = right and (top == "numpy" or room not in PURE)
            if not right:
                found.append(f"{path}:{line}: {room or 'gpumft'} may not import {name}")
    return found


def test_arrows_go_down() -> None:
    assert bad_arrows(PACKAGE) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("errors.py", "import gpumft.media"),
        ("errors.py", "from . import media"),
        ("media/types.py", "from gpumft.colour import plan"),
        ("colour/plan.py", "from ..resample.taps import taps"),
        ("colour/plan.py", "import numba"),
        ("device/base.py", "def f():\n    from ..mft import Transform"),
        ("device/base.py", "import gpumft as gm"),
        ("device/base.py", "from gpumft import convert"),
        ("device/base.py", "import importlib\nimportlib.import_module('gpumft.ops')"),
        ("device/cpu/rows.py", "from ...samples import Sample"),
        ("mft/state.py", "from gpumft import device"),
        ("mft/state.py", "from gpumft.colour import plan"),
        ("ops/converter.py", "import cupy"),
        ("ops/converter.py", "import unheard_of"),
        ("effects/trace.py", "import numba"),
        ("pipeline/clock.py", "import av"),
        ("pipeline/clock.py", "if True:\n    from gpumft.cli import main"),
        ("transforms/processor.py", "from rich.table import Table"),
        ("testing/reference.py", "from gpumft.colour import plan"),
        ("testing/reference/matrix.py", "from ..fakes import Fake"),
        ("testing/fakes.py", "import gpumft.cli"),
        ("__init__.py", "from .cli import main"),
        ("newroom/thing.py", ""),
    ],
)
def test_a_bad_arrow_is_found(tmp_path: Path, file: str, text: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert len(bad_arrows(tmp_path)) == 1


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("__init__.py", "from . import errors\nfrom .pipeline import open"),
        (
            "media/types.py",
            "from ..errors import InvalidArg\nimport numpy as np\nfrom . import enums",
        ),
        ("device/cpu/engine.py", "import numba\nfrom gpumft.colour.plan import Plan"),
        ("effects/cpu_printer.py", "from numba import njit"),
        ("samples/sample.py", "from ..mft import Payload\nfrom ..device.pool import Pool"),
        ("pipeline/files/reader.py", "import av.container"),
        ("cli/run.py", "import typer\nimport gpumft as gm\nfrom gpumft import open_device"),
        ("testing/reference.py", "import numpy\nfrom gpumft import media"),
        (
            "testing/fakes.py",
            "from . import reference\nfrom gpumft.transforms import VideoProcessor",
        ),
    ],
)
def test_a_good_arrow_is_not(tmp_path: Path, file: str, text: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert bad_arrows(tmp_path) == []
