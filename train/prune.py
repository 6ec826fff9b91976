"""Makes a trained network narrower: channels that are missed least go, and the layer after them makes up for the rest.

In a block that expands its picture (MobileNetV2's), the wide middle is most of the work. There channels go one by one,
the one whose loss the others make up for best first: the optimal brain surgeon (Hassibi and Stork, NeurIPS 1992) on
whole channels, towards the block's own output on real samples (He et al., Channel Pruning, ICCV 2017). What is left is
a start for `train fit`, better by far than chance.
"""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from greenscreen.errors import ModelError
from train.checkpoint import read_checkpoint, write_checkpoint
from train.data import Row
from train.feed import read_pictures, to_alpha, to_input
from train.models import LargeStudent, build, logits
from train.models.lite import Block, Convolution
from train.recipe import read_recipe
from train.samples import Samples

STEPS = 10
"""Batches of samples that are looked at."""

PLACES = 3000
"""Pixels of a batch whose channels are looked at."""

RIDGE = 1e-2
"""How much small weights are preferred, as a share of the channels' mean square: large ones suit no eight bits."""

Given = tuple[Tensor, Tensor]
"""Images and last mattes, as a network takes them."""


def prune(checkpoint: Path, network: str, rows: Sequence[Row], out: Path) -> None:
    """Writes to `out` what a checkpoint holds, made as narrow as the `network` of that name is.

    Raises `ModelError` when the checkpoint is none, or holds no network of which that one is a narrower form,
    `UsageError` or `SourceError` for the pictures, and `SinkError` when nothing can be written.
    """
    saved = read_checkpoint(checkpoint)
    wide, narrow = saved.build(), build(network)
    if not (isinstance(wide, LargeStudent) and isinstance(narrow, LargeStudent)):
        raise ModelError(f"no {network} can be made of a {saved.network}", "name a network with an ImageNet encoder")
    cut(wide, narrow, samples(rows))
    facts = {key: value for key, value in saved.facts.items() if key != "seconds"}
    facts |= {"network": network, "command": f"{facts.get('command', '')}, pruned to {network}"}
    weights = {f"network.{name}": value for name, value in narrow.state_dict().items()}
    write_checkpoint(out, {"state_dict": weights, "hyper_parameters": facts, "global_step": saved.step})


def samples(rows: Sequence[Row]) -> list[Given]:
    """Batches of what the network is trained on."""
    recipe = read_recipe("live").model_copy(update={"judged": 1, "steps": STEPS, "epoch": STEPS})
    drawn = Samples(read_pictures(recipe, rows)[0], recipe)
    found = []
    for step in range(STEPS):
        batch = [drawn[step * recipe.batch + place] for place in range(recipe.batch)]
        image, previous = (torch.stack([torch.from_numpy(one[part]) for one in batch]) for part in (0, 3))
        found.append((to_input(image), to_alpha(previous)))
    return found


@torch.no_grad()
def cut(wide: LargeStudent, narrow: LargeStudent, given: Sequence[Given]) -> None:
    """Gives `narrow` the weights of `wide`; raises `ModelError` where the two differ in more than blocks' widths.

    Blocks go one after the other, each towards what `wide` makes there of what the narrowed ones before it leave.
    """
    whole = deepcopy(wide).eval()
    try:
        for name, block in wide.encoder.named_modules():
            if isinstance(block, Block) and len(block.body) > 2:
                count = width(cast(Block, narrow.encoder.get_submodule(name)))
                if count < width(block):
                    wanted = cast(Block, whole.encoder.get_submodule(name))
                    narrowed(block, count, seen(wide, block, given)[0], seen(whole, wanted, given)[1])
        narrow.load_state_dict(wide.state_dict())
    except (AttributeError, RuntimeError) as error:
        raise ModelError("the network is no narrower form of the checkpoint's", "name one that is") from error


def width(block: Block) -> int:
    """Its inner channels."""
    return len(cast(Convolution, block.body[0])._pair()[0].weight)


def seen(network: LargeStudent, block: Block, given: Sequence[Given]) -> tuple[Tensor, Tensor]:
    """What goes into and comes out of a block's last layer at some places, `(P, channels)` float64."""
    kept: list[tuple[Tensor, Tensor]] = []
    chance = torch.Generator().manual_seed(0)

    def keep(_: nn.Module, before: tuple[Tensor], after: Tensor) -> None:
        ins, outs = (x.movedim(1, 3).flatten(0, 2).double() for x in (before[0], after))
        chosen = torch.randperm(len(ins), generator=chance)[:PLACES]
        kept.append((ins[chosen], outs[chosen]))

    hook = block.body[-1].register_forward_hook(keep)
    network.eval()
    for image, previous in given:
        logits(network, image, previous)
    hook.remove()
    before, after = zip(*kept, strict=True)
    return torch.cat(before), torch.cat(after)


def narrowed(block: Block, count: int, inner: Tensor, wanted: Tensor) -> None:
    """Leaves a block `count` of its inner channels, those that tell most of what is `wanted` of it."""
    left, weights = chosen(inner, wanted, count)
    expand, each, project = (cast(Convolution, layer)._pair() for layer in block.body)
    for filters, norm in (expand, each):
        filters.weight = nn.Parameter(filters.weight[left])
        norm.weight, norm.bias = nn.Parameter(norm.weight[left]), nn.Parameter(norm.bias[left])
        for name in ("running_mean", "running_var"):
            setattr(norm, name, norm.get_buffer(name)[left])
    each[0].groups = count
    filters, norm = project
    scale = norm.weight * (norm.get_buffer("running_var") + norm.eps).rsqrt()
    filters.weight = nn.Parameter((weights[:-1].T.float() / scale[:, None])[:, :, None, None])
    norm.bias.copy_(weights[-1].float() + norm.get_buffer("running_mean") * scale)


def chosen(inner: Tensor, wanted: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Of the columns of `inner` `(P, C)`, the `count` that together tell most of `wanted` `(P, D)`, and how.

    Returns their places in order and, `(count + 1, D)`, by what they are multiplied; the last row is added.
    """
    columns = torch.cat([inner, torch.ones_like(inner[:, :1])], 1)
    square, product = columns.T @ columns / len(columns), columns.T @ wanted / len(columns)
    square.diagonal()[:-1] += RIDGE * square.diagonal()[:-1].mean()
    inverse = torch.linalg.inv(square)
    weights, gone = inverse @ product, torch.zeros(len(square), dtype=torch.bool)
    for _ in range(inner.shape[1] - count):
        # Without this one, the best that the others can do is worse by as much.
        missed = (weights.square().sum(1) / inverse.diagonal()).masked_fill(gone, torch.inf)
        worst = int(missed[:-1].argmin())
        shares, row = inverse[:, worst] / inverse[worst, worst], inverse[worst].clone()
        weights.addr_(shares, weights[worst].clone(), alpha=-1)
        inverse.addr_(shares, row, alpha=-1)
        gone[worst] = True
    left = (~gone).nonzero()[:, 0]
    return left[:-1], torch.linalg.solve(square[left][:, left], product[left])
