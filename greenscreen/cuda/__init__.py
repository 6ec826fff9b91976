"""An NVIDIA GPU, as little of it as greenscreen needs: memory, a stream, kernels, graphs. Nothing happens at import."""

from greenscreen.cuda.card import Card, CardLostError, Kernel, hold, open_card

__all__ = ["Card", "CardLostError", "Kernel", "hold", "open_card"]
