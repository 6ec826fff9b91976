"""Nothing that someone else could have put there is ever run."""

import os
from pathlib import Path

import pytest

from greenscreen import cache
from greenscreen.cache import cache_folder, read_private, write_private
from greenscreen.errors import EngineError

posix = pytest.mark.skipif(os.name == "nt", reason="Windows keeps its profile folders private by other means")


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(cache.platformdirs, "user_cache_path", lambda _: tmp_path / "cache")
    return tmp_path / "cache"


@posix
def test_folder_and_files_are_the_persons_alone() -> None:
    folder = cache_folder("plans")
    write_private(folder / "a.plan", b"code")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "a.plan").stat().st_mode & 0o777 == 0o600
    assert read_private(folder / "a.plan") == b"code"
    assert [path.name for path in folder.iterdir()] == ["a.plan"]


def test_what_is_not_there_is_none() -> None:
    assert read_private(cache_folder("plans") / "absent") is None


@posix
def test_a_folder_that_others_may_write_to_is_refused() -> None:
    cache_folder("plans").chmod(0o777)
    with pytest.raises(EngineError, match="not yours alone") as caught:
        cache_folder("plans")
    assert "chmod" in caught.value.hint


@posix
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_to_is_refused(mode: int) -> None:
    path = cache_folder("plans") / "a.plan"
    write_private(path, b"code")
    path.chmod(mode)
    with pytest.raises(EngineError, match="not yours alone"):
        read_private(path)


@posix
def test_a_file_of_someone_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    path = cache_folder("plans") / "a.plan"
    write_private(path, b"code")
    monkeypatch.setattr(os, "getuid", lambda: 4242)
    with pytest.raises(EngineError, match="not yours alone"):
        read_private(path)


@posix
def test_links_are_not_followed(tmp_path: Path) -> None:
    """Neither for the folder nor for a file: where they lead, someone else may be at home."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.plan").write_bytes(b"their code")
    path = cache_folder("plans") / "a.plan"
    path.symlink_to(elsewhere / "a.plan")
    with pytest.raises(EngineError, match="cannot be read"):
        read_private(path)
    (path.parent.parent / "kernels").symlink_to(elsewhere)
    with pytest.raises(EngineError, match="not yours alone"):
        cache_folder("kernels")


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    path = cache_folder("plans") / "a.plan"
    write_private(path, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EngineError, match="No space left"):
        write_private(path, b"new")
    assert read_private(path) == b"old"
    assert [found.name for found in path.parent.iterdir()] == ["a.plan"]


def test_a_cache_that_cannot_be_made_is_named(own_cache: Path) -> None:
    own_cache.write_bytes(b"a file where the folder should be")
    with pytest.raises(EngineError, match="cannot be used as a cache"):
        cache_folder("plans")
