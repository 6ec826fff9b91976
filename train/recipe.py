"""Everything a run depends on: read from YAML, changed by `--set`, checked, and saved beside its checkpoints."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from greenscreen.errors import SourceError, UsageError
from train.manifest import write_text

FOLDER = Path(__file__).parent / "recipes"

MOST = 10**9
"""Steps, and whatever else is counted."""

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Aspect = Annotated[float, Field(ge=0.1, le=10)]
Loss = Literal["cross_entropy", "boundary_cross_entropy", "dice", "focal", "laplacian"]


class Recipe(BaseModel):
    """One run. Defaults are the student's; the comments in `recipes/` say why others differ."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: str = Field("student-small", description="a name of train.models.NETWORKS")

    encoder: Path | None = Field(None, description="ImageNet weights that a large student's encoder begins with")
    frozen: int = Field(0, ge=0, le=7, description="parts of that encoder, from the first on, that learn nothing")
    encoder_rate: Share = Field(0.25, description="share of the rate at which a pretrained encoder learns")

    samples: Literal["webcam", "plain"] = Field("webcam", description="what is made of the pictures: see train.augment")
    area: int = Field(320 * 192, ge=32 * 32, le=1 << 22, description="pixels of input")
    aspects: tuple[Aspect, ...] = Field(
        (16 / 9, 7 / 9, 16 / 9, 7 / 9, 1.0), min_length=1, description="width by height of one batch after another"
    )
    memory: Share = Field(0.3, description="share of steps that go on from the student's own last matte")
    unlabelled: Share = Field(0.0, description="share of samples that are pictures without labels, for a teacher")

    steps: int = Field(10_000, ge=1, le=MOST, description="optimiser steps")
    epoch: int = Field(1000, ge=1, le=MOST, description="steps from one validation and checkpoint to the next")
    batch: int = Field(32, ge=1, le=1 << 16, description="samples a step, over all processes")

    judged: int = Field(
        100, ge=0, le=MOST, description="pictures of val's people in held rooms to be judged on, beside val"
    )

    losses: dict[Loss, Positive] = Field(
        {"boundary_cross_entropy": 1.0, "dice": 0.5}, min_length=1, description="weight of each loss"
    )
    optimizer: Literal["adamw", "rmsprop"] = "adamw"
    rate: float = Field(3e-3, ge=0, le=1, description="highest learning rate")
    schedule: Literal["cosine", "exponential", "plateau"] = Field("cosine", description="how the rate falls")
    warmup: int = Field(300, ge=0, le=MOST, description="steps over which the rate climbs at first")
    decay: float = Field(0.02, ge=0, le=1, description="weight decay")
    clip: Finite = Field(1.0, description="largest norm of a step's gradient; 0: any")
    average: float = Field(0.998, ge=0, lt=1, description="running average of the weights, which is kept; 0: none")
    patience: int = Field(0, ge=0, le=MOST, description="epochs without a better IoU after which to stop; 0: never")

    teacher: Path | None = Field(None, description="checkpoint of a network that labels every sample")
    teach: Finite = Field(1.0, description="weight of what the teacher says, where truth counts 1")
    features: Finite = Field(0.0, description="weight of the features of a teacher that is the same but wider")
    temperature: Positive = Field(2.0, description="how soft the teacher's answer is made")

    seed: int = Field(1, ge=0, lt=1 << 32)
    workers: int = Field(2, ge=0, le=1024, description="processes that make samples")
    precision: Literal["auto", "32-true", "bf16-mixed"] = Field("auto", description="auto: bfloat16 where it is fast")

    @field_validator("network")
    @classmethod
    def _known(cls, name: str) -> str:
        from train.models import NETWORKS

        if name not in NETWORKS:
            raise ValueError(f"there is no such network; choose one of {', '.join(NETWORKS)}")
        return name

    @model_validator(mode="after")
    def _fits_together(self) -> "Recipe":
        if self.unlabelled and not self.teacher:
            raise ValueError("pictures without labels teach nothing without a teacher: set teacher=CHECKPOINT")
        if self.features and not self.teacher:
            raise ValueError("features are a teacher's: set teacher=CHECKPOINT")
        if self.encoder or self.frozen or self.features:
            from train.models import PRETRAINED

            if self.network not in PRETRAINED:
                raise ValueError(f"{self.network} has no encoder that could be pretrained: set network={PRETRAINED[0]}")
        if self.samples == "plain" and self.unlabelled:
            raise ValueError("plain samples are labelled ones")
        if self.schedule == "plateau" and self.warmup:
            raise ValueError("a rate that follows the plateaus has no warmup: set warmup=0")
        return self


def read_recipe(name: str, changes: Sequence[str] = ()) -> Recipe:
    """A recipe by its name in `recipes/`, or from a YAML file, with `key=value` changes, whose values are YAML too.

    Raises `SourceError` when it cannot be read and `UsageError` for what makes no sense.
    """
    return make_recipe(name, _load(name) | dict(_parse(change) for change in changes))


def make_recipe(name: str, settings: dict[str, Any]) -> Recipe:
    """Checked settings; raises `UsageError` naming the first that is wrong in the recipe called `name`."""
    try:
        return Recipe(**settings)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        message = first["msg"].removeprefix("Value error, ")
        hint = "train/recipe.py says what each setting may be"
        if first["type"] == "extra_forbidden":
            message, hint = "there is no such setting", f"settings are {', '.join(Recipe.model_fields)}"
        elif first["loc"]:
            hint = _meaning(str(first["loc"][0]))
        raise UsageError(f"recipe {name}: {field + ': ' if field else ''}{message}", hint) from error


def _meaning(key: str) -> str:
    field = Recipe.model_fields[key]
    told = f"{field.description}; " if field.description else ""
    return f"{key}: {told}by default {json.dumps(field.default)}"


def save_recipe(path: Path, recipe: Recipe) -> None:
    """Raises `SinkError`."""
    write_text(path, yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False))


def names() -> list[str]:
    """Of the recipes that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def _load(name: str) -> dict[str, Any]:
    path = FOLDER / f"{name}.yaml" if name in names() else Path(name)
    try:
        settings = yaml.safe_load(path.read_text())
    except FileNotFoundError as error:
        hint = f"choose one of {', '.join(names())}, or give the path of a YAML file"
        raise UsageError(f"there is no recipe {name}", hint) from error
    except OSError as error:
        raise SourceError(f"the recipe {name} cannot be read: {error.strerror}", "check the path") from error
    except (ValueError, yaml.YAMLError) as error:
        reason = f"the recipe {name} cannot be read{_place(error)}"
        raise SourceError(reason, "a recipe is a YAML file of settings; see train/recipes") from error
    if not isinstance(settings, dict):
        raise UsageError(f"{name} is not a recipe", "a recipe is a YAML file of settings; see train/recipes")
    return settings


def _place(error: Exception) -> str:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return f" at its line {mark.line + 1}" if mark else ""


def _parse(change: str) -> tuple[str, Any]:
    key, sign, value = change.partition("=")
    if not sign:
        raise UsageError(f"--set {change} sets nothing", "write --set key=value, such as --set steps=2000")
    try:
        return key.strip(), yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise UsageError(f"--set {change} has no readable value", "write --set key=value") from error
