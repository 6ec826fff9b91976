"""One type for everything a person can set: its fields carry their help, their range and their default."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from greenscreen.address import parse_address
from greenscreen.errors import UsageError

MOST_SIDE = 8192
MOST_EDGE = 60  # pixels of a picture 720 high
MOST_ZOOM = 4.0


def parse_size(text: Any) -> Any:
    """`1280x720` to `(1280, 720)`; anything else is left for validation to refuse."""
    if isinstance(text, str):
        match = re.fullmatch(r"\s*(\d{1,5})\s*[xX*]\s*(\d{1,5})\s*", text)
        if not match:
            raise ValueError("give width and height in pixels, such as 1280x720")
        return int(match[1]), int(match[2])
    return text


Side = Annotated[int, Field(ge=16, le=MOST_SIDE)]
Size = Annotated[tuple[Side, Side], BeforeValidator(parse_size)]


def check_address(text: str) -> str:
    try:
        parse_address(text)
    except UsageError as error:
        raise ValueError(error.hint) from error
    return text


Show = Literal["result", "matte", "split", "original", "placeholder"]
Fit = Literal["crop", "letterbox"]

LIVE: dict[str, Any] = {"live": True}
"""Marks a field that may change while running."""


def live(default: Any, description: str, ge: float | None = None, le: float | None = None) -> Any:
    return Field(default, description=description, ge=ge, le=le, json_schema_extra=LIVE)


class Settings(BaseModel):
    """What `greenscreen run` does. Fields marked `live` may change while it runs, through `Control`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    # In a profile it may be a number.
    camera: Annotated[str, Field(coerce_numbers_to_str=True)] | None = live(
        None, "camera number, device, URL, video, photo, folder or 'demo'; while running, only another camera"
    )
    background: str = live("green", "transparent, blur[:SIGMA], a colour, an image or a video")
    show: Show = live("result", "what goes out: result, matte, split (before and after), original or placeholder")
    mirror: bool = live(False, "mirror what goes out, left to right")
    rotate: Literal[0, 90, 180, 270] = live(0, "turn the camera's picture clockwise: 0, 90, 180 or 270")
    zoom: float = live(1, "enlarge the middle, up to 4 times", ge=1, le=MOST_ZOOM)
    pan_x: float = live(0, "move the zoom: -1 left, 1 right", ge=-1, le=1)
    pan_y: float = live(0, "move the zoom: -1 up, 1 down", ge=-1, le=1)
    auto_frame: bool = live(False, "zoom in on the person and follow them, calmly")
    slideshow: float | None = live(None, "seconds until the next background", ge=2, le=86400)
    threshold: float = live(
        0.5, "how sure the network must be of a person: lower shows more, higher less", ge=0.05, le=0.95
    )
    edge_shift: float = live(
        0,
        "move the outline outward, or inward if negative, in pixels of a picture 720 high",
        ge=-MOST_EDGE,
        le=MOST_EDGE,
    )
    feather_out: float = live(0, "soften the edge outward, in pixels of a picture 720 high", ge=0, le=MOST_EDGE)
    feather_in: float = live(0, "soften the edge inward, in pixels of a picture 720 high", ge=0, le=MOST_EDGE)
    light_wrap: float = live(0, "let a new backdrop's light fall on the person's edge: 0 none, 1 much", ge=0, le=1)
    clean_plate: bool = live(False, "ask you to step aside for two seconds, and use the picture of the empty room")
    virtual_camera: bool | None = Field(None, description="send to the virtual camera")
    device: str | None = Field(None, description="virtual camera device, such as /dev/video10")
    preview: bool | None = Field(None, description="show a window")
    overlay: Annotated[str, AfterValidator(check_address)] | None = Field(
        None, description="serve overlay and control page to browsers, at 127.0.0.1:8765 unless you say where"
    )
    record: Path | None = live(None, "write a video file: .mp4, .mov, .webm or .mkv")
    size: Size | None = Field(None, description="width and height, such as 1280x720")
    fps: float | None = Field(None, ge=1, le=240, description="frames a second")
    engine: str = live(
        "auto",
        "engine that runs the network: auto, tensorrt, openvino, onnxruntime, mediapipe,"
        " onnxruntime-cuda, onnxruntime-directml or onnxruntime-coreml",
    )
    gpu: int | None = Field(None, ge=0, description="number of the GPU that runs it, as doctor lists them")
    model: Path | None = Field(
        None, description="ONNX model with its contract beside it, or .tflite, instead of the bundled one"
    )
    fit: Fit = Field("crop", description="crop or letterbox a picture whose shape differs from --size")
    latency: Literal["exact", "low"] = Field(
        "exact",
        description="exact: each picture waits for its own matte; low: it goes out at once with the newest there is",
    )
    on_demand: bool = Field(False, description="open the camera only while a program watches the virtual camera")
    frames: int | None = Field(None, ge=1, le=sys.maxsize, description="stop after this many frames")

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_nul(cls, value: Any) -> Any:
        """Libraries stumble over it, each in its own way; TOML and JSON can write it, as `\\u0000`."""
        if isinstance(value, str | Path) and "\0" in str(value):
            raise ValueError("a name or path cannot hold a NUL character")
        return value

    @field_validator("camera", "device", "engine", mode="before")
    @classmethod
    def _refuse_empty(cls, value: Any) -> Any:
        """Taken for nothing at all, it would be as if it had not been said."""
        if isinstance(value, str) and not value.strip():
            raise ValueError("it is empty, where something is to be named")
        return value

    @property
    def transparent(self) -> bool:
        """Whether the room is to be replaced by nothing at all."""
        return self.background.strip().lower() == "transparent"


def make_settings(*, command: str = "run", **values: Any) -> Settings:
    """Settings from values as the command line gives them; raises `UsageError` naming the first that is wrong.

    `command` is whose help is hinted at.
    """
    given = {key: value for key, value in values.items() if value is not None}
    return settings_from(given, lambda field: "--" + field.replace("_", "-"), f"see: greenscreen {command} --help")


def changed(settings: Settings, **values: Any) -> Settings:
    """The settings with some fields replaced; raises `UsageError` naming the first that is wrong."""
    return settings_from({**settings.model_dump(), **values}, lambda field: field, "see: greenscreen run --help")


def is_live(field: str) -> bool:
    """Whether this is a field that may change while running."""
    info = Settings.model_fields.get(field)
    return info is not None and info.json_schema_extra == LIVE


def help_of(field: str) -> str:
    """The help text of a field, for the command line."""
    return Settings.model_fields[field].description or ""


def settings_from(values: dict[str, Any], spoken: Callable[[str], str], hint: str) -> Settings:
    """Settings from values; raises `UsageError` with this hint for the first wrong one, named as `spoken` says."""
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        field, reason = str(first["loc"][0]), first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            raise UsageError(f"{spoken(field)} is not a setting", hint) from error
        given = values[field] if str(values[field]).strip() else repr(values[field])
        raise UsageError(f"{spoken(field)} {given} is not possible: {reason}", hint) from error
