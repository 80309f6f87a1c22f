"""``import gpumft`` is light, and its names are the same for Python, type checkers and users."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import gpumft

ROOT = Path(__file__).parent.parent
HEAVY = {"av", "cupy", "llvmlite", "numba", "numpy", "pyopencl", "rich", "typer"}


def names_for_type_checkers() -> dict[str, str]:
    """Return name -> module of the imports that only type checkers and editors read."""
    tree = ast.parse((ROOT / "gpumft" / "__init__.py").read_text(encoding="utf-8"))
    blocks = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    assert len(blocks) == 1
    found = {}
    for node in blocks[0].body:
        if isinstance(node, ast.ImportFrom):
            assert node.level == 1
            for alias in node.names:
                assert alias.asname == alias.name, "`X as X` is what makes a name public"
                found[alias.name] = node.module or alias.name
    return found


def test_importing_loads_no_library() -> None:
    show = "import gpumft, json, sys; dir(gpumft); print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, check=True, cwd=ROOT)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert "gpumft" in loaded
    assert loaded & HEAVY == set()


def test_python_and_type_checkers_see_the_same_names() -> None:
    assert names_for_type_checkers() == gpumft._HOME


@pytest.mark.parametrize("name", gpumft.__all__)
def test_every_public_name_is_there(name: str) -> None:
    value = getattr(gpumft, name)
    assert name in dir(gpumft)
    assert value is getattr(gpumft, name)


def test_no_name_is_listed_twice() -> None:
    assert len(gpumft.__all__) == len(set(gpumft.__all__))
    assert len(gpumft.__all__) == len(gpumft._ROOMS) + sum(map(len, gpumft._NAMES.values()))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'gpumft' has no attribute 'MFEror'") as caught:
        gpumft.MFEror  # type: ignore[attr-defined]  # noqa: B018
    assert caught.value.name == "MFEror"
    assert caught.value.obj is gpumft


def test_version_is_the_installed_one() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert gpumft.__version__ == "0+unknown" or f'version = "{gpumft.__version__}"' in project
