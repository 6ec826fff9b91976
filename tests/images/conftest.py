"""What the tests of photos share."""

import numpy as np
import pytest


@pytest.fixture
def picture() -> np.ndarray:
    """24x40 BGR: blue above, red below, a white bar at the left."""
    image = np.zeros((24, 40, 3), np.uint8)
    image[:12], image[12:], image[:, :8] = (220, 40, 20), (10, 50, 210), 255
    return image
