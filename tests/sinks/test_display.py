"""What is written over a picture can be written."""

import numpy as np

from greenscreen.sinks.display import write_note


def test_a_name_that_is_no_text_is_written_too() -> None:
    """OpenCV would crash on it, and the call with it."""
    pictures = np.zeros((2, 360, 640, 3), np.uint8)
    write_note(pictures[0], "background: \udcff\n.png")
    write_note(pictures[1], "background: ??.png")
    assert pictures[0].any()
    assert np.array_equal(*pictures)
