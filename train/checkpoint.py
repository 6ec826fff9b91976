"""Reads and writes what a run saves: the averaged weights, and everything they came from."""

import io
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from greenscreen.errors import ModelError, SinkError
from greenscreen.filing import write_whole
from train.manifest import make_folder
from train.models import Trained, build


@dataclass(frozen=True)
class Checkpoint:
    path: Path
    network: str
    """A name of `NETWORKS`."""
    weights: dict[str, Tensor]
    """The network's state; averaged over the last steps if the recipe says so."""
    facts: dict[str, Any]
    """The recipe's settings, and what `train.fit` notes beside them: command, data, machine, seconds."""
    step: int
    stopped: bool = False
    """Whether it ended before its time, as it got no better."""

    def build(self) -> Trained:
        """The network, ready to be used; raises `ModelError` when it is not one that is known here."""
        try:
            network = build(self.network)
            network.load_state_dict(self.weights)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{self.path} holds no {self.network} that is known here", "train it again") from error
        return network.eval()


def write_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Whole or not at all: what a full disk cuts off never takes the place of what is there. Raises `SinkError`."""
    make_folder(path.parent)
    data = io.BytesIO()
    torch.save(content, data)
    try:
        write_whole(path, data.getvalue())
    except OSError as error:
        reason = f"{path} cannot be written: {error.strerror}"
        raise SinkError(reason, "check that the folder is yours and has room") from error


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads a Lightning checkpoint of `train fit`; raises `ModelError` for what is none."""
    if not path.is_file():
        raise ModelError(f"there is no checkpoint {path}", "check the path")
    try:
        saved: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        facts = dict(saved["hyper_parameters"])
        weights = {key.partition(".")[2]: value for key, value in saved["state_dict"].items()}
        callbacks = saved.get("callbacks", {})
        if history := callbacks.get("Watch", {}).get("history"):
            facts["seconds"] = history[-1]["seconds"]
        stopped = any(state.get("stopped_epoch") for state in callbacks.values())
        return Checkpoint(path, facts["network"], weights, facts, int(saved["global_step"]), stopped)
    except (OSError, EOFError, KeyError, TypeError, ValueError, RuntimeError, pickle.UnpicklingError) as error:
        raise ModelError(f"{path} is no checkpoint of a training run", "give a .ckpt that train fit wrote") from error
