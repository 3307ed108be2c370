"""The recogniser gives each crop its own result, whatever it is grouped with; the LSTM loop is an LSTM."""

import dataclasses
import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tflite_ocr import image, manifest
from tflite_ocr.errors import ArtifactError, ModelContractError
from tflite_ocr.recognition import candidates, ctc, known_forms, wider
from tflite_ocr.recognition import recognizer as module
from tflite_ocr.recognition.language_model import SYMBOLS, folded, pack
from tflite_ocr.recognition.recognizer import Decoding, LineRecognizer
from tflite_ocr.recognition.recurrent import unroll
from tflite_ocr.recognition.rescoring import Rescorer
from tflite_ocr.selection import select

RNG = np.random.default_rng(31)
# Heights and widths of crops: narrow ones, one a bucket, wider than all buckets, and one beyond 3200 pixels.
SIZES = ((16, 3), (20, 50), (16, 64), (33, 150), (16, 95), (16, 300), (10, 60), (16, 3300), (16, 70), (1, 1))


@pytest.fixture(scope="module")
def crops():
    return [RNG.integers(0, 256, (height, width, 3), np.uint8) for height, width in SIZES]


def make(folder, precision, workers=2, **changes):
    """A recogniser of a model with other facts; "retry_x" is x of its Retry."""
    retry = {name.removeprefix("retry_"): changes.pop(name) for name in list(changes) if name.startswith("retry_")}
    facts = dataclasses.replace(manifest.load(folder).recognizers[0], retry=manifest.Retry(**retry), **changes)
    return LineRecognizer(select(folder, precision, "tflite"), facts, ThreadPoolExecutor(workers))


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_result_does_not_depend_on_other_crops_or_their_order(tiny_model, crops, precision):
    recognizer = make(tiny_model, precision)
    alone = [recognizer.recognize([crop])[0] for crop in crops]
    assert len({result.text for result in alone}) >= 6
    assert recognizer.recognize(crops) == alone
    assert recognizer.recognize(crops[::-1]) == alone[::-1]
    order = RNG.permutation(len(crops) * 3) % len(crops)
    assert make(tiny_model, precision, workers=1).recognize([crops[i] for i in order]) == [alone[i] for i in order]


def test_no_crops_give_no_results(tiny_model):
    assert make(tiny_model, "int8").recognize([]) == []


def test_logits_are_those_of_the_crop_on_its_bucket(tiny_model, crops, monkeypatch):
    recognizer = make(tiny_model, "float32")
    seen = []
    forward = recognizer._forward
    monkeypatch.setattr(recognizer, "_forward", lambda c: seen.append((c[0].shape[1], len(c))) or forward(c))
    recognizer.recognize(crops)
    resized = [image.resize_crop(crop, 16).shape[1] for crop in crops]
    wanted = []
    for width in resized:
        if width <= 96:
            wanted.append(next(bucket for bucket in (32, 64, 96) if bucket >= width))
        elif width <= 3200:
            wanted.append(-(-width // 128) * 128)
        else:
            wanted += [3200] * 2
    assert sorted(width for width, count in seen for _ in range(count)) == sorted(wanted)


def test_a_fixed_file_reads_long_lines_in_windows(tiny_model):
    facts = manifest.load(tiny_model).recognizers[0]
    fixed = tuple(dataclasses.replace(file, resizable=False) for file in facts.files)
    recognizer = make(tiny_model, "float32", files=fixed)
    crop = RNG.integers(0, 256, (16, 256, 3), np.uint8)  # as wide as its canvas, so that no padding is read
    windows = make(tiny_model, "float32").recognize([crop])[0].text
    joined = recognizer.recognize([crop])[0].text
    assert len(windows) > 20
    # Only the frames at a seam may differ: they see the crop's edge instead of its neighbours.
    assert joined[:10] == windows[:10] and joined[-10:] == windows[-10:]
    assert abs(len(joined) - len(windows)) <= 6


def test_large_crops_are_shrunk_as_the_manifest_says(tiny_model):
    large = RNG.integers(0, 256, (48, 288, 3), np.uint8)
    means = np.round(large.reshape(16, 3, 96, 3, 3).mean((1, 3))).astype(np.uint8)
    middle = np.ascontiguousarray(large[1::3, 1::3])  # what is left of it bilinearly
    found = {}
    for shrink in ("linear", "area"):
        spec = dataclasses.replace(manifest.load(tiny_model).recognizers[0].input, shrink=shrink)
        recognizer = make(tiny_model, "float32", input=spec)
        found[shrink], *others = recognizer.recognize([large, middle, means])
        assert found[shrink] == others[shrink == "area"]
    assert found["linear"] != found["area"]


def test_a_doubtful_crop_is_read_again_on_a_wider_canvas(tiny_model, crops):
    once, twice = make(tiny_model, "float32"), make(tiny_model, "float32", retry_confidence=1.1, retry_width=96)
    never = make(tiny_model, "float32", retry_confidence=0.0, retry_width=96)
    assert never.recognize(crops) == once.recognize(crops)
    wider = make(tiny_model, "float32", widths=(96,))
    results = zip(once.recognize(crops), wider.recognize(crops), twice.recognize(crops), strict=True)
    for first, second, found in results:
        assert found == (second if second.confidence > first.confidence else first)


def test_a_crop_that_is_read_hopelessly_is_not_read_again(tiny_model, crops):
    changes = {"retry_confidence": 1.1, "retry_width": 80, "retry_stretch": 1.5}
    once, twice = make(tiny_model, "float32").recognize(crops), make(tiny_model, "float32", **changes).recognize(crops)
    better = [i for i, (first, second) in enumerate(zip(once, twice, strict=True)) if first != second]
    limit = max(once[i].confidence for i in better)
    found = make(tiny_model, "float32", retry_hopeless=limit, **changes).recognize(crops)
    assert len(better) >= 2
    for i, (first, second, read) in enumerate(zip(once, twice, found, strict=True)):
        assert read == (second if first.confidence >= limit else first), i


@pytest.mark.parametrize("fact", ["retry_characters", "retry_lowest"])
def test_short_texts_and_low_crops_are_not_read_again(tiny_model, crops, fact):
    changes = {"retry_confidence": 1.1, "retry_width": 80, "retry_stretch": 1.5}
    once, twice = make(tiny_model, "float32").recognize(crops), make(tiny_model, "float32", **changes).recognize(crops)
    sizes = [len(r.text) if fact == "retry_characters" else len(crop) for r, crop in zip(once, crops, strict=True)]
    better = [i for i, (first, second) in enumerate(zip(once, twice, strict=True)) if first != second]
    limit = max(sizes[i] for i in better)
    found = make(tiny_model, "float32", **changes, **{fact: limit}).recognize(crops)
    assert min(sizes[i] for i in better) < limit
    for i, (first, second, read) in enumerate(zip(once, twice, found, strict=True)):
        assert read == (second if sizes[i] >= limit else first), i


def test_a_doubtful_crop_is_read_again_stretched(tiny_model, crops):
    once = make(tiny_model, "float32").recognize(crops)
    stretched = make(tiny_model, "float32", stretch=1.5).recognize(crops)
    found = make(tiny_model, "float32", retry_confidence=1.1, retry_width=80, retry_stretch=1.5).recognize(crops)
    narrow = [image.resized_width(crop, 16) < 80 for crop in crops]
    assert any(narrow) and not all(narrow)
    for first, second, read, again in zip(once, stretched, found, narrow, strict=True):
        assert read == (second if again and second.confidence > first.confidence else first)
    assert any(read != first for first, read in zip(once, found, strict=True))


def test_a_doubtful_crop_is_read_again_taller(tiny_model, crops):
    changes = {"retry_confidence": 1.1, "retry_width": 80, "retry_stretch": 1.5}
    once, stretched = make(tiny_model, "float32").recognize(crops), make(tiny_model, "float32", **changes)
    taller = make(tiny_model, "float32", height=24).recognize(crops)
    found = make(tiny_model, "float32", **changes, retry_height=24).recognize(crops)
    for first, second, read, crop in zip(once, taller, found, crops, strict=True):
        again = image.resized_width(crop, 16) < 80 and second.confidence > first.confidence
        assert read == (second if again else first)
    assert found not in (once, stretched.recognize(crops))


def test_wide_lines_with_unknown_characters_are_not_read_again(tiny_model, crops, monkeypatch):
    changes = {"retry_confidence": 1.1, "retry_width": 80, "retry_stretch": 1.5}
    known = make(tiny_model, "float32").recognize(crops)
    better = [
        one.text for one, two in zip(known, make(tiny_model, "float32", **changes).recognize(crops)) if one != two
    ]
    charset = manifest.load(tiny_model).recognizers[0].charset
    charset = tuple(ctc.UNKNOWN if character and character in better[0] else character for character in charset)
    once = make(tiny_model, "float32", charset=charset).recognize(crops)
    found = {}
    for width in (0, 1000):
        monkeypatch.setattr(module, "_WORD", width)
        found[width] = make(tiny_model, "float32", charset=charset, **changes).recognize(crops)
    strange = [i for i, one in enumerate(once) if ctc.UNKNOWN in one.text]
    assert [found[0][i] for i in strange] == [once[i] for i in strange] != [found[1000][i] for i in strange]


def test_a_line_that_may_gain_by_it_is_read_again_wider(tiny_model, crops, monkeypatch):
    monkeypatch.setattr(wider, "may_gain", lambda result: len(result.text) > 1)
    monkeypatch.setattr(wider, "counts", lambda again, result: again.confidence >= result.confidence)
    once = make(tiny_model, "float32").recognize(crops)
    stretched = make(tiny_model, "float32", stretch=1.5).recognize(crops)
    found = make(tiny_model, "float32", retry_wider=1.5).recognize(crops)
    for first, second, read in zip(once, stretched, found, strict=True):
        assert read == (second if len(first.text) > 1 and second.confidence >= first.confidence else first)
    assert any(read != first for first, read in zip(once, found, strict=True))


def test_a_file_of_fixed_size_is_never_run_taller(tiny_model):
    files = tuple(dataclasses.replace(f, resizable=False) for f in manifest.load(tiny_model).recognizers[0].files)
    crop = RNG.integers(0, 256, (16, 30, 3), np.uint8)
    changes = {"files": files, "retry_confidence": 1.1, "retry_width": 64}
    found = [make(tiny_model, "float32", **changes, retry_height=height).recognize([crop]) for height in (0, 24)]
    assert found[0] == found[1]


def test_ignored_characters_never_appear(tiny_model, crops):
    recognizer = make(tiny_model, "float32")
    read = "".join(result.text for result in recognizer.recognize(crops))
    common = max(set(read), key=read.count)
    for decoder in ("greedy", "beamsearch"):
        found = recognizer.recognize(crops, Decoding(decoder, 3, frozenset(common)))
        text = "".join(result.text for result in found)
        assert text and common not in text


def test_unknown_signs_are_read_as_such_and_ignored_together(tiny_model, crops):
    known = make(tiny_model, "float32")
    charset = manifest.load(tiny_model).recognizers[0].charset
    read = "".join(result.text for result in known.recognize(crops))
    rejects = frozenset(sorted(set(read), key=read.count)[-3:])
    masked = make(tiny_model, "float32", charset=tuple("\ufffd" if c in rejects else c for c in charset))
    table = str.maketrans(dict.fromkeys(rejects, "\ufffd"))
    found = masked.recognize(crops)
    assert [r.text for r in found] == [r.text.translate(table) for r in known.recognize(crops)]
    assert [r.confidence for r in found] == [r.confidence for r in known.recognize(crops)]
    without = Decoding(ignored=frozenset("\ufffd"))
    assert masked.recognize(crops, without) == known.recognize(crops, Decoding(ignored=rejects))


def test_a_tampered_file_is_refused_when_it_is_first_read(tiny_model, crops, tmp_path):
    for file in manifest.load(tiny_model).recognizers[0].files:
        (tmp_path / file.path).write_bytes((tiny_model / file.path).read_bytes()[:-1] + b"?")
    (tmp_path / "manifest.json").write_bytes((tiny_model / "manifest.json").read_bytes())
    recognizer = make(tmp_path, "int8")
    with pytest.raises(ArtifactError, match="truncated or altered"):
        recognizer.recognize(crops)


def test_stages_that_do_not_fit_are_refused(tiny_model, crops):
    facts = manifest.load(tiny_model).recognizers[0]
    swapped = tuple(dataclasses.replace(file, stage=1 - file.stage) for file in facts.files)
    with pytest.raises(ModelContractError):
        make(tiny_model, "float32", files=swapped).recognize(crops)


@pytest.fixture
def worded(tiny_model, tmp_path, monkeypatch):
    """Makes recognisers of the tiny model with a language model of single letters: all equally likely but one."""
    monkeypatch.setattr(candidates, "_MOST", 1000)  # what the tiny model reads is all noise
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)

    def make_worded(liked="", precision="float32", changes=None, **facts):
        values = np.full(len(SYMBOLS), -4.0)
        if liked:
            values[sorted(SYMBOLS).index(folded(liked)[0])] = -0.5
        data = pack(np.array(sorted(SYMBOLS), np.uint64), values, np.zeros(len(SYMBOLS)))
        (folder / "words.npz").write_bytes(data)
        language_model = {"weight": 1.0, "bonus": 0.0, "margin": 3.0, "width": 8} | facts
        digest = hashlib.sha256(data).hexdigest()
        return make(
            folder,
            precision,
            **(changes or {}),
            language_model=manifest.LanguageModelFacts("words.npz", digest, len(data), **language_model),
        )

    return make_worded


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_language_model_decides_what_the_network_leaves_open(tiny_model, worded, crops, precision):
    plain = make(tiny_model, precision).recognize(crops)
    read = "".join(result.text for result in plain)
    liked = sorted(set(read), key=read.count)[-2]
    found = worded(liked, precision).recognize(crops)
    assert [result.confidence for result in found] == [result.confidence for result in plain]
    counts = [sum(result.text.count(liked) for result in results) for results in (plain, found)]
    assert counts[1] > counts[0]
    unsure = worded(liked, precision, hopeless=1.1).recognize(crops)
    assert unsure == plain
    alone = [worded(liked, precision).recognize([crop])[0] for crop in crops]
    assert alone == found == worded(liked, precision).recognize(crops[::-1])[::-1]


def test_a_stray_unknown_sign_is_read_as_a_known_one(tiny_model, worded, crops):
    charset = manifest.load(tiny_model).recognizers[0].charset
    read = "".join(result.text for result in make(tiny_model, "float32").recognize(crops))
    rejects = sorted(set(read), key=read.count)[-1:]
    masked = tuple("\ufffd" if c in rejects else c for c in charset)
    plain = make(tiny_model, "float32", charset=masked).recognize(crops)
    found = worded(changes={"charset": masked}, hopeless=1.1).recognize(crops)
    strays = [0 < result.text.count("\ufffd") <= len(result.text) / 3 for result in plain]
    assert any(strays) and not all(strays)
    for stray, before, after in zip(strays, plain, found, strict=True):
        assert "\ufffd" not in after.text if stray else after == before


def test_unknown_signs_that_make_a_roman_numeral_are_read_as_such(tiny_model, worded, crops, monkeypatch):
    charset = manifest.load(tiny_model).recognizers[0].charset
    read = "".join(result.text for result in make(tiny_model, "float32").recognize(crops))
    rejects = sorted(set(read), key=read.count)[-3:]
    masked = tuple("\ufffd" if c in rejects else c for c in charset)
    recognizer = worded(changes={"charset": masked}, hopeless=1.1)
    assert any(result.text.count("\ufffd") > len(result.text) / 3 for result in recognizer.recognize(crops))
    monkeypatch.setattr(known_forms, "are_roman", lambda unknown, known: "\ufffd" in unknown and known != unknown)
    found = recognizer.recognize(crops)
    assert found and all(result.text and "\ufffd" not in result.text for result in found)


def test_without_a_weight_the_most_probable_texts_are_read(tiny_model, worded, crops):
    narrow = [crop for crop in crops if crop.shape[1] < 100]
    found = worded(weight=0.0, margin=30.0, width=200).recognize(narrow)
    wanted = make(tiny_model, "float32").recognize(narrow, Decoding("beamsearch", 200))
    assert [result.text for result in found] == [result.text for result in wanted]
    assert found != make(tiny_model, "float32").recognize(narrow)


def test_the_width_of_a_beam_search_is_that_of_the_language_models(worded, crops, monkeypatch):
    widths = []
    words = Rescorer.words
    monkeypatch.setattr(Rescorer, "words", lambda *given: widths.append(given[-1]) or words(*given))
    worded("a").recognize(crops[:2])
    worded("a").recognize(crops[:2], Decoding("beamsearch", 3))
    assert widths == [None, None, 3, 3]


def test_what_hardly_leads_is_read_again(worded, crops):
    changes = {"retry_width": 80, "retry_stretch": 1.5}
    once = worded("a", changes=changes).recognize(crops)
    every = worded("a", changes=changes | {"retry_confidence": 1.1}).recognize(crops)
    lead = worded("a", changes=changes, retry_lead=1e9).recognize(crops)
    some = worded("a", changes=changes, retry_lead=0.5).recognize(crops)
    assert once != every
    # Without any doubt the lead is infinite, and nothing is read again for its sake.
    assert all(second in (first, other) for first, other, second in zip(once, every, lead, strict=True))
    assert sum(one != other for one, other in zip(once, lead, strict=True)) > sum(
        one != other for one, other in zip(once, some, strict=True)
    )


def test_ignored_characters_never_appear_with_a_language_model(worded, crops):
    recognizer = worded("c")
    assert "c" in "".join(result.text for result in recognizer.recognize(crops))
    for decoder in ("greedy", "beamsearch"):
        found = recognizer.recognize(crops, Decoding(decoder, 3, frozenset("c")))
        assert "c" not in "".join(result.text for result in found)


def test_files_of_several_widths_may_have_several_scales(tiny_model, crops, monkeypatch):
    recognizer = make(tiny_model, "float32", workers=1)
    forward = recognizer._forward

    def scaled(canvases):
        logits, _ = forward(canvases)
        return logits, {32: 1.0, 64: 0.5}.get(canvases[0].shape[1], 0.25)

    monkeypatch.setattr(recognizer, "_forward", scaled)
    alone = [recognizer.recognize([crop])[0] for crop in crops]
    assert recognizer.recognize(crops) == alone
    assert alone != make(tiny_model, "float32").recognize(crops)


def test_logits_that_take_too_much_are_decoded_in_between(tiny_model, crops, monkeypatch):
    wanted = make(tiny_model, "float32").recognize(crops)
    calls = []
    greedy = ctc.greedy
    monkeypatch.setattr(
        ctc, "greedy", lambda lines, *rest, **more: calls.append(len(lines)) or greedy(lines, *rest, **more)
    )
    monkeypatch.setattr(module, "_HELD_BYTES", 1)
    assert make(tiny_model, "float32").recognize(crops) == wanted
    assert max(calls) == 1


@pytest.mark.parametrize(
    ("workers", "count", "sizes"), [(1, 8, [8]), (2, 8, [4, 4]), (2, 1, [1]), (4, 6, [2, 2, 2]), (2, 40, [16, 16, 8])]
)
def test_crops_of_one_width_are_shared_by_all_threads(tiny_model, monkeypatch, workers, count, sizes):
    """Recurrent networks run crops of one width together, but no thread gets more than its share of them."""
    recognizer = make(tiny_model, "float32", workers)
    monkeypatch.setattr(recognizer, "_batch", module._RECURRENT_BATCH)
    seen, forward = [], recognizer._forward
    monkeypatch.setattr(recognizer, "_forward", lambda crops: seen.append(len(crops)) or forward(crops))
    crop = RNG.integers(0, 256, (16, 64, 3), np.uint8)
    found = recognizer.recognize([crop] * count)
    assert sorted(seen, reverse=True) == sizes
    assert found == make(tiny_model, "float32").recognize([crop]) * count


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_unroll_is_a_bidirectional_lstm():
    torch = pytest.importorskip("torch", reason="PyTorch's LSTM is the oracle ([convert] extra)")
    torch.manual_seed(0)
    hidden, inputs, count, columns = 5, 4, 3, 7
    lstm = torch.nn.LSTM(inputs, hidden, bidirectional=True, batch_first=True)
    weights = {name: value.detach().numpy() for name, value in lstm.named_parameters()}
    x = RNG.normal(size=(count, columns, inputs)).astype(np.float32)

    def project(suffix):
        bias = weights[f"bias_ih_l0{suffix}"] + weights[f"bias_hh_l0{suffix}"]
        return x @ weights[f"weight_ih_l0{suffix}"].T + bias

    def cell(gates, c):
        i, f, g, o = np.split(gates, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c

    def step(values):
        x_forward, x_backward, state = np.split(values[0, 0], [4 * hidden, 8 * hidden], axis=-1)
        h_forward, h_backward, c_forward, c_backward = np.split(state, 4, axis=-1)
        h_forward, c_forward = cell(x_forward + h_forward @ weights["weight_hh_l0"].T, c_forward)
        h_backward, c_backward = cell(x_backward + h_backward @ weights["weight_hh_l0_reverse"].T, c_backward)
        return np.concatenate([h_forward, h_backward, c_forward, c_backward], -1)[np.newaxis, np.newaxis]

    projected = np.concatenate([project(""), project("_reverse")], -1)[:, np.newaxis].astype(np.float32)
    with torch.no_grad():
        wanted = lstm(torch.from_numpy(x))[0].numpy()
    found = unroll(step, projected)
    np.testing.assert_allclose(found[:, 0], wanted, atol=1e-5)
    one_by_one = np.concatenate([unroll(step, projected[i : i + 1]) for i in range(count)])
    np.testing.assert_allclose(one_by_one, found, atol=1e-6)
    halves = np.split(projected, 2, axis=-1)
    assert np.abs(unroll(step, np.concatenate(halves[::-1], -1))[:, 0] - wanted).max() > 0.05  # directions exchanged
