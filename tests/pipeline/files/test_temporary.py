"""Files that appear when they are whole."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from gpumft.errors import AccessDenied, DiskFull, FileMissing, InvalidArg, OutputExists
from gpumft.pipeline.files.temporary import OutputFile


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_appears_at_commit(tmp_path: Path) -> None:
    file = OutputFile(tmp_path / "a.mp4")
    Path(file.name).write_bytes(b"1234")
    hidden = names(tmp_path)
    assert len(hidden) == 1
    assert hidden[0].startswith(".a.")
    assert hidden[0].endswith(".part.mp4")
    file.commit()
    assert names(tmp_path) == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == b"1234"


def test_nothing_is_left_after_discard(tmp_path: Path) -> None:
    file = OutputFile(tmp_path / "a.mp4")
    Path(file.name).write_bytes(b"1234")
    file.discard()
    file.discard()
    assert names(tmp_path) == []


def test_a_forgotten_file_is_removed(tmp_path: Path) -> None:
    file = OutputFile(tmp_path / "a.mp4")
    assert len(names(tmp_path)) == 1
    del file
    assert names(tmp_path) == []


def test_an_old_file_stays_until_commit(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"old")
    file = OutputFile(path)
    Path(file.name).write_bytes(b"new")
    assert path.read_bytes() == b"old"
    file.commit()
    assert path.read_bytes() == b"new"


def test_an_old_file_is_replaced_only_if_allowed(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"old")
    with pytest.raises(OutputExists, match=r"a\.mp4' exists already; replace it with -y or"):
        OutputFile(path, overwrite=False)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.mp4"]


def test_a_name_taken_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    file = OutputFile(path, overwrite=False)
    path.write_bytes(b"somebody else's")
    with pytest.raises(OutputExists):
        file.commit()
    assert path.read_bytes() == b"somebody else's"
    assert names(tmp_path) == ["a.mp4"]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.mp4"
    link.symlink_to(tmp_path / "real" / "a.mp4")
    file = OutputFile(link)
    Path(file.name).write_bytes(b"1")
    file.commit()
    assert link.is_symlink()
    assert names(tmp_path / "real") == ["a.mp4"]


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match=r"folder '.*nowhere' of the output .* does not exist"):
        OutputFile(tmp_path / "nowhere" / "a.mp4")


def test_a_folder_is_no_output(tmp_path: Path) -> None:
    with pytest.raises(InvalidArg, match="is a folder"):
        OutputFile(tmp_path)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InvalidArg, match="not a folder"):
        OutputFile(tmp_path / "file" / "a.mp4")


@pytest.mark.parametrize(
    ("number", "error", "words"),
    [
        (errno.EACCES, AccessDenied, "permission denied; choose a folder"),
        (errno.EROFS, AccessDenied, "read-only file system"),
        (errno.ENOSPC, DiskFull, "no space left on device; free some space"),
        (errno.EDQUOT, DiskFull, "free some space"),
    ],
)
def test_refusals_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type, words: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(error, match=words):
        OutputFile(tmp_path / "a.mp4")
    monkeypatch.undo()
    assert names(tmp_path) == []


def test_devices_are_written_directly() -> None:
    file = OutputFile(os.devnull, overwrite=False)
    assert file.name == os.devnull
    file.commit()
    assert not Path(os.devnull).is_file()


def test_a_refused_rename_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = OutputFile(tmp_path / "a.mp4")

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(AccessDenied):
        file.commit()
    assert names(tmp_path) == []
