"""MediaPipe's models: `.tflite` files, which say in themselves how they take their picture; and Google's own.

That one is downloaded when the person asks for it and never else, and it is kept and run only if it is, byte for byte,
the file that is pinned here.
"""

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Sequence
from os.path import isfile
from pathlib import Path

from greenscreen.cache import cache_folder, read_private, write_private
from greenscreen.contract import MOST_BYTES, ModelContract
from greenscreen.errors import EngineError, ModelError

URL = (
    "https://storage.googleapis.com/mediapipe-models/image_segmenter/selfie_segmenter/float16/1/selfie_segmenter.tflite"
)
"""Google's selfie segmenter, 256x256, Apache-2.0, in its first version: the address with a version never changes."""
SHA256 = "191ac9529ae506ee0beefa6b2c945a172dab9d07d1e802a290a4e4038226658b"
SIZE = 249_537

STRIDE, AREA = 32, 320 * 192
"""Of the picture that MediaPipe is given: its own shape, and about the pixels such models see. MediaPipe brings it to
the model's input, and the matte back."""

SUFFIX = ".tflite"
_FETCH = "get Google's with: greenscreen engine fetch mediapipe; or name yours: --model FILE.tflite"
_BY_HAND = f"download it in another way and name it: --model FILE.tflite; it is at {URL}"
_TIMEOUT = 20.0  # seconds without an answer


def fetched_model() -> Path:
    """Google's model in the cache; raises `EngineError` when it was not fetched yet, or is not what was fetched."""
    path = _place()
    content = read_private(path)
    if content is None:
        raise EngineError("MediaPipe has no model yet", _FETCH)
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ModelError(f"{path} is damaged", "get it again with: greenscreen engine fetch mediapipe")
    return path


def fetch_model() -> Path:
    """Downloads Google's model into the cache, whole or not at all; raises `EngineError` when it cannot be had."""
    path = _place()
    try:
        with urllib.request.urlopen(URL, timeout=_TIMEOUT) as answer:
            content = answer.read(SIZE + 1)
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise EngineError(f"MediaPipe's model cannot be downloaded: {reason}", _BY_HAND) from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise EngineError("what was downloaded is not MediaPipe's model, so it was not kept", _BY_HAND)
    write_private(path, content)
    return path


def read_promise(model: Path) -> ModelContract:
    """What a `.tflite` file promises. It takes one picture and remembers nothing; MediaPipe knows the rest.

    Raises `ModelError` when the file is missing, too large, or none of TensorFlow Lite's.
    """
    if not isfile(model):
        raise ModelError(f"the model {model} does not exist", "give the path of a .tflite file")
    if model.stat().st_size > MOST_BYTES:
        raise ModelError(f"{model} is larger than any model greenscreen runs", _FETCH)
    try:
        content = model.read_bytes()
    except OSError as error:
        raise ModelError(f"{model} cannot be read: {error.strerror}", "give the path of a .tflite file") from error
    if content[4:8] != b"TFL3":
        raise ModelError(f"{model} is not a model of TensorFlow Lite", _FETCH)
    return ModelContract(model.stem, hashlib.sha256(content).hexdigest(), "image", "matte", None, STRIDE, AREA)


def person_among(labels: Sequence[str], masks: int) -> tuple[int, bool]:
    """Which of a model's masks is the person's, and whether it is the room's instead, to be turned round.

    A model with one mask finds persons. One with several has labels: a person's, or else the background's. Raises
    `ModelError` for one that finds neither.
    """
    if masks == 1:
        return 0, False
    names = [label.strip().lower() for label in labels[:masks]]
    for name, room in (("person", False), ("background", True)):
        if name in names:
            return names.index(name), room
    raise ModelError("the model finds neither persons nor the background", _FETCH)


def _place() -> Path:
    return cache_folder("models") / "selfie_segmenter.tflite"
