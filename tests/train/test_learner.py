"""What a student remembers may be wrong, in part and not always, and is a matte all the same."""

import torch

from train.learner import mistaken


def test_half_of_what_is_remembered_is_wrong_in_a_few_places() -> None:
    torch.manual_seed(0)
    matte = torch.zeros(64, 1, 96, 160)
    matte[:, :, 30:, 50:110] = 1
    told = mistaken(matte)
    assert told.min() >= 0
    assert told.max() <= 1
    wrong = ((told - matte).abs() > 0.5).float().mean((1, 2, 3))
    assert 16 < (wrong > 0).sum() < 48
    assert wrong.max() < 0.5


def test_any_size_will_do() -> None:
    for height, width in ((32, 32), (96, 416)):
        assert mistaken(torch.rand(3, 1, height, width)).shape == (3, 1, height, width)
