"""What the loop uses is opened elsewhere, never closed under it, and always closed in the end."""

import pytest

from greenscreen.control import Control
from greenscreen.control.swap import Swap
from greenscreen.errors import SourceError
from greenscreen.settings import Settings


class Things:
    """Opens and closes names, and knows which are open."""

    def __init__(self) -> None:
        self.open: list[str] = []

    def make(self, settings: Settings) -> str:
        if settings.background == "missing":
            raise SourceError("there is no missing")
        self.open.append(settings.background)
        return settings.background

    def swap(self, control: Control) -> Swap[str]:
        swap = Swap(lambda settings: settings.background, self.make, self.open.remove, control.settings)
        control.prepare(swap.prepare)
        return swap


def test_the_old_one_stays_open_until_the_loop_takes_the_new() -> None:
    control, things = Control(Settings()), Things()
    swap = things.swap(control)
    control.change(background="blur")
    assert things.open == ["green", "blur"]
    assert swap.current(control.settings) == "blur"
    assert things.open == ["blur"]


def test_what_cannot_be_opened_leaves_the_old() -> None:
    control, things = Control(Settings()), Things()
    swap = things.swap(control)
    with pytest.raises(SourceError):
        control.change(background="missing")
    assert swap.current(control.settings) == "green"
    assert things.open == ["green"]


def test_other_settings_open_nothing() -> None:
    control, things = Control(Settings()), Things()
    things.swap(control)
    control.change(show="matte")
    assert things.open == ["green"]


def test_settings_read_before_a_second_change_keep_the_old_for_a_frame() -> None:
    control, things = Control(Settings()), Things()
    swap = things.swap(control)
    read = control.change(background="blur")
    control.change(background="blue")
    assert swap.current(read) == "green"
    assert swap.current(control.settings) == "blue"
    assert things.open == ["blue"]


@pytest.mark.parametrize("changes", [[], ["blur"], ["blur", "green"], ["blur", "blue", "green"]])
@pytest.mark.parametrize("looks", [False, True])
def test_everything_is_closed_in_the_end(changes: list[str], looks: bool) -> None:
    control, things = Control(Settings()), Things()
    swap = things.swap(control)
    for word in changes:
        control.change(background=word)
        if looks:
            assert swap.current(control.settings) == word
    swap.close()
    assert not things.open


def test_what_was_opened_for_the_way_there_and_back_is_not_kept_open() -> None:
    """Before the loop has seen either."""
    control, things = Control(Settings()), Things()
    swap = things.swap(control)
    for word in ("blur", "green"):
        control.change(background=word)
    assert swap.current(control.settings) == "green"
    assert things.open == ["green"]


def test_what_was_opened_for_a_change_that_another_refused_is_not_shown() -> None:
    control, things = Control(Settings()), Things()
    swap = things.swap(control)

    def refuse(old: Settings, new: Settings) -> None:
        raise SourceError("no")

    control.prepare(refuse)
    with pytest.raises(SourceError):
        control.change(background="blur")
    assert swap.current(control.settings) == "green"
    swap.close()
    assert not things.open


def test_what_was_opened_first_is_let_go_of_when_another_hook_refuses() -> None:
    """At once, and not when the run ends; what was opened before, and waits for the loop, stays."""
    control, things = Control(Settings()), Things()
    swap = things.swap(control)
    control.change(background="blue")

    def refuse(old: Settings, new: Settings) -> None:
        raise SourceError("no")

    control.prepare(refuse)
    with pytest.raises(SourceError):
        control.change(background="blur")
    assert things.open == ["green", "blue"]
    assert swap.current(control.settings) == "blue"


def test_one_that_cannot_be_closed_keeps_no_other_open() -> None:
    """As a recording on a full disk, while the next one is begun elsewhere."""
    control, things = Control(Settings()), Things()
    swap = things.swap(control)
    control.change(background="blur")
    things.open.remove("green")
    with pytest.raises(ValueError, match="not in list"):
        swap.close()
    assert things.open == []
