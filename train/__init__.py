"""Trains the networks that greenscreen ships. Needs torch; the runtime never imports it."""
