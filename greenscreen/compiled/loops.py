"""What compiled loops are made of: Numba's compiler as they all use it, and windows of seven by seven.

Compiled once for a machine, then kept beside the source. Loops let go of the interpreter's lock, so that two threads
can share a picture. Rows are contiguous and each loop does one simple thing with few of them, as that is what the
compiler turns into vector instructions.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic
from numpy.typing import NDArray

from greenscreen.picture.band import Field

Bytes = NDArray[np.uint8]

REACH = 3
"""Half-width of a window."""
SIZE = (2 * REACH + 1) ** 2

place = np.uintp
"""An index in a loop: unsigned, so that the compiler need not think of those that count from the end."""

number = cast("type[int]", np.int64)
"""A number that is no constant: for each of those the compiler would make a loop anew that is handed one."""

_compile = numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"})


def compiled(loop: Callable[..., Any]) -> Any:
    """A loop, compiled when it is first called, and kept.

    Numba makes it anew when its own file has changed, but keeps no account of other files: so the name that it is kept
    under tells apart what it takes from those.
    """
    loop.__qualname__ += f"_{_taken(loop.__globals__)}"
    dispatcher = _compile(loop)
    # Where neither beside the source nor in the person's own folder anything may be written, it is for this run alone.
    with suppress(RuntimeError):
        dispatcher.enable_caching()
    return dispatcher


def _taken(names: Mapping[str, Any]) -> str:
    """A digest of this file, of the compiled loops that a module has imported, and of its constants."""
    digest = sha256(_content(__file__))
    for name, value in sorted(names.items()):
        if isinstance(value, Dispatcher) and value.py_func.__globals__ is not names:
            digest.update(_content(value.py_func.__code__.co_filename) + value.py_func.__qualname__.encode())
        elif name.isupper():
            digest.update(f"{name}={value!r}".encode())
    return digest.hexdigest()[:16]


@cache
def _content(path: str) -> bytes:
    return Path(path).read_bytes()


@compiled
def mirrored(i: int, count: int) -> int:
    """An index beyond the border as one within, the border itself not repeated."""
    if count == 1:
        return 0
    while i < 0 or i >= count:
        i = -i if i < 0 else 2 * count - 2 - i
    return i


@compiled
def mirror(row: Field) -> None:
    """Fills the first and last `REACH` places of a row with what lies between them, mirrored."""
    width = row.size - 2 * REACH
    for x in range(REACH):
        row[x] = row[REACH + mirrored(x - REACH, width)]
        row[REACH + width + x] = row[REACH + mirrored(width + x, width)]


def _prefetch(typing: Any, array: Any, row: Any, column: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds, word, bytes_ = signature.args, ir.IntType(32), cgutils.voidptr_t
        holder = context.make_array(kinds[0])(context, builder, arguments[0])
        at = [context.cast(builder, arguments[i], kinds[i], numba.types.intp) for i in (1, 2)]
        item = cgutils.get_item_pointer(context, builder, kinds[0], holder, at)  # type: ignore[no-untyped-call]
        form = ir.FunctionType(ir.VoidType(), [bytes_, word, word, word])
        # To be read, to be kept in all caches, and data.
        how = builder.bitcast(item, bytes_), word(0), word(3), word(1)
        builder.call(builder.module.declare_intrinsic("llvm.prefetch", [bytes_], form), how)
        return context.get_dummy_value()

    return numba.types.none(array, row, column), generate


prefetch: Any = intrinsic(_prefetch)
"""In a loop, has `(array, row, column)` brought from memory, and goes on meanwhile: for what no processor foresees."""
