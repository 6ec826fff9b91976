"""The overlay for streaming programs, the control page, and the API behind both: one small server beside the loop.

The video loop hands pictures to `OverlaySink` and never waits. A thread of its own encodes what somebody watches
(`broadcast`), another serves it (`server`), behind one door that checks who may come in (`guard`).
"""
