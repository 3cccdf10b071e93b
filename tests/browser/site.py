"""A web server for the pages of a customer's app, on its own origin."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
MODULES = PROJECT / "node_modules"

FILES = {
    "/uploader": Path(__file__).parent / "pages" / "uploader.html",
    "/uploader.js": Path(__file__).parent / "pages" / "uploader.js",
    "/player": Path(__file__).parent / "pages" / "player.html",
    "/ali-oss.js": MODULES / "ali-oss/dist/aliyun-oss-sdk.min.js",
    "/aliyun-upload.js": MODULES / "aliyun-upload-vod/dist/aliyun-upload-vod.min.js",
    "/aliplayer.js": MODULES / "aliyun-aliplayer/build/aliplayer-min.js",
}


class Site:
    """`url` serves files. `POST /hook` calls `hook`, which a test can set."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.hook: Callable[[], None] = lambda: None


@contextmanager
def serve(files: Mapping[str, Path] = FILES) -> Iterator[Site]:
    """Serve files by path, on a free loopback port, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = files.get(self.path.partition("?")[0])
            if path is None:
                self.send_error(404)
                return
            kind = "text/html" if path.suffix == ".html" else "text/javascript"
            self._answer(f"{kind}; charset=utf-8", path.read_bytes())

        def do_POST(self) -> None:
            site.hook()
            self._answer("text/plain", b"")

        def _answer(self, content_type: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site = Site(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
