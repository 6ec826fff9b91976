"""An engine to which the left half of every picture is the person."""

from collections.abc import Iterator

import pytest

from greenscreen.segment import Segmenter, open_segmenter


@pytest.fixture
def segmenter(half: str) -> Iterator[Segmenter]:
    with open_segmenter(half) as opened:
        yield opened
