"""Networks as OpenVINO has compiled them, kept from one start to the next: half a second less until the first frame.

Like plans they are only read from the person's own cache folder, and `engine clean` removes them. What cannot be kept
or read again, for lack of room or of a private folder, is compiled each time.
"""

import hashlib
import logging
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import openvino
from openvino.preprocess import PrePostProcessor

from greenscreen.cache import cache_folder, read_private, write_private
from greenscreen.errors import EngineError

log = logging.getLogger(__name__)

_DIGEST = hashlib.sha256().digest_size

Shapes = Mapping[str, tuple[int, ...]]

_CORE = openvino.Core()
"""The one of this process, never given back. Its CPU plugin lays the stack on which the thread that opens it hears
signals; closed by another thread, or before one opened later, that stack is gone, and the next Ctrl-C is a crash."""


def compile_kept(
    model: Path, shapes: Shapes, settings: Mapping[str, str], picture: str | None = None
) -> openvino.CompiledModel:
    """The model, its inputs of these shapes, for this CPU; raises `RuntimeError` for what OpenVINO cannot run.

    The input called `picture` takes bytes, which the network makes floats in passing.
    """
    try:
        path = _path(model, shapes, settings, picture)
        kept = _whole(read_private(path))
    except (EngineError, OSError) as error:
        log.info("%s is not kept: %s", model.name, error)
        return compile_now(model, shapes, settings, picture)
    if kept:
        try:
            return _CORE.import_model(BytesIO(kept), "CPU", dict(settings))
        except RuntimeError as error:
            log.info("compiling %s again: %s", model.name, error)
    compiled = compile_now(model, shapes, settings, picture)
    try:
        content = compiled.export_model().getvalue()
        write_private(path, hashlib.sha256(content).digest() + content)
    except (EngineError, RuntimeError) as error:
        log.info("%s is not kept: %s", model.name, error)
    return compiled


def compile_now(
    model: Path, shapes: Shapes, settings: Mapping[str, str], picture: str | None = None
) -> openvino.CompiledModel:
    network = _CORE.read_model(str(model))
    network.reshape({name: list(shape) for name, shape in shapes.items()})
    if picture:
        steps = PrePostProcessor(network)
        steps.input(picture).tensor().set_element_type(openvino.Type.u8)
        network = steps.build()
    return _CORE.compile_model(network, "CPU", dict(settings))


def _path(model: Path, shapes: Shapes, settings: Mapping[str, str], picture: str | None) -> Path:
    """Where it is kept: the name stands for all that it depends on."""
    cpu = [_CORE.get_property("CPU", name) for name in ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")]
    words = [
        openvino.__version__,
        *map(str, cpu),
        repr(sorted(shapes.items())),
        repr(picture),
        repr(sorted(settings.items())),
    ]
    digest = hashlib.sha256("\0".join(words).encode() + model.read_bytes()).hexdigest()
    return cache_folder("plans") / f"{model.stem}-{digest[:24]}.openvino"


def _whole(content: bytes | None) -> bytes | None:
    """The network in a file, which begins with its digest; none if the file is missing or damaged."""
    if content and hashlib.sha256(content[_DIGEST:]).digest() == content[:_DIGEST]:
        return content[_DIGEST:]
    return None
