"""A reservation over HTTP that has sold nothing, for who asks it what it has sold."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class NothingSold(BaseHTTPRequestHandler):
    """Answers every question after so many seconds."""

    answers_after_s = 0.0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.answers_after_s)
        body = json.dumps({"seats": [], "next": None}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 -- the name is its own
        """Say nothing."""


@contextmanager
def nothing_sold() -> Iterator[str]:
    """Its URL, until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), NothingSold)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
