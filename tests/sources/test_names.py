"""Windows' cameras are known by name, so that a virtual one is not taken for a webcam."""

import pytest

from greenscreen.sources.names import camera_names, names_in

# As FFmpeg lists them; the second was registered as OBS does it, and nothing was known of what it gives.
LISTED = [
    '"Integrated "HD" Webcam"',
    " (video)",
    "\n",
    '  Alternative name "@device_pnp_usb#vid_04f2"\n',
    '"OBS Virtual Camera"',
    " (none)",
    "\n",
    '  Alternative name "@device_sw_{860BB310}\\{A3FCE0F5}"\n',
    '"Capture card"',
    " (audio, video)",
    "\n",
    '"Microphone"',
    " (audio)",
    "\n",
]


def test_cameras_are_named_in_their_order_and_microphones_left_out() -> None:
    assert names_in(LISTED) == ['Integrated "HD" Webcam', "OBS Virtual Camera", "Capture card"]


@pytest.mark.parametrize("said", [[], ["Could not enumerate video devices (or none found).\n"], ['"cut off"']])
def test_where_there_are_none_or_not_a_list_there_is_no_name(said: list[str]) -> None:
    assert names_in(said) == []


@pytest.mark.parametrize("system", ["win32", "darwin", "linux"])
def test_where_ffmpeg_knows_no_such_list_nothing_is_named_or_printed(
    system: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(camera_names(system), list)
    assert capfd.readouterr() == ("", "")
