"""What a run says of itself."""

from train.watch import line


def epoch(step: int, seconds: float, iou: float) -> dict[str, float]:
    return {"step": step, "seconds": seconds, "loss": 0.5, "photos/iou": iou, "photos/mad": 40.0, "iou": iou}


def test_a_line_says_how_far_how_long_and_how_good() -> None:
    history = [epoch(10, 600, 0.8)]
    assert line(history, 40) == "step 10 of 40, 30 min to go: loss 0.500, IoU photos 0.800, the best so far"
    history.append(epoch(20, 900, 0.7))
    assert line(history, 40) == "step 20 of 40, 15 min to go: loss 0.500, IoU photos 0.700"
    history.append(epoch(40, 1200, 0.8))
    assert line(history, 40) == "step 40 of 40: loss 0.500, IoU photos 0.800, the best so far"
