import numpy as np

from greenscreen.picture.frame import Picture
from greenscreen.sinks import Sink
from greenscreen.sinks.null import NullSink


def test_counts_what_it_was_given_and_never_ends_a_run() -> None:
    picture = Picture(np.zeros((2, 4, 3), np.uint8), np.zeros((2, 4), np.uint8), 0.0)
    sink: Sink
    with NullSink() as nowhere:
        sink = nowhere
        assert all(sink.send(picture) for _ in range(3))
    assert nowhere.count == 3
