"""Knobs are turned from any thread: all of a change or nothing of it, and the loop sees whole settings only."""

import time
from pathlib import Path
from threading import Event, Thread

import pytest

from greenscreen.control import Control, Prepared, Status
from greenscreen.errors import SourceError, UsageError
from greenscreen.settings import Settings, is_live, make_settings


def test_a_change_is_seen_and_told() -> None:
    control, told = Control(Settings()), []
    unwatch = control.watch(told.append)
    assert control.change(background="blur").background == control.settings.background == "blur"
    assert told == [control.settings]
    unwatch()
    control.change(background="green")
    assert len(told) == 1


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"show": "everything"}, "show everything is not possible"),
        ({"background": None}, "background None is not possible"),
        ({"background": "blur", "show": 3}, "show 3 is not possible"),
        ({"size": (640, 360)}, "size cannot be changed while running"),
        ({"nonsense": 1}, "nonsense cannot be changed while running"),
    ],
)
def test_what_cannot_be_changes_nothing(values: dict[str, object], reason: str) -> None:
    control, told = Control(make_settings(camera="demo")), []
    control.watch(told.append)
    before = control.settings
    with pytest.raises(UsageError, match=reason):
        control.change(**values)
    assert control.settings is before
    assert not told


def test_a_hook_sees_both_and_may_refuse() -> None:
    control, seen = Control(Settings()), []

    def refuse(old: Settings, new: Settings) -> None:
        seen.append((old.background, new.background))
        raise SourceError("there is no such picture")

    control.prepare(refuse)
    with pytest.raises(SourceError):
        control.change(background="beach.jpg")
    assert seen == [("green", "beach.jpg")]
    assert control.settings == Settings()


def test_settings_given_before_the_start_are_kept() -> None:
    control = Control(make_settings(size="640x360", fps=25.0, record="a.mp4"))
    assert control.change(show="matte") == make_settings(size="640x360", fps=25.0, record="a.mp4", show="matte")


def test_changes_from_many_threads_do_not_undo_each_other() -> None:
    control = Control(Settings())

    def turn(name: str, values: list[str]) -> None:
        for value in values * 50:
            control.change(**{name: value})

    threads = [
        Thread(target=turn, args=("background", ["blue", "blur"])),
        Thread(target=turn, args=("show", ["matte"])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (control.settings.background, control.settings.show) == ("blur", "matte")


def test_stopping_is_seen_by_who_looks_and_by_who_waits() -> None:
    control = Control(Settings())
    assert not control.stopping
    assert not control.wait(0)
    control.stop()
    assert control.stopping
    assert control.wait(60)


def test_the_status_is_replaced_as_a_whole() -> None:
    control = Control(Settings())
    assert control.status.state == "starting"
    status = Status(state="live", fps=30)
    control.publish(status)
    assert control.status is status


def test_what_opens_devices_cannot_change_while_running() -> None:
    assert not any(is_live(name) for name in ("size", "fps", "device", "model", "nonsense"))


def test_the_panic_button_does_not_wait_for_a_background_that_opens_slowly() -> None:
    control, opening, opened = Control(Settings()), Event(), Event()

    def slow(old: Settings, new: Settings) -> None:
        opening.set()
        assert opened.wait(10)

    control.prepare(slow, "background")
    thread = Thread(target=control.change, kwargs={"background": "blur"})
    thread.start()
    assert opening.wait(10)
    control.change(show="placeholder")
    assert control.settings == make_settings(show="placeholder")
    opened.set()
    thread.join()
    assert control.settings == make_settings(show="placeholder", background="blur")


def test_what_is_told_is_in_the_status_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    control, now = Control(Settings()), [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    control.tell("the disk is full")
    assert control.status.message == control.message == "the disk is full"
    now[0] += 60
    assert control.message == ""


def test_nothing_is_put_to_use_before_everybody_agreed() -> None:
    """An engine that was opened serves nobody when the camera named with it is refused, and is closed again."""
    control, done = Control(Settings()), []
    control.prepare(lambda old, new: Prepared(lambda: done.append("taken"), lambda: done.append("dropped")), "engine")

    def refuse(old: Settings, new: Settings) -> None:
        raise UsageError("only one camera can be exchanged for another")

    control.prepare(refuse, "camera")
    with pytest.raises(UsageError):
        control.change(engine="onnxruntime", camera="1")
    assert done == ["dropped"]
    assert control.settings == Settings()
    control.change(engine="onnxruntime")
    assert done == ["dropped", "taken"]


def test_whoever_is_hidden_stays_so_unless_they_themselves_come_back() -> None:
    control = Control(make_settings(show="placeholder"))
    assert control.adopt(show="result", mirror=True) == make_settings(show="placeholder", mirror=True)
    assert control.change(show="result").show == "result"
    assert control.adopt(show="placeholder").show == "placeholder"


def test_whoever_hides_while_a_profile_opens_its_background_stays_hidden() -> None:
    control, opening, opened = Control(Settings()), Event(), Event()

    def slow(old: Settings, new: Settings) -> None:
        opening.set()
        assert opened.wait(10)

    control.prepare(slow, "background")
    thread = Thread(target=control.adopt, kwargs={"background": "blur", "show": "result"})
    thread.start()
    assert opening.wait(10)
    control.change(show="placeholder")
    opened.set()
    thread.join()
    assert control.settings == make_settings(show="placeholder", background="blur")


def test_only_what_is_opened_may_take_its_time() -> None:
    control = Control(Settings())
    control.prepare(lambda old, new: None, "background")
    assert control.waits("show", "background")
    assert not control.waits("show", "zoom")


def test_of_those_who_decide_by_what_is_set_the_second_sees_what_the_first_set() -> None:
    """Also while nothing has to be opened for it."""
    control, deciding, decided = Control(Settings()), Event(), Event()

    def slowly(now: Settings) -> dict[str, object]:
        deciding.set()
        assert decided.wait(10)
        return {"zoom": now.zoom + 1}

    first = Thread(target=control.decide, args=(slowly, "zoom"))
    first.start()
    assert deciding.wait(10)
    second = Thread(target=control.decide, args=(lambda now: {"zoom": now.zoom + 0.5}, "zoom"))
    second.start()
    second.join(0.1)
    decided.set()
    for thread in (first, second):
        thread.join()
    assert control.settings.zoom == 2.5


def test_two_snapshots_within_a_second_are_two_files(tmp_path: Path) -> None:
    control = Control(Settings())
    path = tmp_path / "x.png"
    assert [control.snapshot(path).name for _ in range(3)] == ["x.png", "x-2.png", "x-3.png"]
