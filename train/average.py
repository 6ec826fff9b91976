"""Averages the weights of runs that went on from one another: often a better network than any of them, at no cost.

Wortsman et al., "Model soups", ICML 2022.
"""

from collections.abc import Sequence
from pathlib import Path

import torch

from greenscreen.errors import ModelError, UsageError
from train.checkpoint import Checkpoint, read_checkpoint, write_checkpoint


def average(checkpoints: Sequence[Path], out: Path) -> None:
    """Writes a checkpoint of the mean of all weights, and nothing else: a tenth of what a run needs to go on.

    Who is named twice counts twice; one alone is copied. Raises `UsageError` for none, `ModelError` for what are no
    checkpoints of the same network, and `SinkError` when nothing can be written.
    """
    if not checkpoints:
        raise UsageError("there is nothing to average", "name checkpoints of train fit")
    found = [read_checkpoint(path) for path in checkpoints]
    first = found[0]
    for other in found:
        if other.network != first.network or other.weights.keys() != first.weights.keys():
            reason = f"{other.path} holds a {other.network}, {first.path} a {first.network}"
            raise ModelError(reason, "average checkpoints of the same network")
    weights = {f"network.{name}": mean(found, name) for name in first.weights}
    runs = {path.resolve(): one for path, one in zip(checkpoints, found, strict=True)}.values()
    facts = {key: value for key, value in first.facts.items() if key != "seconds"}
    if len(found) > 1:
        facts["command"] = "average of " + ", ".join(str(one.facts.get("command", one.path)) for one in found)
    saved = {
        "state_dict": weights,
        "hyper_parameters": facts,
        # Of the first one's batches, so that steps times batch is still how many samples were seen.
        "global_step": round(sum(one.step * size(one) for one in runs) / size(first)),
        "callbacks": {"Watch": {"history": [{"seconds": sum(one.facts.get("seconds", 0) for one in runs)}]}},
    }
    write_checkpoint(out, saved)


def size(one: Checkpoint) -> int:
    """Samples a step."""
    return int(one.facts.get("batch", 1))


def mean(found: Sequence[Checkpoint], name: str) -> torch.Tensor:
    """Counters, which are whole numbers, are those of the first."""
    first = found[0].weights[name]
    if not first.is_floating_point():
        return first
    return torch.stack([one.weights[name].double() for one in found]).mean(0).to(first.dtype)
