"""The user's folder, and files that appear whole or not at all."""

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
