"""Profiles count for less than the command line, are checked by line, and are followed while running."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from greenscreen.control import Control, profiles
from greenscreen.control.profiles import (
    follow_profile,
    list_profiles,
    outline_profile,
    profile_path,
    profiles_folder,
    read_profile,
    write_profile,
)
from greenscreen.errors import SinkError, UsageError
from greenscreen.settings import Settings, make_settings


def write(text: str, name: str = "talk") -> Path:
    path = profile_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_what_is_saved_is_read_again() -> None:
    settings = make_settings(background='C:\\odd "name".png', size="640x360", fps=25, mirror=True, record="ä b.mp4")
    path = write_profile("talk", settings)
    assert make_settings(**read_profile("talk")) == settings
    assert list_profiles() == ["talk"]
    assert path.parent == profiles_folder()
    assert "# mirror what goes out" in path.read_text()
    assert "zoom" not in path.read_text(), "defaults are left out, so that better ones reach old profiles"


@pytest.mark.skipif(os.name == "nt", reason="there links are for administrators")
def test_a_link_to_a_file_kept_elsewhere_stays_one(tmp_path: Path) -> None:
    """Whether that file is there already, as in a repository of settings, or not yet."""
    for name, there in (("old", True), ("new", False)):
        kept = tmp_path / "dotfiles" / f"{name}.toml"
        link = profile_path(name)
        for folder in (kept.parent, link.parent):
            folder.mkdir(parents=True, exist_ok=True)
        if there:
            kept.write_text("zoom = 2")
        link.symlink_to(kept)
        assert write_profile(name, make_settings(mirror=True)) == link
        assert link.is_symlink()
        assert "mirror = true" in kept.read_text()
        assert "zoom" not in kept.read_text()
    assert sorted(os.listdir(kept.parent)) == ["new.toml", "old.toml"]
    assert list_profiles() == ["new", "old"]


def test_an_outline_names_everything_and_sets_nothing() -> None:
    text = outline_profile("new").read_text()
    assert all(f"# {field} =" in text for field in Settings.model_fields)
    assert read_profile("new") == {}
    write("mirror = true", "new")
    assert outline_profile("new").read_text() == "mirror = true"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mirror = true\nfps = 0\n", r"talk.toml, line 2: fps 0 is not possible: .*greater than"),
        ("\n\n  rotate=45", r"talk.toml, line 3: rotate 45 is not possible"),
        ("colour = 'red'", r"talk.toml, line 1: colour is not a setting"),
        ("# x\n[camera]\nname = 1", r"talk.toml, line 2: camera .* is not possible"),
        ("mirror = yes", r"talk.toml is not TOML: .*line 1"),
        ("mirror = true\nmirror = false", r"is not TOML: Cannot overwrite"),
        ('background = "~a\\u0000/b"', "line 1: background .* hold a NUL"),
        ("size = '12'", r"line 1: size 12 is not possible: give width and height"),
        ("#" * 200_000, "too large"),
        ("frames = " + "1" * 5000, "talk.toml cannot be read"),
        ("zoom = " + "[" * 20_000, "talk.toml (cannot be read|is not TOML)"),
    ],
)
def test_what_is_wrong_is_refused_with_line_and_reason(text: str, reason: str) -> None:
    write(text)
    with pytest.raises(UsageError, match=reason) as caught:
        read_profile("talk")
    assert caught.value.hint


def test_a_file_that_windows_marks_as_utf8_and_a_camera_by_its_number_are_read() -> None:
    write("\ufeffcamera = 2\nmirror = true\n")
    assert make_settings(**read_profile("talk")) == make_settings(camera="2", mirror=True)


def test_a_name_that_is_no_text_cannot_be_kept() -> None:
    with pytest.raises(UsageError, match="not text"):
        write_profile("talk", make_settings(background="\udcff.png"))
    assert list_profiles() == []


def test_a_name_that_no_file_can_have_is_that_of_no_profile() -> None:
    write("")
    with pytest.raises(UsageError, match="there is no profile"):
        read_profile(64 * "\U0001d49c")
    with pytest.raises(SinkError, match="cannot be written"):
        outline_profile(64 * "\U0001d49c")


def test_a_folder_is_no_profile() -> None:
    profile_path("folder").mkdir(parents=True)
    write("", "talk")
    assert list_profiles() == ["talk"]


def test_a_folder_that_cannot_be_read_holds_no_profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where somebody else owns the one above it; here it is its name that the system refuses."""
    monkeypatch.setattr(profiles, "profiles_folder", lambda: Path("x" * 300))
    assert list_profiles() == []


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", "zoom = 2".encode("utf-16"), "camera = 'für'".encode("latin-1")])
def test_bytes_that_are_no_text_are_refused_in_words_for_people(data: bytes) -> None:
    write("").write_bytes(data)
    with pytest.raises(UsageError, match=r"talk\.toml is not text in UTF-8") as caught:
        read_profile("talk")
    assert "save it as UTF-8" in caught.value.hint


@pytest.mark.parametrize("name", ["", "../talk", "a/b", ".hidden", "x" * 70, "a\nb"])
def test_a_name_leads_nowhere_else(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a profile's name"):
        profile_path(name)


@pytest.mark.parametrize("name", ["con", "Nul", "COM1", "lpt²", "aux "])
def test_what_windows_keeps_for_devices_is_no_name_there(name: str) -> None:
    with pytest.raises(UsageError, match="Windows keeps it for a device") as caught:
        profile_path(name, windows=True)
    assert caught.value.hint == "choose another name"
    assert profile_path(name, windows=False).stem == name
    assert profile_path("concert", windows=True).stem == "concert"


def test_a_missing_profile_names_those_there_are() -> None:
    write("", "work")
    with pytest.raises(UsageError, match="there is no profile talk") as caught:
        read_profile("talk")
    assert "work" in caught.value.hint


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Control]]:
    """Follows the profile `talk` in a thread, as a run does, but looks more often."""
    monkeypatch.setattr(profiles, "_LOOK_EVERY", 0.03)
    started: list[tuple[Control, Thread]] = []

    def start(*fixed: str, **typed: object) -> Control:
        control = Control(make_settings(**{**read_profile("talk"), **typed}))
        thread = Thread(target=follow_profile, args=("talk", control, {*fixed, *typed}))
        thread.start()
        time.sleep(0.1)
        started.append((control, thread))
        return control

    yield start
    for control, thread in started:
        control.stop()
        thread.join()


def until(true: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 10
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(true())


def test_a_changed_file_changes_the_run(follow: Callable[..., Control]) -> None:
    write("background = 'blue'\nmirror = true")
    control = follow()
    write("background = 'blur'")
    assert until(lambda: control.settings.background == "blur")
    assert control.settings.mirror is False, "what is no longer there is as if it had never been"


def test_an_editor_that_writes_anew_and_renames_is_followed(follow: Callable[..., Control]) -> None:
    path = write("background = 'blue'")
    control = follow()
    new = path.with_suffix(".swp")
    new.write_text("background = 'gray'")
    os.replace(new, path)
    assert until(lambda: control.settings.background == "gray")


def test_a_wrong_file_changes_nothing_and_a_mended_one_does(follow: Callable[..., Control]) -> None:
    write("background = 'blue'")
    control = follow()
    write("mirror = true\nzoom = 9")
    assert until(lambda: "line 2: zoom 9" in control.message)
    assert control.settings == make_settings(background="blue")
    write("mirror = true\nzoom = 2")
    assert until(lambda: control.settings == make_settings(mirror=True, zoom=2))


def test_the_command_line_counts_for_more(follow: Callable[..., Control]) -> None:
    write("background = 'blue'")
    control = follow(background="green")
    write("background = 'blur'\nmirror = true")
    assert until(lambda: control.settings.mirror)
    assert control.settings.background == "green"


def test_a_knob_turned_by_hand_stays_until_its_own_line_changes(follow: Callable[..., Control]) -> None:
    write("background = 'blue'\nzoom = 2")
    control = follow()
    control.change(background="black")
    write("background = 'blue'\nzoom = 3")
    assert until(lambda: control.settings.zoom == 3)
    assert control.settings.background == "black"


def test_what_needs_a_new_start_is_said(follow: Callable[..., Control]) -> None:
    write("fps = 30")
    control = follow()
    write("fps = 15")
    assert until(lambda: control.message == "fps: from the next start on")


def test_a_file_taken_away_changes_nothing(follow: Callable[..., Control]) -> None:
    path = write("mirror = true")
    control = follow()
    path.unlink()
    time.sleep(0.2)
    assert control.settings.mirror
    write("zoom = 2")
    assert until(lambda: control.settings.zoom == 2)


def test_an_edited_profile_does_not_show_whoever_is_hidden(follow: Callable[..., Control]) -> None:
    write("show = 'matte'")
    control = follow()
    control.change(show="placeholder")
    write("show = 'result'\nmirror = true")
    assert until(lambda: control.settings.mirror)
    assert control.settings.show == "placeholder"
    assert until(lambda: "you stay hidden" in control.message)
    write("show = 'original'")
    assert until(lambda: not control.settings.mirror)
    assert control.settings.show == "placeholder"


def test_an_edited_profile_may_hide(follow: Callable[..., Control]) -> None:
    write("mirror = true")
    control = follow()
    write("show = 'placeholder'")
    assert until(lambda: control.settings.show == "placeholder")
