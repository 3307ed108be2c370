"""Results of stages: reused for an equal key, made again for another, and never left half-written."""

import errno
import functools
import json

import pytest

from converters import cache


def write(text):
    return lambda path: path.write_text(text, encoding="utf-8")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_an_equal_key_reuses_and_another_rebuilds(tmp_path):
    target = tmp_path / "made" / "a.txt"
    assert cache.build(target, {"size": [1, 2], "b": 1}, write("one"))
    assert not cache.build(target, {"b": 1, "size": [1, 2]}, write("two"))
    assert target.read_text() == "one"
    assert cache.build(target, {"b": 1, "size": [2, 1]}, write("two"))
    assert target.read_text() == "two"
    assert names(target.parent) == ["a.txt", "a.txt.stamp.json"]


@pytest.mark.parametrize("lost", ["a.txt", "a.txt.stamp.json"])
def test_a_lost_result_or_stamp_rebuilds(tmp_path, lost):
    target = tmp_path / "a.txt"
    cache.build(target, {}, write("one"))
    (tmp_path / lost).unlink()
    assert cache.build(target, {}, write("two")) and target.read_text() == "two"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device"), ValueError()])
@pytest.mark.parametrize("folder", [False, True])
def test_an_interrupted_build_leaves_nothing_and_is_repeated(tmp_path, error, folder):
    def broken(path):
        if folder:
            path.mkdir()
        (path / "part" if folder else path).write_text("half")
        raise error

    target = tmp_path / "a"
    with pytest.raises(type(error)):
        cache.build(target, {}, broken)
    assert names(tmp_path) == []
    assert cache.build(target, {}, write("whole")) and target.read_text() == "whole"


def test_an_interrupted_rebuild_is_not_taken_for_the_new_result(tmp_path):
    def interrupted(path):
        raise KeyboardInterrupt

    target = tmp_path / "a"
    cache.build(target, {"v": 1}, write("one"))
    with pytest.raises(KeyboardInterrupt):
        cache.build(target, {"v": 2}, interrupted)
    assert cache.build(target, {"v": 2}, write("two")) and target.read_text() == "two"


def test_what_a_killed_run_left_is_replaced(tmp_path):
    target = tmp_path / "a"
    (tmp_path / "new.a").mkdir()
    (tmp_path / "new.a" / "half").write_text("half")
    cache.build(target, {}, lambda path: (path.mkdir(), (path / "b").write_text("b")))
    assert names(tmp_path) == ["a", "a.stamp.json"] and names(target) == ["b"]
    cache.build(target, {"v": 2}, write("a file in place of a folder"))
    assert target.is_file()


def test_a_make_without_result_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        cache.build(tmp_path / "a", {}, lambda path: None)
    assert names(tmp_path) == []


def test_digests_see_content_and_names(tmp_path):
    def folder(name, files):
        for file, text in files.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return cache.digest_file(tmp_path / name)

    first = folder("1", {"a": "x", "sub/b": "y"})
    assert folder("2", {"sub/b": "y", "a": "x"}) == first
    assert len({first, folder("3", {"a": "x", "b": "y"}), folder("4", {"a": "y", "sub/b": "x"})}) == 3
    # Known answer of SHA-256 for "abc" (FIPS 180-4).
    (tmp_path / "abc").write_text("abc")
    assert cache.digest_file(tmp_path / "abc").startswith("ba7816bf8f01cfea414140de5dae2223")


def test_the_code_of_a_stage_is_what_its_function_names_and_all_that_this_imports():
    from converters import charsets, onnx_export

    found = {"converters.charsets", "converters.errors"}
    assert cache.modules_of(lambda path: charsets.keep(path, "latin")) == found
    assert cache.modules_of(functools.partial(charsets.keep, blank=1)) == found
    keep = charsets.keep
    assert cache.modules_of(lambda path: keep(path, "full")) == found
    assert cache.modules_of(lambda path: onnx_export.export(path)) == {"converters.onnx_export", "converters.errors"}
    assert cache.modules_of(json.dumps) == cache.modules_of([].append) == cache.modules_of(lambda path: path) == set()


@pytest.mark.parametrize("change", ["source", "parameter", "code"])
def test_a_stage_is_made_again_for_another_source_parameter_or_code(tmp_path, monkeypatch, change):
    from converters import refit

    source, told = tmp_path / "source", []
    source.write_text("1")

    def step(size=1):
        chain = cache.Chain("net", told.append)
        chain.step("fit", tmp_path / "made", lambda path: refit and path.write_text("x"), source, size=size)
        return chain.fresh

    assert step() and not step()
    if change == "source":
        source.write_text("2")
    if change == "code":
        monkeypatch.setattr(cache, "_module", lambda name: (b"other", ()))
    assert step(2 if change == "parameter" else 1)
    assert told == ["net: fit made", "net: fit reused", "net: fit made"]
