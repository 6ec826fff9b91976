"""What can go wrong, one type a border, each also a builtin so that plain `except OSError` works.

    GreenscreenError
    ├── UsageError   (ValueError)     the person asked for something that does not exist or contradicts itself
    ├── SourceError  (OSError)        a camera, video or photo that cannot be opened or read
    │   └── CameraBusyError           a camera that another program uses
    ├── EngineError  (RuntimeError)   an engine that is not installed, cannot start, or failed while running
    │   └── ModelError                a model file that is missing, damaged or not what its contract says
    └── SinkError    (OSError)        a virtual camera, window or file that cannot be written

Every error is one sentence that says what happened, and a hint that says what to do next.
"""


class GreenscreenError(Exception):
    """Root of all errors that greenscreen raises on purpose."""

    exit_code = 1

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class UsageError(GreenscreenError, ValueError):
    """The command or setting makes no sense as given."""

    exit_code = 2


class SourceError(GreenscreenError, OSError):
    """No picture could be had."""


class CameraBusyError(SourceError):
    """Another program uses the camera, and may give it back."""


class EngineError(GreenscreenError, RuntimeError):
    """No matte could be had."""


class ModelError(EngineError):
    """The model file cannot be trusted."""


class SinkError(GreenscreenError, OSError):
    """The result could not be delivered."""
