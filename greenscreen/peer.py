"""What other live programs do with a frame, written plainly, so that `greenscreen bench` can time ours beside it.

A small network at its own size, its matte stretched over the frame, grown and blurred so that nothing shows; a
Gaussian blur or a picture behind; a blend in floating point; I420 for the virtual camera. No edges from the picture,
nothing over time.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from greenscreen.errors import EngineError, ModelError
from greenscreen.picture.colour import to_i420
from greenscreen.picture.frame import Image, Matte


class Peer:
    """Another program's network, an ONNX file that takes `(1, h, w, 3)` RGB in [0, 1], and the usual work around it.

    The network returns a matte, `(1, h, w, 1)`, or two scores, `(1, h, w, 2)`: background, then person.
    Raises `EngineError` without ONNX Runtime and `ModelError` for a file that is not such a network.
    """

    def __init__(self, model: Path):
        try:
            import onnxruntime
        except ImportError as error:
            raise EngineError(
                "another program's network needs ONNX Runtime", "install it with: pip install onnxruntime"
            ) from error
        try:
            options = onnxruntime.SessionOptions()
            # Its threads may not go on spinning once it has answered, or they would slow ours down in between.
            options.add_session_config_entry("session.force_spinning_stop", "1")
            self._session: Any = onnxruntime.InferenceSession(str(model), options, ["CPUExecutionProvider"])
            self._input = self._session.get_inputs()[0]
            _, self._height, self._width, channels = self._input.shape
            answer = self._session.get_outputs()[0].shape[-1]
        except Exception as error:  # ONNX Runtime's own errors have no common type.
            raise ModelError(f"{model} is not a network that can be run: {error}", "give an ONNX file") from error
        # What an ONNX file leaves open is a name there, or None.
        fixed = isinstance(self._height, int) and isinstance(self._width, int)
        if channels != 3 or answer not in (1, 2) or not fixed:
            raise ModelError(f"{model} is not a network from a picture to a matte", "give one of fixed size, RGB in")

    def frame(self, image: Image, behind: Image | None) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """`(H, W, 3)` BGR to I420: the person before `behind` of the same size, or before the room, blurred."""
        matte = cv2.resize(self._matte(image), image.shape[1::-1])
        matte = cv2.blur(cv2.dilate(matte, np.ones((5, 5), np.uint8)), (10, 10))
        room = cv2.GaussianBlur(image, (21, 21), 7) if behind is None else behind
        return to_i420(np.asarray(cv2.blendLinear(image, room, matte, 1 - matte), np.uint8))

    def _matte(self, image: Image) -> Matte:
        small = cv2.cvtColor(cv2.resize(image, (self._width, self._height)), cv2.COLOR_BGR2RGB)
        answer = self._session.run(None, {self._input.name: small[None].astype(np.float32) / 255})[0][0]
        if answer.shape[-1] == 1:
            return np.asarray(answer[..., 0], np.float32)
        return np.asarray(1 / (1 + np.exp(answer[..., 0] - answer[..., 1])), np.float32)
