"""Memory is kept between frames: no page of it is asked for anew while the loop runs."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource
from dataclasses import replace
from greenscreen.background import Blur
from greenscreen.bench import demo_frames
from greenscreen.pipeline import Pipeline
from greenscreen.planar import Planar
from greenscreen.refine import Refiner
from greenscreen.segment import open_segmenter

planar = Planar()
assert planar.wait()
frames = demo_frames(1280, 720)
with open_segmenter() as segmenter:
    pipeline = Pipeline(segmenter, Refiner(), Blur(), planar)
    for index in range(90):
        if index == 30:
            before = resource.getrusage(resource.RUSAGE_SELF)
        pipeline.process(replace(frames[index % len(frames)], index=index, time=index / 30, fresh=index == 0)).i420
after = resource.getrusage(resource.RUSAGE_SELF)
print((after.ru_minflt - before.ru_minflt) / 60, (after.ru_maxrss - before.ru_maxrss) / 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts page faults as Linux does")
def test_no_new_memory_frame_by_frame() -> None:
    """A frame of 720p with blur is made of some ten MiB, 2,500 pages: next to none of them new, and no growth."""
    answer = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    faults, growth = map(float, answer.stdout.split())
    assert faults < 100
    assert growth < 5
