"""Google's MediaPipe: its image segmenter, with a `.tflite` model of Google's or of anybody's."""

from pathlib import Path

import numpy as np
from mediapipe import Image as Picture
from mediapipe import ImageFormat
from mediapipe.tasks.python import BaseOptions, vision

from greenscreen.contract import ModelContract
from greenscreen.errors import EngineError, ModelError
from greenscreen.picture.frame import Image, Matte
from greenscreen.segment.tflite import person_among


class MediaPipeEngine:
    """A segmenter that sees each picture on its own: what MediaPipe would remember of a video, the refiner does."""

    def __init__(self, model: Path):
        """Raises `ModelError` when MediaPipe does not take the model, or it finds no persons."""
        try:
            # The bytes rather than the path, which MediaPipe does not read everywhere in every alphabet.
            options = vision.ImageSegmenterOptions(
                base_options=BaseOptions(model_asset_buffer=model.read_bytes()),
                running_mode=vision.RunningMode.IMAGE,
            )
            self._segmenter = vision.ImageSegmenter.create_from_options(options)
        except Exception as error:  # its errors share no type but the root
            reason = str(error).strip().partition("\n")[0]
            raise ModelError(f"MediaPipe cannot run {model.name}: {reason}", "see: greenscreen doctor") from error
        self._labels = self._segmenter.labels

    def step(self, image: Image, last: Matte | None = None) -> Matte:
        try:
            picture = Picture(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(image[..., ::-1]))
            masks = self._segmenter.segment(picture).confidence_masks or []
        except Exception as error:  # its errors share no type but the root
            raise EngineError("MediaPipe failed on a frame", "try: --engine openvino") from error
        number, room = person_among(self._labels, len(masks))
        found = np.clip(np.asarray(masks[number].numpy_view(), np.float32).reshape(image.shape[:2]), 0, 1)
        matte: Matte = 1 - found if room else found
        return matte

    def reset(self) -> None:
        """Nothing is remembered."""

    def close(self) -> None:
        self._segmenter.close()


def open_engine(model: Path, contract: ModelContract, width: int, height: int) -> MediaPipeEngine:
    """The model, which takes pictures of any size. Raises `ModelError` when it does not run, or finds no persons."""
    engine = MediaPipeEngine(model)
    try:
        engine.step(np.zeros((height, width, 3), np.uint8))
    except EngineError:
        engine.close()
        raise
    return engine
