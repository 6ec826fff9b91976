"""One architecture a file; variants are data."""

from train.models.student import Student

__all__ = ["Student"]
