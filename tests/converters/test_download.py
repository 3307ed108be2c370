"""Downloads from a server on this machine: the good one, and all the ways to go wrong."""

import hashlib
import http.server
import io
import logging
import threading
import zipfile

import pytest

from converters import download
from converters.download import RemoteFile, obtain
from converters.errors import ConversionError

CONTENT = bytes(range(256)) * 5000
MD5 = hashlib.md5(CONTENT).hexdigest()
MEMBER = "model.pth"


def archive(*entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in entries:
            opened.writestr(name, content)
    return buffer.getvalue()


GOOD = archive((MEMBER, CONTENT))


@pytest.fixture
def server():
    """Serves `files` (path to body) on the loopback.

    A body of (body, length) promises that many bytes, without a length none; a string is where it redirects to.
    """
    files, requests = {}, []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            if self.path not in files:
                self.send_error(404)
                return
            body = files[self.path]
            if isinstance(body, str):  # an address
                self.send_response(302)
                self.send_header("Location", body)
                self.end_headers()
                return
            body, length = body if isinstance(body, tuple) else (body, len(body))
            self.send_response(200)
            if length is not None:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    instance = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=instance.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{instance.server_address[1]}", files, requests
    instance.shutdown()
    instance.server_close()
    thread.join()


def remote(base, name="/model.zip", md5=MD5):
    return RemoteFile(base + name, MEMBER, md5)


def test_downloads_once(server, tmp_path):
    base, files, requests = server
    files["/model.zip"] = GOOD
    for _ in range(2):
        path = obtain(remote(base), tmp_path / "cache")
        assert path.read_bytes() == CONTENT
    assert requests == ["/model.zip"]
    assert [p.name for p in path.parent.iterdir()] == [MEMBER]


def test_a_damaged_file_in_the_cache_is_replaced(server, tmp_path):
    base, files, _ = server
    files["/model.zip"] = GOOD
    (tmp_path / MEMBER).write_bytes(CONTENT[:-1])
    assert obtain(remote(base), tmp_path).read_bytes() == CONTENT


def test_other_folders_are_looked_into_and_not_written_to(server, tmp_path):
    base, files, requests = server
    files["/model.zip"] = GOOD
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / MEMBER).write_bytes(b"old")
    assert obtain(remote(base), tmp_path / "cache", also=(theirs,)).parent == tmp_path / "cache"
    assert (theirs / MEMBER).read_bytes() == b"old"
    (tmp_path / "cache" / MEMBER).unlink()
    (theirs / MEMBER).write_bytes(CONTENT)
    assert obtain(remote(base), tmp_path / "cache", also=(theirs,)).parent == theirs
    assert len(requests) == 1


CORRUPT = bytearray(GOOD)
CORRUPT[len(GOOD) // 2] ^= 0xFF


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (archive((MEMBER, CONTENT[::-1])), "expected md5"),
        (archive(("other.pth", CONTENT)), "no such file"),
        (archive((f"../{MEMBER}", CONTENT), (f"/tmp/{MEMBER}", CONTENT)), "no such file"),
        (b"<html>not found</html>", "zip archive"),
        (GOOD[: len(GOOD) // 2], "zip archive"),
        (bytes(CORRUPT), "zip archive"),
        ((GOOD[:100], len(GOOD)), "expected [0-9]+ bytes|cannot get"),
    ],
)
def test_a_bad_transfer_leaves_nothing(server, tmp_path, body, message):
    base, files, _ = server
    files["/model.zip"] = body
    with pytest.raises(ConversionError, match=message) as caught:
        obtain(remote(base), tmp_path / "cache")
    assert caught.value.exit_code == 7
    assert list((tmp_path / "cache").iterdir()) == []
    assert [p.name for p in tmp_path.iterdir()] == ["cache"]


def test_only_the_expected_member_is_unpacked(server, tmp_path):
    base, files, _ = server
    files["/model.zip"] = archive(("../evil.txt", b"evil"), (MEMBER, CONTENT), ("more.txt", b"more"))
    obtain(remote(base), tmp_path / "cache")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["cache", MEMBER]


def test_a_member_too_large_is_not_unpacked(server, tmp_path, monkeypatch):
    base, files, _ = server
    files["/model.zip"] = GOOD
    monkeypatch.setattr(download, "MAX_MEMBER_BYTES", len(CONTENT) - 1)
    with pytest.raises(ConversionError, match="at most"):
        obtain(remote(base), tmp_path)


def test_no_server_no_file_and_no_web_address(server, tmp_path):
    base, _, _ = server
    with pytest.raises(ConversionError, match="--weights"):
        obtain(remote(base), tmp_path)
    with pytest.raises(ConversionError, match="cannot get"):
        obtain(RemoteFile("http://127.0.0.1:9/model.zip", MEMBER, MD5), tmp_path)
    local = tmp_path / "model.zip"
    local.write_bytes(GOOD)
    with pytest.raises(ConversionError, match="expected an https address"):
        obtain(RemoteFile(local.as_uri(), MEMBER, MD5), tmp_path)


def test_a_folder_of_weights_is_never_left_for_the_network(server, tmp_path, caplog):
    base, files, requests = server
    files["/model.zip"] = GOOD
    with pytest.raises(ConversionError, match=MEMBER):
        obtain(remote(base), tmp_path / "cache", weights=tmp_path)
    (tmp_path / MEMBER).write_bytes(CONTENT)
    assert obtain(remote(base), tmp_path / "cache", weights=tmp_path) == tmp_path / MEMBER
    assert not caplog.records
    (tmp_path / MEMBER).write_bytes(b"trained at home")
    with caplog.at_level(logging.WARNING):
        assert obtain(remote(base), tmp_path / "cache", weights=tmp_path) == tmp_path / MEMBER
    assert "your own weights" in caplog.text
    assert requests == []


@pytest.mark.parametrize("address", ["http://example.org/a.zip", "ftp://127.0.0.1/a.zip", "file:///etc/passwd"])
def test_addresses_and_redirections_are_https_or_of_this_machine(server, tmp_path, address):
    url, files, requests = server
    with pytest.raises(ConversionError, match="expected an https address"):
        download.download(RemoteFile(address, MEMBER, MD5), tmp_path / MEMBER)
    files["/a.zip"] = address
    with pytest.raises(ConversionError, match="expected an https address|cannot get"):
        download.download(RemoteFile(f"{url}/a.zip", MEMBER, MD5), tmp_path / MEMBER)
    assert list(tmp_path.iterdir()) == []
    files["/a.zip"], files["/b.zip"] = "/b.zip", GOOD
    download.download(RemoteFile(f"{url}/a.zip", MEMBER, MD5), tmp_path / MEMBER)
    assert (tmp_path / MEMBER).read_bytes() == CONTENT and requests[-2:] == ["/a.zip", "/b.zip"]


@pytest.mark.parametrize("length", [len(GOOD), None])
def test_archives_have_a_largest_size(server, tmp_path, monkeypatch, length):
    url, files, _ = server
    files["/a.zip"] = GOOD, length
    monkeypatch.setattr(download, "MAX_ARCHIVE_BYTES", len(GOOD) - 1)
    with pytest.raises(ConversionError, match="expected at most"):
        download.download(RemoteFile(f"{url}/a.zip", MEMBER, MD5), tmp_path / MEMBER)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(download, "MAX_ARCHIVE_BYTES", len(GOOD))
    download.download(RemoteFile(f"{url}/a.zip", MEMBER, MD5), tmp_path / MEMBER)
