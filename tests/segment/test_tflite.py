"""MediaPipe's models: fetched only when asked, kept only when right; and which of a model's masks is the person."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from greenscreen.errors import EngineError, ModelError, UsageError
from greenscreen.segment import open_segmenter, tflite

MODEL = b"\x1c\0\0\0TFL3 and what follows"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """A server in Google's place; what it answers, the last first, and nothing else than 404 after that."""
    answers: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = answers.pop() if answers else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setattr(tflite, "URL", f"http://127.0.0.1:{server.server_port}/model.tflite")
        monkeypatch.setattr(tflite, "SHA256", hashlib.sha256(MODEL).hexdigest())
        monkeypatch.setattr(tflite, "SIZE", len(MODEL))
        yield answers
        server.shutdown()
        thread.join()


def test_a_model_is_fetched_once_and_kept(served: list[bytes]) -> None:
    with pytest.raises(EngineError, match="has no model yet") as caught:
        tflite.fetched_model()
    assert "greenscreen engine fetch mediapipe" in caught.value.hint
    served.append(MODEL)
    path = tflite.fetch_model()
    assert tflite.fetched_model() == path
    assert path.read_bytes() == MODEL
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("answer", [b"<html>Log in to this network</html>", MODEL[:-1], MODEL * 1000])
def test_what_is_not_the_model_is_not_kept(served: list[bytes], answer: bytes) -> None:
    """Nor does it replace the one that is there."""
    served[:] = [answer, MODEL]
    path = tflite.fetch_model()
    with pytest.raises(EngineError, match="not MediaPipe's model") as caught:
        tflite.fetch_model()
    assert "--model" in caught.value.hint
    assert path.read_bytes() == MODEL


def test_a_network_that_is_not_there_is_one_sentence(served: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EngineError, match="cannot be downloaded: Not Found"):
        tflite.fetch_model()
    monkeypatch.setattr(tflite, "URL", "http://127.0.0.1:9/model.tflite")
    with pytest.raises(EngineError, match=r"cannot be downloaded: .*refused"):
        tflite.fetch_model()


def test_a_kept_model_that_was_changed_is_not_run(served: list[bytes]) -> None:
    served.append(MODEL)
    tflite.fetch_model().write_bytes(MODEL + b"!")
    with pytest.raises(ModelError, match="is damaged"):
        tflite.fetched_model()


def test_a_file_promises_a_matte_and_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "mine.tflite"
    path.write_bytes(MODEL)
    contract = tflite.read_promise(path)
    assert (contract.name, contract.previous) == ("mine", None)
    assert contract.input_size(1280, 720) == (320, 192)


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "does not exist"), (b"", "is not a model"), (b"\0" * 99, "is not a model")]
)
def test_a_file_that_is_none_of_tensorflow_lites_is_refused(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "mine.tflite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=reason):
        tflite.read_promise(path)


def test_only_mediapipe_runs_such_files() -> None:
    with pytest.raises(UsageError, match=r"openvino does not run \.tflite files"):
        open_segmenter("openvino", Path("mine.tflite"))


@pytest.mark.parametrize(
    ("labels", "masks", "found"),
    [
        ([], 1, (0, False)),
        (["selfie"], 1, (0, False)),
        (["background", "cat", "person"], 3, (2, False)),
        (["background", "hair", "body-skin", "face-skin", "clothes", "others"], 6, (0, True)),
    ],
)
def test_the_person_is_found_among_the_masks(labels: list[str], masks: int, found: tuple[int, bool]) -> None:
    assert tflite.person_among(labels, masks) == found


def test_a_model_without_persons_is_refused() -> None:
    """Its matte would be of something else, and the room would show."""
    with pytest.raises(ModelError, match="neither persons nor the background"):
        tflite.person_among(["cat", "dog"], 2)
