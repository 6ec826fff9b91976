"""The API: what it does, and that it refuses in words whatever it should not."""

import itertools
import json
import struct
import time
import zlib
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any
from urllib.parse import quote

import cv2
import numpy as np
import pytest

from greenscreen.control.profiles import read_profile
from greenscreen.web import api
from greenscreen.web.api import MOST_JSON
from greenscreen.web.uploads import MOST_BYTES, slug


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG file that declares this size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def photo(colour: tuple[int, int, int] = (30, 160, 230), size: tuple[int, int] = (160, 90)) -> bytes:
    return bytes(cv2.imencode(".png", np.full((size[1], size[0], 3), colour, np.uint8))[1])


def test_settings_are_changed_together_or_not_at_all(run: Any) -> None:
    answer = run.change(background="blue", show="matte")
    assert answer.status == 200
    assert (answer.json["background"], answer.json["show"]) == ("blue", "matte")
    answer = run.change(background="white", show="everything")
    assert answer.status == 422
    assert answer.json["error"].startswith("show everything is not possible")
    assert run.control.settings.background == "blue"
    assert run.ask("/api/settings").json["background"] == "blue"


def test_panic_queues_behind_nothing_that_takes_its_time(run: Any) -> None:
    """However many backgrounds are being opened, one after the other."""
    opened = Event()

    def slow(old: Any, new: Any) -> None:
        assert opened.wait(30)

    run.control.prepare(slow, "background")
    asking = [Thread(target=run.change, kwargs={"background": word}) for word in ("blue", "black", "white") * 12]
    for thread in asking:
        thread.start()
    try:
        assert run.change(show="placeholder").status == 200
        assert run.control.settings.show == "placeholder"
        assert run.control.settings.background == "green"
    finally:
        opened.set()
        for thread in asking:
            thread.join()


def test_a_profile_does_not_show_whoever_is_hidden(run: Any) -> None:
    run.change(background="blue", mirror=True)
    assert run.ask("/api/profiles/evening", "PUT").status == 200
    run.change(background="green", mirror=False, show="placeholder")
    loaded = run.ask("/api/profiles/evening", "POST").json
    assert (loaded["background"], loaded["mirror"], loaded["show"]) == ("blue", True, "placeholder")


@pytest.mark.parametrize(
    "values",
    [
        {"camera": "/etc/passwd"},
        {"record": "/tmp/x.mp4"},
        {"model": "x.onnx"},
        {"device": "/dev/sda"},
        {"engine": "os"},
        {"__class__": 1},
        {"": 1},
        {"show": {"a": []}},
        {"show": None},
        {"zoom": "x" * 5000},
        {"zoom": 1e308},
        {"background": None},
        {"background": ["green"]},
    ],
    ids=str,
)
def test_what_is_no_live_setting_is_refused(run: Any, values: dict[str, Any]) -> None:
    before = run.control.settings
    answer = run.change(**values)
    assert answer.status == 422
    assert answer.json["error"]
    assert len(answer.body) < 12_000
    assert run.control.settings == before


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../secret.png",
        "secret.png",
        "~/secret.png",
        "blur/../secret.png",
        "file:///x",
        "C:\\x",
        "http://x/y.mp4",
    ],
)
def test_no_file_is_opened_by_a_path_from_a_client(run: Any, path: str, bare: Path) -> None:
    (bare / "secret.png").write_bytes(photo())
    answer = run.change(background=path)
    assert answer.status == 422
    assert "there is no background" in answer.json["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"[" * 8000,
        b'{"a":' * 2000,
        b"\xff\xfe",
        b'{"show": NaN}',
        b'{"show": 1e999}',
    ],
)
def test_malformed_json_is_refused(run: Any, body: bytes) -> None:
    answer = run.ask("/api/settings", "PATCH", body, Content_Type="application/json")
    assert answer.status in {400, 422}
    assert answer.json["error"]
    assert run.well()


def test_oversized_json_is_refused_before_it_is_read(run: Any) -> None:
    body = b'{"show": "' + b"x" * MOST_JSON + b'"}'
    answer = run.ask("/api/settings", "PATCH", body, Content_Type="application/json")
    assert answer.status == 413
    assert "at most 16 KiB" in answer.json["error"]
    assert run.well()


def test_what_is_not_json_is_refused_as_forms_of_other_sites_send_no_json(run: Any) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert run.ask("/api/settings", "PATCH", b'{"show": "matte"}', Content_Type=kind).status == 415


@pytest.mark.parametrize(
    "path",
    ["/../pyproject.toml", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/pages/", "/api/",
     "/api/backgrounds/..%2f..%2fsecret/thumbnail", "/api/backgrounds/%00/thumbnail", "/api/profiles/..%2fx",
     "/stream/..%2f", "/control.html", "/control.css/"],
)  # fmt: skip
def test_paths_lead_nowhere(run: Any, path: str) -> None:
    for method in ("GET", "POST", "DELETE", "PUT"):
        answer = run.ask(path, method)
        assert answer.status in {400, 404, 405}, method
        assert b"root:" not in answer.body
        assert answer.json["error"]
        assert not answer.json["error"].startswith("40")


def test_a_profile_whose_name_no_file_can_have_is_not_there(run: Any) -> None:
    assert run.ask("/api/profiles/usual", "PUT").status == 200, "there is a folder now"
    answer = run.ask(f"/api/profiles/{quote(64 * chr(0x1D49C))}", "POST")
    assert answer.status == 404
    assert "there is no profile" in answer.json["error"]


def test_what_nobody_expected_is_logged_and_answered_as_json(
    run: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(api, "list_profiles", lambda: 1 / 0)
    answer = run.ask("/api/profiles")
    assert answer.status == 500
    assert answer.json == {"error": "unexpected ZeroDivisionError", "hint": "see the log of greenscreen, and report it"}
    assert "answering GET /api/profiles" in caplog.text


def test_methods_that_mean_nothing_are_refused_as_json(run: Any) -> None:
    answer = run.ask("/api/settings", "DELETE")
    assert answer.status == 405
    assert "PATCH" in answer.headers["Allow"]
    assert answer.json["error"]


def test_a_picture_is_taken_in_anew_and_forgets_where_it_was_taken(run: Any, folder: Path) -> None:
    from PIL import Image

    stamped = folder.parents[2] / "stamped.jpg"
    exif = Image.Exif()
    exif[0x010E] = "at home, 52.5200 north"
    Image.new("RGB", (5000, 2500), (200, 100, 50)).save(stamped, exif=exif)
    answer = run.ask("/api/backgrounds?name=My%20Beach.JPG", "POST", stamped.read_bytes(), Content_Type="image/jpeg")
    assert (answer.status, answer.json) == (201, {"name": "my-beach"})
    kept = (folder / "my-beach.jpg").read_bytes()
    assert b"52.5200" not in kept
    with Image.open(folder / "my-beach.jpg") as image:
        assert image.size == (4320, 2160)
    thumbnail = run.ask("/api/backgrounds/my-beach/thumbnail")
    assert thumbnail.headers["Content-Type"] == "image/jpeg"
    assert cv2.imdecode(np.frombuffer(thumbnail.body, np.uint8), cv2.IMREAD_COLOR).shape == (135, 240, 3)


def test_pictures_of_one_name_that_come_at_once_are_all_kept(run: Any) -> None:
    """Every photo from an iPhone is called image.jpg."""
    picture, begin, names = photo(size=(1600, 900)), Barrier(6), list[str]()

    def add() -> None:
        begin.wait()
        names.append(run.ask("/api/backgrounds?name=image.jpg", "POST", picture).json["name"])

    clients = [Thread(target=add) for _ in range(6)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert sorted(names) == ["image", *(f"image-{number}" for number in range(2, 7))]
    assert sorted(run.ask("/api/backgrounds").json) == sorted(names)


def test_names_never_meet_and_words_stay_words(run: Any) -> None:
    names = [
        run.ask(f"/api/backgrounds?name={name}", "POST", photo()).json["name"] for name in ["x", "x", "blur", "green"]
    ]
    assert names == ["x", "x-2", "blur-2", "green-2"]
    assert run.ask("/api/backgrounds").json == ["blur-2", "green-2", "x-2", "x"]


def test_a_background_keeps_the_name_that_it_has_in_another_script(run: Any) -> None:
    assert run.ask("/api/backgrounds?name=%E6%B5%B7.jpg", "POST", photo()).json == {"name": "海"}
    assert run.ask("/api/backgrounds/%E6%B5%B7/thumbnail").status == 200
    assert run.ask("/api/settings", "PATCH", {"background": "海"}).status == 200


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("..\\..\\x.png", "x"),
        ("/", "picture"),
        ("", "picture"),
        (".bashrc", "bashrc"),
        ("CON\x00.jpg", "con"),
        ("\u202eevil", "evil"),
        ("a" * 5000, "a" * 32),
        ("Strandläufer.jpg", "strandläufer"),
        ("Пляж 2.png", "пляж-2"),
        ("海 と 空.heic", "海-と-空"),
        ("समुद्र.jpg", "समुद्र"),
    ],
)
def test_a_name_from_a_client_is_letters_and_digits(wanted: str, name: str) -> None:
    assert slug(wanted) == name


BOMB = png(10_000, 10_000, zlib.compress(bytes(10_000_000)))
GIF_LIKE = b"GIF89a" + b"\x10\x27\x10\x27" + bytes(100)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "kind"),
        (b"not a picture", "kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "kind"),
        (GIF_LIKE, ""),
        (photo()[:-20], ""),
        (photo()[:40] + bytes(60), ""),
        (png(100, 100, b"\x00" * 50), ""),
        (BOMB, "megapixels"),
        (png(10_000, 1), "a side"),
        (png(60_000, 60_000), "megapixels"),
        (png(0, 0), ""),
    ],
    ids=["empty", "text", "svg", "gif", "cut", "holed", "no stream", "bomb", "10000 wide", "huge", "no size"],
)
def test_what_is_no_picture_of_ours_is_refused(run: Any, folder: Path, data: bytes, why: str) -> None:
    began = time.monotonic()
    answer = run.ask("/api/backgrounds?name=x", "POST", data, Content_Type="image/png")
    assert answer.status == 422
    assert why in answer.json["error"]
    assert time.monotonic() - began < 5
    assert not folder.exists() or list(folder.iterdir()) == []
    assert run.well()


def test_too_large_an_upload_is_refused(run: Any) -> None:
    answer = run.ask("/api/backgrounds", "POST", bytes(MOST_BYTES + 1), Content_Type="image/png")
    assert answer.status == 413
    assert "20 MiB" in answer.json["error"]
    assert run.well()


def test_a_background_in_use_stays(run: Any, folder: Path) -> None:
    run.ask("/api/backgrounds?name=beach", "POST", photo())
    assert run.change(background="Beach").status == 200
    assert run.ask("/api/backgrounds/beach", "DELETE").status == 409
    run.change(background="green")
    assert run.ask("/api/backgrounds/beach", "DELETE").json == []
    assert run.ask("/api/backgrounds/beach", "DELETE").status == 404
    assert list(folder.iterdir()) == []


def test_paths_of_this_machine_are_nobodys_business(start: Any, tmp_path: Path) -> None:
    own = tmp_path / "private" / "family.png"
    own.parent.mkdir()
    own.write_bytes(photo())
    run = start(background=str(own))
    assert run.ask("/api/settings").json["background"] == "family.png"
    assert "private" not in json.dumps(run.ask("/api/state").json)


def test_profiles_are_saved_and_loaded(run: Any) -> None:
    run.change(background="blue", zoom=2)
    assert run.ask("/api/profiles/evening", "PUT").json == ["evening"]
    run.change(background="white", zoom=1)
    assert run.ask("/api/profiles/evening", "POST").json["background"] == "blue"
    assert (run.control.settings.background, run.control.settings.zoom) == ("blue", 2)
    assert run.ask("/api/profiles/nothing", "POST").status == 404
    assert run.ask("/api/profiles/%2e%2e%2fx", "PUT").status == 404


@pytest.mark.parametrize("show", ["placeholder", "original"])
def test_a_saved_profile_does_not_begin_the_next_run_hidden_or_in_the_room(run: Any, show: str) -> None:
    """What is shown for the moment is not kept; and whoever is hidden stays so while it is saved."""
    run.change(background="blue", show=show)
    run.ask("/api/profiles/evening", "PUT")
    kept = read_profile("evening")
    assert kept["background"] == "blue"
    assert "show" not in kept
    assert run.control.settings.show == show


def test_a_snapshot_and_a_recording_are_kept_on_this_machine(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("pictures", "videos"):
        monkeypatch.setattr(f"platformdirs.user_{folder}_path", lambda folder=folder: tmp_path / folder)
    name = run.ask("/api/snapshot", "POST").json["name"]
    video = run.ask("/api/recording", "POST").json["name"]
    assert run.ask("/api/state").json["recording"]
    assert run.ask("/api/recording", "POST").status == 409
    # What is empty is not kept, so a picture must have gone into it.
    assert run.moves()
    until = time.monotonic() + 30
    while not (tmp_path / "pictures" / name).exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert (tmp_path / "pictures" / name).stat().st_size
    assert run.ask("/api/recording", "DELETE").status == 200
    while not (tmp_path / "videos" / video).exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert (tmp_path / "videos" / video).stat().st_size
    assert not run.ask("/api/state").json["recording"]


def test_of_recordings_that_are_started_at_once_one_begins(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by the control page on two devices; who is told of a recording must find its file."""
    monkeypatch.setattr("platformdirs.user_videos_path", lambda: tmp_path)
    run.control.prepare(lambda _, new: time.sleep(0.2), "record")  # As on a slow disk.
    begin, answers = Barrier(6), list[Any]()

    def start() -> None:
        begin.wait()
        answers.append(run.ask("/api/recording", "POST"))

    clients = [Thread(target=start) for _ in range(6)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    answers.sort(key=lambda answer: answer.status)
    assert [answer.status for answer in answers] == [201] + 5 * [409]
    assert run.control.settings.record == tmp_path / answers[0].json["name"]
    assert "under way" in answers[1].json["error"]


def test_the_state_tells_how_it_goes(run: Any) -> None:
    assert run.moves()
    state = run.ask("/api/state").json
    assert state["status"]["state"] == "live"
    assert state["status"]["source"] == "synthetic"
    assert set(itertools.chain(state["settings"])) == set(run.ask("/api/fields").json)
