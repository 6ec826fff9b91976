"""Labels pictures with another model's mattes, better than that model alone: several views, averaged, edges guided.

The model is an ONNX file with one `(1, H, W, 3)` RGB input in [0, 1] and a person matte in [0, 1] out, as MediaPipe's
selfie segmenter (Apache-2.0) has. Pictures on whose views the model does not agree with itself are left out.
"""

import csv
from pathlib import Path

import cv2
import numpy as np
from openvino import Core
from rich.progress import track

from train.data import read_manifest, shrink
from train.metrics import Alpha, iou


class Teacher:
    def __init__(self, model: Path):
        compiled = Core().compile_model(str(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        self.request = compiled.create_infer_request()
        _, self.height, self.width, _ = compiled.inputs[0].shape

    def view(self, rgb: np.ndarray) -> Alpha:
        small = cv2.resize(rgb, (self.width, self.height), interpolation=cv2.INTER_AREA)
        out = self.request.infer([small[None].astype(np.float32) / 255])[0]
        return cv2.resize(np.asarray(out).reshape(self.height, self.width), rgb.shape[1::-1])

    def label(self, bgr: np.ndarray) -> tuple[Alpha, float]:
        """The mean matte of plain, mirrored and padded views, and the least IoU of any view with that mean."""
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        h, w = rgb.shape[:2]
        views = []
        for pad in (0, round(0.15 * max(h, w))):
            wide = cv2.copyMakeBorder(rgb, pad, 0, pad, pad, cv2.BORDER_REFLECT_101)
            for flip in (False, True):
                matte = self.view(wide[:, ::-1] if flip else wide)
                matte = matte[:, ::-1] if flip else matte
                views.append(matte[pad : pad + h, pad : pad + w])
        mean = np.mean(views, 0, dtype=np.float32)
        return mean, min(iou(view, mean) for view in views)


def guide(bgr: np.ndarray, matte: Alpha, radius: int = 6, eps: float = 1e-3) -> Alpha:
    """Guided filter (He et al., ECCV 2010) with the picture's luma as guide."""
    luma = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
    size = (2 * radius + 1,) * 2

    def mean(x: Alpha) -> Alpha:
        return cv2.blur(x, size)

    a = (mean(luma * matte) - mean(luma) * mean(matte)) / (mean(luma * luma) - mean(luma) ** 2 + eps)
    return np.clip(mean(a) * luma + mean(mean(matte) - mean(a) * mean(luma)), 0, 1)


def label(manifest: Path, model: Path, out: Path, agreement: float = 0.9) -> tuple[int, int]:
    """Writes `out/manifest.csv` and one matte a picture; returns how many were kept and dropped."""
    teacher, kept, dropped = Teacher(model), [], 0
    rows = [row for row in read_manifest(manifest) if row.split == "unlabelled"]
    out.mkdir(parents=True, exist_ok=True)
    for index, row in enumerate(track(rows, "labelling")):
        image = shrink(cv2.imread(str(row.image), cv2.IMREAD_COLOR))
        matte, agrees = teacher.label(image)
        sure = (np.abs(matte - 0.5) > 0.4).mean()
        if agrees < agreement or sure < 0.8 or (matte > 0.5).mean() < 0.03:
            dropped += 1
            continue
        # The teacher's edges are soft because it is coarse, not because hair is: sharpen before guiding.
        sharp = np.clip((matte - 0.5) * 2.5 + 0.5, 0, 1).astype(np.float32)
        # Guiding leaves a faint haze where the room has edges of its own: the last clip takes it away.
        guided = np.clip((guide(image, sharp) - 0.1) / 0.8, 0, 1)
        mask = out / f"{index:05d}.png"
        cv2.imwrite(str(mask), (guided * 255).round().astype(np.uint8))
        kept.append(
            {"split": "train", "source": f"labelled_{row.source}", "image": row.image.resolve(), "mask": mask.name}
        )
    with (out / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["split", "source", "image", "mask"])
        writer.writeheader()
        writer.writerows(kept)
    return len(kept), dropped
