"""Trains the networks that greenscreen ships. Needs torch; the runtime never imports it."""

import greenscreen  # noqa: F401  # Keeps OpenVINO and ONNX Runtime from reporting home, before anything imports them.
