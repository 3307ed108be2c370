"""Pictures from addresses: a server of the test's own."""

import http.server
import tempfile
import threading
import time

import pytest

from tflite_ocr import fetch, image
from tflite_ocr.errors import ImageReadError


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.end_headers()
            return
        if self.path == "/absent":
            self.send_error(404)
            return
        self.send_response(200)
        self.end_headers()
        if self.path == "/slow":
            for _ in range(30):
                self.wfile.write(b"x" * 10)
                self.wfile.flush()
                time.sleep(0.1)
        self.wfile.write(b"picture" if self.path == "/picture" else b"x" * 5000)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.handle_error = lambda *_: None
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


@pytest.fixture(autouse=True)
def without_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


def test_a_picture_comes_also_by_a_redirection(server):
    assert fetch.fetch(f"{server}/picture") == b"picture"
    assert fetch.fetch(f"{server}/to/{server}/picture") == b"picture"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/absent", "Not Found"),
        ("/large", "at most 1000 bytes, found more"),
        ("/slow", "within 0.3 s|timed out"),
        ("/to/file:///etc/passwd", "file:///etc/passwd"),
        ("/to/ftp://127.0.0.1/x", "address of http or https"),
    ],
)
def test_what_is_refused(server, path, message):
    with pytest.raises(ImageReadError, match=message) as caught:
        fetch.fetch(server + path, max_bytes=1000, timeout_s=0.3 if path == "/slow" else 10)
    assert server in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://example.org/a.png", "a.png", "http://", "http://[x"])
def test_other_addresses_are_refused(address):
    with pytest.raises(ImageReadError):
        fetch.fetch(address)


def test_nobody_there():
    with pytest.raises(ImageReadError, match="check the address"):
        fetch.fetch("http://127.0.0.1:9/a.png", timeout_s=2)


def test_addresses_are_told_from_paths():
    assert fetch.is_address("https://example.org/a.png") and fetch.is_address("HTTP://x/y")
    assert not any(map(fetch.is_address, ("a.png", "http.png", "ftp://x", b"http://x", None)))


def test_what_was_given_is_named_where_it_cannot_be_read():
    with tempfile.SpooledTemporaryFile() as stream:
        stream.write(b"nonsense")
        stream.seek(0)
        with pytest.raises(ImageReadError, match="^<SpooledTemporaryFile>: "):
            image.read(stream)
    with pytest.raises(ImageReadError, match="found an address; readtext fetches it"):
        image.read("https://example.org/a.png")


def test_a_redirection_to_another_machine_of_a_private_network_is_refused(server, monkeypatch):
    port = server.rpartition(":")[2]
    for target in (f"http://localhost:{port}/picture", "http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/x"):
        with pytest.raises(ImageReadError, match="private network"):
            fetch.fetch(f"{server}/to/{target}")
    # From one page of a server to another one.
    assert fetch.fetch(f"{server}/to/{server}/to/{server}/picture") == b"picture"
    monkeypatch.setattr(fetch.socket, "getaddrinfo", lambda *_: [(0, 0, 0, "", ("93.184.215.14", 0))])
    assert not fetch._is_private("example.org")
