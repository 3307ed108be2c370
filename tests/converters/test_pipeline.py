"""The chain as a whole: what is made once is kept, and what fails leaves nothing that could be taken for a model."""

import dataclasses
import errno
import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from converters import parity, pipeline, publish, tflite_export
from converters.errors import ParityError
from tflite_ocr import Reader, manifest


@pytest.fixture
def out(tiny_model, tmp_path):
    """A folder of models with a finished copy of the tiny model."""
    shutil.copytree(tiny_model, tmp_path / "out" / "tiny")
    return tmp_path / "out"


def published(folder):
    """Everything that a user sees in a model's folder, with its content."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def leftovers(folder):
    """Names of what must never stay behind."""
    names = [path.name for path in folder.rglob("*")]
    return [name for name in names if name.endswith(".partial") or name.startswith("new.")]


def made(lines):
    """What was made now, of the lines that the pipeline reported."""
    return {line.removeprefix("tiny/").removesuffix(" made") for line in lines if line.endswith(" made")}


def test_the_model_is_complete(tiny_model, spotted_image):
    model = manifest.load(tiny_model)
    assert (model.name, model.default_precision, model.precisions()) == ("tiny", "int8", ("float32", "int8"))
    assert set(published(tiny_model)) == {file.path for file in model.files()} | {"manifest.json"}
    for file in model.files():
        assert file.parity["cosine"] >= parity.LIMITS["int8"] and file.delegation.partitions == 1
        assert file.size_bytes == (tiny_model / file.path).stat().st_size
    assert model.detector.files[0].parity["mask_iou"] > 0.9
    # The head stays float32 in the int8 model: both precisions share one file.
    assert [file.path for file in model.recognizers[0].files if file.stage] == ["head_float32.tflite"] * 2
    assert {Reader(tiny_model, precision=p).read(spotted_image)[0].text for p in model.precisions()} != {""}
    assert leftovers(tiny_model) == []


def test_a_second_run_does_nothing(out, tiny_plan, tiny_settings):
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    lines = []
    assert pipeline.convert(tiny_plan(), out, tiny_settings(), lines.append) == (out / "tiny", False)
    assert made(lines) == set() and len(lines) > 10
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


@pytest.mark.parametrize("name", ["features_int8.tflite", "manifest.json"])
@pytest.mark.parametrize("damage", ["lost", "truncated"])
def test_a_lost_or_damaged_result_is_put_back(out, tiny_plan, tiny_settings, name, damage):
    path, before = out / "tiny" / name, published(out / "tiny")
    if damage == "lost":
        path.unlink()
    else:
        path.write_bytes(before[name][:100])
    lines = []
    assert pipeline.convert(tiny_plan(), out, tiny_settings(), lines.append)[1]
    assert published(out / "tiny") == before and made(lines) == set()


def test_fewer_precisions_take_their_files_away(out, tiny_plan, tiny_settings):
    lines = []
    folder, fresh = pipeline.convert(tiny_plan(), out, tiny_settings(["float32"]), lines.append)
    model = manifest.load(folder)
    assert fresh and made(lines) == set()
    assert (model.precisions(), model.default_precision) == (("float32",), "float32")
    assert set(published(folder)) == {file.path for file in model.files()} | {"manifest.json"}


def test_other_calibration_makes_only_int8_again(out, tiny_plan, tiny_settings):
    lines, before = [], published(out / "tiny")
    assert pipeline.convert(tiny_plan(), out, tiny_settings(seed=1), lines.append)[1]
    again = made(lines)
    assert {"detector: tflite int8", "features: tflite int8"} <= again
    measured = {line for line in again if "parity" in line or "gate" in line}
    assert not {line for line in again - measured if "float32" in line or line.startswith("head")}
    after = published(out / "tiny")
    changed = {name for name in before if before[name] != after[name]}
    assert {"manifest.json", "features_int8.tflite"} <= changed and not any("float32" in name for name in changed)


def test_other_weights_make_all_again(out, tiny_plan, tiny_settings):
    lines = []
    plan = tiny_plan()
    networks = [dataclasses.replace(n, fingerprint="new") if n.name == "head" else n for n in plan.networks]
    plan = dataclasses.replace(plan, networks=tuple(networks))
    pipeline.convert(plan, out, tiny_settings(), lines.append)
    assert "head: onnx" in made(lines) and all(line.startswith("head") for line in made(lines))


@pytest.mark.parametrize("name", ["detector", "features", "head"])
def test_a_network_unlike_its_original_leaves_no_model(tmp_path, tiny_model, tiny_plan, tiny_settings, name):
    shutil.copytree(tiny_model / ".build", tmp_path / "tiny" / ".build")
    plan = tiny_plan()
    original = parity.onnx_forward(tiny_model / ".build" / name / "source.onnx")

    def other(nchw):  # the same network on the mirrored image
        nhwc = np.ascontiguousarray(nchw.transpose(0, 2, 3, 1)[:, :, ::-1])
        return original(nhwc).transpose(0, 3, 1, 2)

    networks = [
        dataclasses.replace(n, reference=other, fingerprint="other") if n.name == name else n for n in plan.networks
    ]
    with pytest.raises(ParityError, match=f"{name} onnx cosine"):
        pipeline.convert(dataclasses.replace(plan, networks=tuple(networks)), tmp_path, tiny_settings())
    assert published(tmp_path / "tiny") == {} and leftovers(tmp_path) == []
    assert pipeline.convert(plan, tmp_path, tiny_settings())[1]


def test_a_limit_that_is_missed_leaves_no_model(out, tiny_plan, tiny_settings, monkeypatch):
    folder = out / "tiny"
    for path in [*published(folder), *folder.rglob("float32.parity.json")]:
        (folder / path).unlink()
    with monkeypatch.context() as patch:
        patch.setitem(parity.LIMITS, "float32", 1.1)
        with pytest.raises(ParityError, match="detector float32 cosine: expected 1.1"):
            pipeline.convert(tiny_plan(), out, tiny_settings())
        assert published(folder) == {}
    assert pipeline.convert(tiny_plan(), out, tiny_settings())[1]


def test_an_interrupted_run_is_taken_up_where_it_stopped(
    tmp_path, tiny_plan, tiny_settings, spotted_image, monkeypatch
):
    export, first, second = tflite_export.export, [], []

    def interrupted(source, target, precision, *more, **options):
        if "features" in str(target):
            target.write_bytes(b"half")
            raise KeyboardInterrupt
        return export(source, target, precision, *more, **options)

    with monkeypatch.context() as patch:
        patch.setattr(tflite_export, "export", interrupted)
        with pytest.raises(KeyboardInterrupt):
            pipeline.convert(tiny_plan(), tmp_path, tiny_settings(), first.append)
    folder = tmp_path / "tiny"
    assert published(folder) == {} and leftovers(folder) == []
    assert "detector: tflite int8" in made(first)
    assert pipeline.convert(tiny_plan(), tmp_path, tiny_settings(), second.append)[1]
    assert not made(first) & made(second) and "features: tflite float32" in made(second)
    assert Reader(folder).read(spotted_image)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("older", [True, False])
def test_a_full_disk_at_the_end_leaves_the_folder_as_it_was(
    out, tiny_plan, tiny_settings, spotted_image, monkeypatch, error, older
):
    folder, count = out / "tiny", []
    if older:  # the older model has one precision only
        pipeline.convert(tiny_plan(), out, tiny_settings(["float32"]))
    else:
        for name in published(folder):
            (folder / name).unlink()
    before = published(folder)

    def full(source, target, copy=shutil.copyfile):
        count.append(target)
        if len(count) < 3:
            return copy(source, target)
        target.write_bytes(b"half")
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(publish.shutil, "copyfile", full)
        with pytest.raises(type(error)):
            pipeline.convert(tiny_plan(), out, tiny_settings())
    assert len(count) == 3 and published(folder) == before
    assert pipeline.convert(tiny_plan(), out, tiny_settings())[1] and Reader(folder).read(spotted_image)


def test_default_settings_take_the_users_images(tmp_path):
    import cv2

    picture = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    settings = pipeline.default_settings(["int8"], tmp_path)
    assert len(settings.images) == 1 and np.array_equal(settings.images[0], picture)
    assert settings.digest() == pipeline.default_settings(["int8"], tmp_path).digest()
    cv2.imwrite(str(tmp_path / "a.png"), picture[::-1])
    assert settings.digest() != pipeline.default_settings(["int8"], tmp_path).digest()


def test_at_every_moment_of_a_publication_a_whole_model_is_there(tiny_model, tmp_path, monkeypatch):
    """The process is stopped at each step in turn; a reader then finds the old model or the new one, never neither."""
    from tflite_ocr import engines, interpreter

    class Killed(BaseException):
        pass

    folder, made, texts = tmp_path / "model", tmp_path / "made", {}
    for version in ("old", "new"):
        shutil.copytree(tiny_model, made / version, ignore=shutil.ignore_patterns(".*"))
        facts = manifest.load(made / version)
        for file in facts.files():
            path = made / version / file.path
            path.write_bytes(path.read_bytes() + version.encode())
        texts[version] = (made / version / "manifest.json").read_text()
        for file in facts.files():
            digest = hashlib.sha256((made / version / file.path).read_bytes()).hexdigest()
            texts[version] = texts[version].replace(file.sha256, digest)

    def publish_version(version):
        paths = sorted(path for path in (made / version).iterdir() if path.suffix in (".tflite", ".npz"))
        publish.publish(folder, (), texts[version], paths)

    steps = ("unlink", "replace", "mkdir", "write_text")
    originals = {name: getattr(Path, name) for name in steps}
    copies, links, trees = publish.shutil.copyfile, publish.os.link, publish.shutil.rmtree
    seen, stopped_at, finished = set(), 0, False
    while not finished:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        publish_version("old")
        left = [stopped_at]

        def counted(call):
            def step(*arguments, **options):
                if left[0] == 0:
                    raise Killed
                left[0] -= 1
                return call(*arguments, **options)

            return step

        with monkeypatch.context() as patch:
            for name in steps:
                patch.setattr(Path, name, counted(originals[name]))
            patch.setattr(publish.shutil, "copyfile", counted(copies))
            patch.setattr(publish.os, "link", counted(links))
            patch.setattr(publish.shutil, "rmtree", counted(trees))
            try:
                publish_version("new")
                finished = True
            except Killed:
                pass
        facts = manifest.load(folder)
        version = "new" if (folder / "manifest.json").read_text() == texts["new"] else "old"
        for file in facts.files():
            assert engines.read_verified(folder, file)[0].endswith(version.encode())
        seen.add(version)
        stopped_at += 1
    assert seen == {"old", "new"} and stopped_at > 10
    assert not (folder / interpreter.SPARE).exists() and not list(folder.glob("*.partial"))
