"""The light that the compiled loops find on a live person is what light.py finds on a photo's."""

import cv2
import numpy as np
import pytest

from greenscreen.composite import SPREAD
from greenscreen.composite.kernels.light import shine
from greenscreen.composite.light import ENCODED, LINEAR, blur_taps, wrapped_light
from greenscreen.picture.colour import TO_YUV
from greenscreen.picture.resize import weighted_blur


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (90, 161), (180, 320)])
@pytest.mark.parametrize("strength", [0.4, 1.0])
def test_light_is_what_the_slow_way_finds(size: tuple[int, int], strength: float) -> None:
    rng = np.random.default_rng(0)
    colour, behind = rng.integers(0, 256, (2, *size, 3), np.uint8)
    # Blobs with soft edges: nobody here, somebody there.
    alpha = np.clip(cv2.GaussianBlur(rng.random(size, np.float32), (0, 0), 4) * 40 - 19.5, 0, 1)
    slow = wrapped_light(weighted_blur(colour, alpha, SPREAD), behind, alpha, strength) @ TO_YUV[:, :3].T
    linear, across = LINEAR[behind].transpose(2, 0, 1).copy(), np.full((size[0], 3, size[1]), 7, np.float32)
    kind, fast = np.ones((2 * size[0] + 1, 2 * size[1]), np.uint8), np.full_like(slow, 7)
    shine(linear, strength, blur_taps(size[0]), colour, alpha, (LINEAR, ENCODED), TO_YUV, across, kind, fast)
    # Of a place with next to nothing of the person, nobody knows their colour.
    known = alpha > 0.05
    np.testing.assert_allclose(fast[known], slow[known], atol=2)
    assert not fast[alpha == 0].any()
    lit, nobody = (
        cv2.resize(mask.astype(np.uint8), kind.shape[::-1], interpolation=cv2.INTER_NEAREST) == 1
        for mask in (fast.any(2), alpha == 0)
    )
    assert (kind[lit] == 3).all()
    assert (kind[nobody] == 1).all()
    if min(size) > 2:
        assert lit.any()
        assert nobody.any()
