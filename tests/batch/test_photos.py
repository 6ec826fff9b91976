"""Photos: each comes out whole and at its own size, without the room, or not at all and with a reason."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from photos import profile
from PIL import Image as Pillow

from greenscreen.batch import Job, cut_photos, plan_photos
from greenscreen.errors import SinkError, SourceError, UsageError
from greenscreen.images import read_photo
from greenscreen.segment import Segmenter

ROOT = Path(__file__).parents[2]


def photo(path: Path, size: tuple[int, int] = (64, 48), mode: str = "RGB", **more: object) -> Path:
    """A photo of one bright colour, so that any of it that is left is seen."""
    path.parent.mkdir(exist_ok=True)
    Pillow.new("RGB", size, (220, 120, 90)).convert(mode).save(path, **more)  # type: ignore[arg-type]
    return path


def turned(path: Path) -> Path:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    return photo(path, (40, 24), exif=exif)


def deep(path: Path) -> Path:
    cv2.imwrite(str(path), np.full((30, 50, 3), 40_000, np.uint16))
    return path


CROWDED = """
import resource, sys, types
from pathlib import Path
import numpy as np
from greenscreen.batch import cut_photos, plan_photos
from greenscreen.segment import ENGINES, open_segmenter

class Everyone:
    def __init__(self, model, contract, width, height):
        self.matte = np.ones((height, width), np.float32)
    def step(self, image, last=None):
        return self.matte
    def reset(self): ...
    def close(self): ...

ENGINES["everyone"] = "everyone"
sys.modules["everyone"] = types.SimpleNamespace(open_engine=Everyone)
usual = resource.getrlimit(resource.RLIMIT_AS)
with open_segmenter("everyone") as segmenter:
    cut_photos(plan_photos([Path("in/b.png")], Path("before.png")), segmenter, "transparent", False, print)
    for megabytes in (250, 300, 350, 400):
        jobs = plan_photos([Path("in")], Path(str(megabytes)))
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + (megabytes << 20), usual[1]))
        failed = cut_photos(jobs, segmenter, "transparent", False, lambda job: None)
        resource.setrlimit(resource.RLIMIT_AS, usual)
        for job, error in failed:
            print(f"{job.photo.name}: {error}")
"""
"""Cuts out the folder `in` with more and more memory, in a process of its own: in this one, what other tests have
given back would be used again."""

PHOTOS: dict[str, tuple[Callable[[Path], Path], tuple[int, int]]] = {
    "plain.jpg": (photo, (64, 48)),
    "turned.jpg": (turned, (24, 40)),
    "tiny.png": (lambda path: photo(path, (1, 1)), (1, 1)),
    "wide.png": (lambda path: photo(path, (20_000, 10)), (20_000, 10)),
    "gray.jpg": (lambda path: photo(path, mode="L"), (64, 48)),
    "deep.png": (deep, (50, 30)),
    "palette.png": (lambda path: photo(path, mode="P"), (64, 48)),
    "cmyk.jpg": (lambda path: photo(path, mode="CMYK"), (64, 48)),
    "odd.webp": (lambda path: photo(path, (33, 21)), (33, 21)),
}


def do(
    segmenter: Segmenter, inputs: list[Path], out: Path, background: str = "transparent", matte: bool = False
) -> list:
    return cut_photos(plan_photos(inputs, out), segmenter, background, matte, lambda job: None)


def read(path: Path) -> np.ndarray:
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


@pytest.mark.parametrize("name", PHOTOS)
def test_every_kind_of_photo_comes_out_at_its_own_size(segmenter: Segmenter, tmp_path: Path, name: str) -> None:
    make, (width, height) = PHOTOS[name]
    source = make(tmp_path / name)
    for out, matte, shape in (("cut.png", False, (height, width, 4)), ("matte.png", True, (height, width))):
        assert not do(segmenter, [source], tmp_path / out, matte=matte)
        assert read(tmp_path / out).shape == shape
        assert read(tmp_path / out).dtype == np.uint8


def test_nothing_of_the_room_is_behind_the_transparency(segmenter: Segmenter, tmp_path: Path) -> None:
    """Whoever is sent the picture could otherwise bring the room back."""
    do(segmenter, [photo(tmp_path / "a.png", (200, 120))], tmp_path / "out.png")
    pixels = read(tmp_path / "out.png")
    assert (pixels[pixels[..., 3] == 0] == 0).all()
    assert (pixels[:, :60, 3] == 255).all()
    assert (pixels[:, 140:, 3] == 0).all()
    assert np.abs(pixels[:, :60, :3].astype(int) - (90, 120, 220)).max() <= 2


def test_a_background_makes_it_a_composite(segmenter: Segmenter, tmp_path: Path) -> None:
    do(segmenter, [photo(tmp_path / "a.png", (200, 120))], tmp_path / "out.jpg", "#00ff00")
    pixels = read(tmp_path / "out.jpg")
    assert pixels.shape == (120, 200, 3)
    assert np.abs(pixels[:, 140:].astype(int) - (0, 255, 0)).max() <= 4
    assert np.abs(pixels[:, :60].astype(int) - (90, 120, 220)).max() <= 4


def see_through(path: Path, kind: str = "PNG") -> Path:
    """A photo that is solid above and half transparent below."""
    pixels = np.full((120, 200, 4), 255, np.uint8)
    pixels[..., :3], pixels[60:, :, 3] = (220, 120, 90), 128
    Pillow.fromarray(pixels).save(path, kind)
    return path


def test_a_photos_own_transparency_counts_with_the_matte(segmenter: Segmenter, tmp_path: Path) -> None:
    source = see_through(tmp_path / "a.png")
    do(segmenter, [source], tmp_path / "cut.png")
    do(segmenter, [source], tmp_path / "matte.png", matte=True)
    do(segmenter, [source], tmp_path / "over.png", "#00ff00")
    cut, matte, over = (read(tmp_path / f"{name}.png") for name in ("cut", "matte", "over"))
    assert (cut[:60, :60, 3] == 255).all()
    assert (cut[60:, :60, 3] == 128).all()
    assert (cut[..., 3] == matte).all()
    assert (cut[matte == 0] == 0).all()
    assert np.abs(cut[:, :60, :3].astype(int) - (90, 120, 220)).max() <= 2
    assert np.abs(over[:55, :60].astype(int) - (90, 120, 220)).max() <= 2
    assert np.abs(over[65:, :60].astype(int) - (45, 187, 110)).max() <= 2
    assert (over[:, 140:] == (0, 255, 0)).all()


def test_before_a_backdrop_person_and_backdrop_have_their_colours(segmenter: Segmenter, tmp_path: Path) -> None:
    """A green said to be of Display P3 would be another green."""
    source = photo(tmp_path / "a.png", (200, 120), icc_profile=profile())
    do(segmenter, [source], tmp_path / "out.png", background="green")
    with Pillow.open(tmp_path / "out.png") as written:
        assert "icc_profile" not in written.info
        pixels = np.asarray(written)
    assert pixels[60, 190].tolist() == [0, 177, 64]
    assert pixels[60, 10].tolist() == read_photo(source)[60, 10, ::-1].tolist() != [220, 120, 90]
    do(segmenter, [source], tmp_path / "blurred.png", background="blur")
    with Pillow.open(tmp_path / "blurred.png") as written:
        assert written.info["icc_profile"] == profile()


@pytest.mark.parametrize("name", ["out.png", "out.jpg", "out.webp"])
def test_colours_keep_their_profile_and_whoever_took_it_and_where_stays_behind(
    segmenter: Segmenter, tmp_path: Path, name: str
) -> None:
    profile = (300).to_bytes(4, "big") + bytes(12) + b"RGB " + bytes(16) + b"acsp" + bytes(260)
    exif = Pillow.Exif()
    exif[0x010F] = "the camera's maker"
    exif.get_ifd(0x8825).update({1: "N", 2: (50.0, 1.0, 2.0)})
    source = photo(tmp_path / "a.jpg", (200, 120), exif=exif, icc_profile=profile, comment=b"a secret")
    assert b"maker" in source.read_bytes()
    assert not do(segmenter, [source], tmp_path / name, "#00ff00")
    with Pillow.open(tmp_path / name) as written:
        assert written.info["icc_profile"] == profile
        assert not written.getexif()
    assert b"maker" not in (tmp_path / name).read_bytes()
    assert b"secret" not in (tmp_path / name).read_bytes()
    do(segmenter, [source], tmp_path / "matte.png", matte=True)
    with Pillow.open(tmp_path / "matte.png") as matte:
        assert "icc_profile" not in matte.info  # A matte has no colours.


def test_photos_that_differ_in_their_ending_alone_keep_it(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "b.png"):
        photo(tmp_path / "in" / name)
    jobs = plan_photos([tmp_path / "in"], tmp_path / "out")
    assert [job.out.name for job in jobs] == ["a.jpg.png", "a.png.png", "b.png"]


def test_a_folder_becomes_a_folder_and_one_bad_photo_stops_no_other(segmenter: Segmenter, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "new" / "out"
    for name in ("a.jpg", "b.jpg", "c.png"):
        photo(folder / name)
    (folder / "b.jpg").write_bytes((folder / "b.jpg").read_bytes()[:300])
    (folder / "notes.txt").write_text("no photo")
    (folder / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(60))
    jobs, done = plan_photos([folder], out), []
    failed = cut_photos(jobs, segmenter, "transparent", False, done.append)
    assert [job.photo.name for job, _ in failed] == ["b.jpg", "phone.heic"]
    assert isinstance(failed[0][1], SourceError)
    assert done == jobs
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "c.png"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs limits of memory")
def test_a_photo_that_does_not_fit_into_memory_stops_no_other(tmp_path: Path) -> None:
    """Wherever between reading and writing it runs out: the large one takes some 450 MB."""
    photo(tmp_path / "in" / "a.png", (6000, 6000))
    photo(tmp_path / "in" / "b.png")
    done = subprocess.run(
        [sys.executable, "-c", CROWDED],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "a.png: a.png is too large for this machine's memory" in done.stdout.splitlines()
    for megabytes in (250, 300, 350, 400):
        assert (tmp_path / str(megabytes) / "b.png").exists()


def test_photos_and_folders_together_become_a_folder(tmp_path: Path) -> None:
    inputs = [photo(tmp_path / "one.jpg"), photo(tmp_path / "in" / "two.jpg").parent]
    jobs = plan_photos(inputs, tmp_path / "v1.0")
    assert jobs == [
        Job(inputs[0], tmp_path / "v1.0" / "one.png"),
        Job(inputs[1] / "two.jpg", tmp_path / "v1.0" / "two.png"),
    ]
    assert (tmp_path / "v1.0").is_dir()


def test_one_photo_goes_to_a_file_or_into_a_folder(tmp_path: Path) -> None:
    source = photo(tmp_path / "one.jpg")
    (tmp_path / "there.png").mkdir()
    for out, file in (("x.webp", "x.webp"), ("folder", "folder/one.png"), ("there.png", "there.png/one.png")):
        assert plan_photos([source], tmp_path / out) == [Job(source, tmp_path / file)]


def test_what_would_be_lost_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    first, second = photo(tmp_path / "a.png"), photo(tmp_path / "in" / "a.jpg")
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    for inputs, out, reason in (
        ([first, second], tmp_path / "out", "would both be written"),
        ([first], first, "would overwrite the photo"),
        ([first], link / "a.png", "would overwrite the photo"),
        ([first], tmp_path, "would overwrite the photo"),
        ([second, first], tmp_path / "in" / ".." / "in", "would both be written"),
        ([first, second], tmp_path / "out.png", "cannot take several photos"),
        ([second.parent], tmp_path / "out.png", "cannot take several photos"),
    ):
        with pytest.raises(UsageError, match=reason):
            plan_photos(inputs, out)
    assert sorted(os.listdir(tmp_path)) == ["a.png", "in", "link"]


@pytest.mark.parametrize("background", ["~/a.png", "beach"])
def test_a_background_is_not_overwritten(
    segmenter: Segmenter, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, background: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = home / "config" / "greenscreen" / "backgrounds"
    folder.mkdir(parents=True)
    behind = photo(tmp_path / "a.png" if background.startswith("~") else folder / "beach.png")
    whole = behind.read_bytes()
    jobs = plan_photos([photo(tmp_path / "b.jpg"), photo(tmp_path / f"{behind.stem}.jpg")], behind.parent)
    with pytest.raises(UsageError, match="would overwrite the background"):
        cut_photos(jobs, segmenter, background, False, lambda job: None)
    assert behind.read_bytes() == whole
    assert [path.name for path in behind.parent.glob("*.png")] == [behind.name]


@pytest.mark.parametrize("name", ["no.jpg", "no/where.jpg", "x" * 300])
def test_a_missing_photo_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match=f"there is no photo .*{name}"):
        plan_photos([tmp_path / name], tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_folder_without_photos_and_a_folder_that_cannot_be_made_are_told_of(tmp_path: Path) -> None:
    source = photo(tmp_path / "a.jpg")
    with pytest.raises(SinkError, match="cannot be made"):
        plan_photos([source], source / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="no photos"):
        plan_photos([tmp_path / "empty"], tmp_path / "out")


@pytest.mark.parametrize(("out", "reason"), [("out.gif", "no kind of image"), ("out.jpg", "cannot hold transparency")])
def test_a_file_that_cannot_hold_the_result_is_refused(
    segmenter: Segmenter, tmp_path: Path, out: str, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        do(segmenter, [photo(tmp_path / "a.png")], tmp_path / out)
    assert os.listdir(tmp_path) == ["a.png"]
