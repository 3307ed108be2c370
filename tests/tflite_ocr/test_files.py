"""The user's folder, and files that appear whole or not at all."""

import os

import pytest

from tflite_ocr import files


def test_the_users_folder_is_where_the_desktop_says(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    assert files.user_folder() == tmp_path / "c" / "tflite-ocr"
    for unset in ("", None):
        monkeypatch.setenv("XDG_CACHE_HOME", unset) if unset is not None else monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.setenv("HOME", str(tmp_path / "h"))
        assert files.user_folder() == tmp_path / "h" / ".cache" / "tflite-ocr"


def test_a_file_appears_whole_with_the_folders_above_it_or_not_at_all(tmp_path):
    target = tmp_path / "a" / "b.bin"
    with pytest.raises(FileNotFoundError), files.replacing(target):
        pass
    with files.replacing(target, parents=True) as file:
        file.write(b"first")
        assert not target.exists()
    with pytest.raises(RuntimeError), files.replacing(target, parents=True) as file:
        file.write(b"second")
        raise RuntimeError
    assert target.read_bytes() == b"first" and list(target.parent.iterdir()) == [target]


def test_a_file_that_only_calls_itself_regular_is_not_waited_for(tmp_path, monkeypatch):
    path = tmp_path / "waits.png"
    os.mkfifo(path)
    monkeypatch.setattr(files, "_require_regular", lambda path, mode: None)
    assert files.first_bytes(path, 100) == files.read_regular(path, 100) == b""


def test_the_first_bytes_are_at_most_those_of_the_file(tmp_path):
    path = tmp_path / "few.bin"
    path.write_bytes(b"abcdef")
    assert files.first_bytes(path, 4) == b"abcd" and files.first_bytes(path, 40) == b"abcdef"
    with pytest.raises(OSError):
        files.first_bytes(tmp_path, 4)
