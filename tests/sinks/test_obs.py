"""What can be known about OBS's virtual camera without it: whether it is there, and what is said when it is not."""

from pathlib import Path

from greenscreen.sinks.obs import obs_camera, reason


def test_it_is_looked_for_on_macos(tmp_path: Path) -> None:
    assert not obs_camera("darwin", tmp_path)
    (tmp_path / "Library/CoreMediaIO/Plug-Ins/DAL/obs-mac-virtualcam.plugin").mkdir(parents=True)
    assert obs_camera("darwin", tmp_path)


def test_the_reason_is_the_one_that_concerns_obs() -> None:
    """On Windows pyvirtualcam goes on to another program's camera, and its words about that one come last."""
    words = "'obs' backend: OBS Virtual Camera device not found!\n'unitycapture' backend: No camera registered."
    assert reason(words) == "OBS Virtual Camera device not found!"


def test_there_is_always_one() -> None:
    assert reason("\n") == "no reason given"
