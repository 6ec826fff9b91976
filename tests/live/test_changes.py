"""What contradicts itself is refused, at the start and later; and a knob that turns nothing says so."""

from pathlib import Path

import pytest
from small_run import go

from greenscreen.control import Control
from greenscreen.errors import UsageError
from greenscreen.live import run
from greenscreen.live.changes import RESTS, refuse_contradictions
from greenscreen.live.run import run_live
from greenscreen.settings import make_settings


@pytest.mark.parametrize(
    "settings",
    [
        {"background": "transparent", "virtual_camera": True},
        {"background": "Transparent ", "device": "/dev/video10"},
        {"device": "/dev/video10", "virtual_camera": False},
        {"on_demand": True, "virtual_camera": False},
        {"on_demand": True, "background": "transparent"},
    ],
)
def test_contradictions_are_refused_before_anything_is_opened(
    bare: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, object]
) -> None:
    monkeypatch.setattr(run, "open_source", None)
    monkeypatch.setattr(run, "open_segmenter", None)
    with pytest.raises(UsageError):
        go(**settings)


@pytest.mark.usefixtures("half", "bare")
@pytest.mark.parametrize(
    ("start", "change"),
    [
        ({"auto_frame": True}, {"clean_plate": True}),
        ({"clean_plate": True}, {"auto_frame": True}),
        ({"background": "transparent"}, {"slideshow": 5}),
    ],
)
def test_contradictions_are_refused_while_it_runs_as_well(start: dict[str, object], change: dict[str, object]) -> None:
    refused = []

    def say(text: str) -> None:
        if text.startswith("cutting out"):
            with pytest.raises(UsageError) as caught:
                control.change(**change)
            refused.append(str(caught.value))

    settings = make_settings(camera="synthetic", size="160x96", engine="stub", record="call.mov", frames=1, **start)
    control = Control(settings)
    run_live(control, say)
    with pytest.raises(UsageError) as caught:
        refuse_contradictions(make_settings(**start | change))
    assert refused == [str(caught.value)]
    assert control.settings == settings


@pytest.mark.usefixtures("half", "bare")
def test_a_knob_that_turns_nothing_says_so() -> None:
    told = []

    def say(text: str) -> None:
        if text.startswith("cutting out"):
            for change in ({"zoom": 2}, {"auto_frame": True}, {"mirror": True}, {"pan_x": 0.5}, {"auto_frame": False}):
                control.tell("")
                control.change(**change)
                told.append(control.message)

    control = Control(make_settings(camera="synthetic", size="160x96", engine="stub", record="call.mp4", frames=1))
    run_live(control, say)
    assert told == ["", RESTS, "", RESTS, ""]
    assert RESTS in go(record="other.mp4", frames=1, auto_frame=True, zoom=2)[1]
    assert RESTS not in go(record="third.mp4", frames=1, auto_frame=True)[1]
