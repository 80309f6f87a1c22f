"""The wheel, the sdist and an editable install hold what they must, and work."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHOW = (
    "import gpumft; from gpumft.device.kernel_files import kernel_folder;"
    "print(gpumft.__file__); print(gpumft.__version__); "
    "print((kernel_folder() / 'README.md').read_text())"
)


def files_below(folder: Path) -> set[str]:
    """Return the paths of a folder's files, relative to the checkout, without Python's caches."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def python(*arguments: str, cwd: Path) -> str:
    """Run Python outside the checkout and return what it prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-P", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**kept, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def unpack_install(wheel: Path, target: Path) -> Path:
    """Install a wheel alone into a fresh folder."""
    how = ["--quiet", "--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check"]
    python("-m", "pip", "install", *how, "--target", str(target), str(wheel), cwd=wheel.parent)
    return target


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an sdist and the wheel made from that sdist."""
    out = tmp_path_factory.mktemp("dist")
    python("-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT), cwd=out)
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


def test_wheel_holds_the_package_and_the_kernels_and_no_more(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    kernels = {f"gpumft/{name}" for name in files_below(ROOT / "kernels")}
    assert names == files_below(ROOT / "gpumft") | kernels
    assert {"gpumft/py.typed", "gpumft/kernels/README.md"} <= names


def test_wheel_holds_the_demo_clip_with_its_attribution(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        data = {name for name in archive.namelist() if name.startswith("gpumft/data/")}
    assert any(name.endswith(".mp4") for name in data)
    assert any("ATTRIBUTION" in name for name in data)


def test_wheel_metadata(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        info = {Path(name).name: name for name in archive.namelist() if ".dist-info/" in name}
        metadata = Parser().parsestr(archive.read(info["METADATA"]).decode())
        scripts = archive.read(info["entry_points.txt"]).decode()
    assert "LICENSE" in info
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    extras = {"cuda12", "cuda13", "opencl", "opencl-cpu", "plot", "test", "bench", "dev"}
    assert set(metadata.get_all("Provides-Extra", [])) == extras
    assert "gpumft = gpumft.cli:main" in scripts


def test_sdist_holds_what_a_packager_needs(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    wanted = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "ci/test", "ci/_setup.py"}
    for folder in ("gpumft", "kernels", "tests", "requirements"):
        wanted |= files_below(ROOT / folder)
    assert wanted - names == set()


def test_installed_wheel_works_and_finds_its_kernels(wheel: Path, tmp_path: Path) -> None:
    target = unpack_install(wheel, tmp_path / "target")
    find = f"import sys; sys.path.insert(0, {str(target)!r}); {SHOW}"
    file, version, readme = python("-c", find, cwd=tmp_path).split("\n", 2)
    assert Path(file).parent == target / "gpumft"
    assert version == wheel.name.split("-")[1]
    assert readme.strip() == (ROOT / "kernels" / "README.md").read_text(encoding="utf-8").strip()


def test_editable_install_works_and_finds_its_kernels(tmp_path: Path) -> None:
    build = f"from hatchling import build; print(build.build_editable({str(tmp_path)!r}))"
    name = python("-c", f"import os; os.chdir({str(ROOT)!r}); {build}", cwd=tmp_path).split()[-1]
    target = unpack_install(tmp_path / name, tmp_path / "target")
    # As in site-packages, addsitedir reads the .pth file that leads to the checkout. Without -S the
    # one of an environment that already has the checkout would hide a fault of this one.
    paths = f"site.addsitedir({str(target)!r}); sys.path.append({sysconfig.get_path('purelib')!r})"
    show = f"import site, sys; {paths}; {SHOW}"
    file, _, readme = python("-S", "-c", show, cwd=tmp_path).split("\n", 2)
    assert Path(file) == ROOT / "gpumft" / "__init__.py"
    assert readme.strip() == (ROOT / "kernels" / "README.md").read_text(encoding="utf-8").strip()
