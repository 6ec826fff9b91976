"""The card's kernels: compiled for it, with the constants of what they do again."""

import numpy as np

from greenscreen.composite import REACH
from greenscreen.cuda import Kernel
from greenscreen.cuda.compiler import compiled, kept, kernel_names
from greenscreen.picture.colour import TO_BGR, TO_YUV
from greenscreen.refine import cuts, guided, islands, keying, steady
from greenscreen.segment import motion
from greenscreen.segment.engine import CardEngine, Engine, NotBuiltError
from greenscreen.segment.stillness import JUMPED

PARTS = ("colour", "change", "motion", "islands", "matte", "keying", "steady", "limits", "blur", "picture")
BINS = 1024
"""Steps in which the picture's noise is measured."""
HALF_UP = np.array([0, 0, 0, 0.5], np.float32)
CONSTANTS = {
    "RADIUS": str(guided.RADIUS),
    "EPSILON": f"{guided.EPSILON * 255**2!r}f",
    # guided_kernels.STEPS, which is not imported for its value alone: Numba is heavy.
    "STEPS": "1024",
    "REACH": str(steady.REACH),
    "SPREAD": str(REACH),
    "BINS": str(BINS),
    # kernels.fields.FEW, for the same reason.
    "FEW": "0.05f",
    "JUMPED": f"{JUMPED!r}f",
    "FAINT": f"{guided.DOUBT!r}f",
    "WINDOW": str(keying.RADIUS),
    "FEWEST": str(keying.FEW),
    "STAY": str(islands.STAY),
    "WAS_PERSON": str(islands.WAS_PERSON),
    "WAS_STRAY": str(islands.WAS_STRAY),
    # Others are called so, too.
    "CLEAR": f"{keying.SURE!r}f",
    "VAGUE": f"{keying.HAZE!r}f",
    "SIDE": str(motion.BLOCK),
    "MARGIN": str(motion.MARGIN),
    "ROWS": str(motion.ROWS),
    "FARTHEST": str(motion.REACH),
    "FIRST_STEP": str(motion.FIRST_STEP),
    "UNMOVED": str(motion.STILL),
    "CLOSE": str(motion.ALIKE),
    "UNSURE": f"{motion.DOUBT!r}f",
    **{
        name: f"{getattr(module, name)!r}f"
        for module, names in (
            (guided, ("FLAT", "LIVELY", "BLACK", "WHITE")),
            (cuts, ("CUT",)),
            (motion, ("OUTLINE", "LIKE", "UNLIKE", "SHARE")),
            (islands, ("HAZE", "SURE", "NEW", "KNOWN", "PINHOLE", "CLOSED")),
            (keying, ("NOISE", "ALIKE", "APART", "UNEVEN", "EVEN", "BARE", "SHINY", "NEAR", "FAR")),
            (steady, ("RATE", "STILL", "MOVED", "NOISIEST", "DOUBT", "DECIDED", "CERTAIN")),
        )
        for name in names
    },
    **{
        name: "{" + ", ".join(f"{value!r}f" for value in matrix.ravel().tolist()) + "}"
        for name, matrix in (("TO_BGR", TO_BGR), ("TO_YUV", TO_YUV))
    },
    # In steps of 1 / 1024, with a half added to what is added, as cv2.transform has it for bytes.
    "BGR_1024": "{" + ", ".join(map(str, np.rint((TO_BGR + HALF_UP) * 1024).astype(int).ravel().tolist())) + "}",
}
"""What the kernels share with the CPU's code."""


def load_kernels(engine: CardEngine) -> dict[str, Kernel]:
    """All kernels by name, compiled for the engine's card; raises `EngineError`."""
    found: dict[str, Kernel] = {}
    for part in PARTS:
        names = kernel_names(part)
        code = compiled(part, engine.card.capability, CONSTANTS)
        found |= zip(names, engine.card.kernels(code, *names), strict=True)
    return found


def make_ready(engine: Engine, build: bool) -> None:
    """Compiles the kernels for an engine's card, if it has one, and keeps them; raises `EngineError`.

    Without `build`, `NotBuiltError` is raised where that is still to be done.
    """
    if not isinstance(engine, CardEngine):
        return
    place = engine.card.capability, CONSTANTS
    if not build and not all(kept(part, *place).exists() for part in PARTS):
        raise NotBuiltError("the kernels for this GPU are still to be compiled", "greenscreen engine build")
    for part in PARTS:
        compiled(part, *place)
