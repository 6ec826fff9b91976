"""A network camera on this machine: motion JPEG over HTTP, as phones and doorbells serve it."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import cv2
import numpy as np


class Broadcast(ThreadingHTTPServer):
    """`/60` gives sixty pictures and ends; after those of `/60/silent` the connection stays, and nothing comes.

    With it end all its threads: tests count those of the process.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Pictures)
        self.ended = threading.Event()
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.silences = 0
        """How often it fell silent."""

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.shutdown()
        self.server_close()


class Pictures(BaseHTTPRequestHandler):
    server: Broadcast

    def do_GET(self) -> None:
        count, _, then = self.path.strip("/").partition("/")
        picture = cv2.imencode(".jpg", np.full((48, 64, 3), 120, np.uint8))[1].tobytes()
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for _ in range(int(count)):
            if self.server.ended.is_set():
                return
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            try:
                self.wfile.write(head.encode() + picture + b"\r\n")
            except OSError:
                return
            time.sleep(0.005)
        if then == "silent":
            self.server.silences += 1
            self.server.ended.wait(60)

    def log_message(self, *_: object) -> None:
        pass
