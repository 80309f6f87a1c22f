from pathlib import Path

import pytest

from gpumft.device import kernel_files
from gpumft.errors import FileMissing

ROOT = Path(__file__).parent.parent.parent


def test_a_checkout_has_its_kernels_at_the_top() -> None:
    found = kernel_files.kernel_folder() / "README.md"
    assert found.read_bytes() == (ROOT / "kernels" / "README.md").read_bytes()


def test_a_wheel_has_its_kernels_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gpumft" / "kernels").mkdir(parents=True)
    (tmp_path / "kernels").mkdir()
    monkeypatch.setattr(kernel_files, "files", lambda name: tmp_path / name)
    assert kernel_files.kernel_folder() == tmp_path / "gpumft" / "kernels"


def test_a_broken_install_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_files, "files", lambda name: tmp_path / name)
    with pytest.raises(FileMissing, match=r"no kernel sources beside .*install gpumft again"):
        kernel_files.kernel_folder()
