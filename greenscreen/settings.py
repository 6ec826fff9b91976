"""One type for everything a person can set: its fields carry their help, their range and their default."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from greenscreen.errors import UsageError

MOST_SIDE = 8192


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


class Settings(BaseModel):
    """What `greenscreen run` does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: str | None = Field(None, description="camera number, device, URL, video, photo, folder or 'demo'")
    background: str = Field("green", description="transparent, blur[:SIGMA], a colour, an image or a video")
    virtual_camera: bool | None = Field(None, description="send to the virtual camera")
    device: str | None = Field(None, description="virtual camera device, such as /dev/video10")
    preview: bool | None = Field(None, description="show a window")
    record: Path | None = Field(None, description="write a video file: .mp4, .mov, .webm or .mkv")
    size: Size | None = Field(None, description="width and height, such as 1280x720")
    fps: float | None = Field(None, ge=1, le=240, allow_inf_nan=False, description="frames a second")
    engine: str = Field("auto", description="engine that runs the network")
    gpu: int | None = Field(None, ge=0, description="number of the GPU that runs it, where there are several")
    model: Path | None = Field(None, description="ONNX model with its contract beside it, instead of the bundled one")
    frames: int | None = Field(None, ge=1, description="stop after this many frames")

    @property
    def transparent(self) -> bool:
        """Whether the room is to be replaced by nothing at all."""
        return self.background.strip().lower() == "transparent"


def make_settings(**values: Any) -> Settings:
    """Settings from values as the command line gives them; raises `UsageError` naming the first that is wrong."""
    try:
        return Settings(**{key: value for key, value in values.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        option = "--" + str(first["loc"][0]).replace("_", "-")
        reason = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{option} {values[str(first['loc'][0])]} is not possible: {reason}", "see: --help") from error


def help_of(field: str) -> str:
    """The help text of a field, for the command line."""
    return Settings.model_fields[field].description or ""
