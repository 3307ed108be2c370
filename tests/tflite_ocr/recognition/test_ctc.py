"""CTC decoding against hand values, enumeration of all paths, EasyOCR's and RapidOCR's decoders."""

import itertools

import numpy as np
import pytest

from tflite_ocr.errors import ArtifactError, ModelContractError
from tflite_ocr.recognition import ctc

CHARSET = ("", "a", "b", "c")


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def one_hot(paths: list[list[int]], classes: int = len(CHARSET), height: float = 8.0) -> np.ndarray:
    """Logits [N, T, C] whose best paths are given."""
    return (np.eye(classes)[np.array(paths)] * height).astype(np.float32)


def charset_of(classes: int) -> list[str]:
    return ["", *(chr(0x4E00 + index) for index in range(1, classes))]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ([1, 1, 0, 1], "aa"),
        ([1, 1, 1, 1], "a"),
        ([0, 0, 0, 0], ""),
        ([0, 1, 2, 0], "ab"),
        ([3, 0, 0, 3], "cc"),
        ([2, 1, 2, 1], "baba"),
        ([0, 0, 0, 2], "b"),
    ],
)
def test_greedy_by_hand(path, text):
    ((found, likely),) = ctc.greedy(one_hot([path]), CHARSET)
    assert found == text
    assert likely.dtype == np.float32
    np.testing.assert_allclose(likely, np.full(len(text), 1 / (1 + 3 * np.exp(-8))), rtol=1e-6)


def test_greedy_gives_the_probability_of_the_first_frame():
    logits = np.log(np.array([[[0.1, 0.6, 0.2, 0.1], [0.05, 0.9, 0.03, 0.02], [0.7, 0.1, 0.1, 0.1]]]))
    ((text, likely),) = ctc.greedy(logits, CHARSET)
    assert text == "a"
    np.testing.assert_allclose(likely, [0.6], rtol=1e-6)
    ((text, frames),) = ctc.greedy(logits, CHARSET, every_frame=True)
    assert text == "a"
    np.testing.assert_allclose(frames, [0.6, 0.9], rtol=1e-6)


def test_unknown_classes_take_part_like_characters():
    """Two classes for unknown signs: each is merged with itself, not with the other, and counts in all sums."""
    charset = ("", "a", ctc.UNKNOWN, ctc.UNKNOWN)
    logits = one_hot([[2, 2, 3, 0, 3, 1, 1]])
    ((text, likely),) = ctc.greedy(logits, charset)
    assert text == "\ufffd\ufffd\ufffda"
    np.testing.assert_allclose(likely, np.full(4, 1 / (1 + 3 * np.exp(-8))), rtol=1e-6)
    ((text, likely),) = ctc.greedy(logits + np.float32([0, 1, 0, 0]), charset, ignore=[2, 3])
    assert text == "aa"  # the first three frames and the last three, divided by a blank
    np.testing.assert_allclose(likely, np.full(2, 1 / (1 + np.exp(-1))), rtol=1e-6)


def test_greedy_with_the_blank_last():
    assert ctc.greedy(one_hot([[3, 0, 0, 3, 0, 1]]), ("x", "y", "z", ""), blank=3)[0][0] == "xxy"


def test_lines_of_several_lengths():
    ((*line,),) = one_hot([[1, 2, 3, 1]])
    found = ctc.greedy([np.array(line[:length]).reshape(length, 4) for length in (2, 4, 0)], CHARSET)
    assert [text for text, _ in found] == ["ab", "abca", ""]
    assert [len(likely) for _, likely in found] == [2, 4, 0]


@pytest.mark.parametrize("shape", [(0, 5, 4), (2, 0, 4)])
def test_greedy_of_nothing(shape):
    found = ctc.greedy(np.zeros(shape, np.float32), CHARSET)
    assert [(text, len(likely)) for text, likely in found] == [("", 0)] * shape[0]


def test_greedy_equals_a_plain_loop():
    random = np.random.default_rng(0)
    logits = random.normal(size=(20, 30, 6)).astype(np.float32) * 3
    charset = charset_of(6)
    likely = softmax(logits.astype(np.float64))
    for (text, found), frames in zip(ctc.greedy(logits, charset), likely, strict=True):
        wanted, wanted_text, previous = [], "", 0
        for frame in frames:
            best = int(frame.argmax())
            if best not in (0, previous):
                wanted_text += charset[best]
                wanted.append(frame[best])
            previous = best
        assert text == wanted_text
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_quantized_equals_dequantized(dtype):
    random = np.random.default_rng(1)
    limits = np.iinfo(dtype)
    levels = random.integers(limits.min, limits.max + 1, size=(6, 25, 40)).astype(dtype)
    real = (levels.astype(np.float32) - limits.min - 60) * np.float32(0.11)  # a zero point plays no part
    quantized, floats = ctc.greedy(levels, charset_of(40), scale=0.11), ctc.greedy(real, charset_of(40))
    assert [text for text, _ in quantized] == [text for text, _ in floats]
    for (_, found), (_, wanted) in zip(quantized, floats, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4)


def test_greedy_with_ignored_classes_equals_rescaled_probabilities():
    random = np.random.default_rng(2)
    logits = random.normal(size=(5, 20, 8)).astype(np.float32) * 2
    charset = charset_of(8)
    likely = softmax(logits)
    likely[..., [2, 5]] = 1e-30
    rescaled = likely / likely.sum(axis=2, keepdims=True)
    wanted, found = ctc.greedy(np.log(rescaled), charset), ctc.greedy(logits, charset, ignore={2, 5})
    assert [text for text, _ in found] == [text for text, _ in wanted]
    for (_, mine), (_, other) in zip(found, wanted, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5)
    with pytest.raises(ValueError, match="blank"):
        ctc.greedy(logits, charset, ignore=[0])


def greedy_texts(logits: np.ndarray, charset, blank: int = 0) -> list[str]:
    return [text for text, _ in ctc.greedy(logits, charset, blank=blank)]


def easyocr_texts(easyocr_module, logits: np.ndarray, charset) -> list[str]:
    converter = easyocr_module("utils").CTCLabelConverter("".join(charset[1:]))
    best = logits.argmax(axis=2)
    return converter.decode_greedy(best.reshape(-1), np.full(len(best), best.shape[1]))


def test_greedy_equals_easyocr(easyocr_module):
    random = np.random.default_rng(3)
    logits = random.normal(size=(30, 40, 5)).astype(np.float32)
    logits[..., 0] += 0.5
    charset = charset_of(5)
    wanted = easyocr_texts(easyocr_module, logits, charset)
    assert greedy_texts(logits, charset) == wanted
    assert greedy_texts(logits, charset, blank=1) != wanted
    assert greedy_texts(logits, [*charset[::-1]]) != wanted


def test_greedy_and_mean_equal_rapidocr():
    reference = pytest.importorskip("rapidocr.ch_ppocr_rec.utils")
    random = np.random.default_rng(4)
    charset = [*charset_of(7), " "]
    likely = softmax(random.normal(size=(30, 40, 8)) * 3).astype(np.float32)
    likely[3] = np.eye(8)[0]
    wanted, _ = reference.CTCLabelDecode(character=charset[1:-1])(likely)
    logits = np.log(np.maximum(likely, 1e-30))
    found = ctc.greedy(logits, charset)
    assert [text for text, _ in found] == [text for text, _ in wanted]
    means = [ctc.confidence(probabilities, "mean") for _, probabilities in found]
    np.testing.assert_allclose(means, [mean for _, mean in wanted], atol=2e-5)
    every = [ctc.confidence(p, "mean") for _, p in ctc.greedy(logits, charset, every_frame=True)]
    assert not np.allclose(every, means, atol=1e-3)


def test_confidence_by_hand():
    assert ctc.confidence(np.array([0.5, 1.0], np.float32), "mean") == 0.75
    np.testing.assert_allclose(ctc.confidence(np.full(4, 0.5, np.float32), "easyocr"), 0.5**4, rtol=1e-6)
    np.testing.assert_allclose(ctc.confidence(np.array([0.9]), "easyocr"), 0.81, rtol=1e-6)
    for kind in ("mean", "easyocr"):
        assert ctc.confidence(np.zeros(0, np.float32), kind) == 0.0
    with pytest.raises(ArtifactError, match="median"):
        ctc.confidence(np.ones(1), "median")


def label_log_probabilities(logits: np.ndarray, blank: int) -> dict[tuple[int, ...], float]:
    """Logarithm of the probability of each labelling, summed over every path."""
    likely = softmax(logits.astype(np.float64))
    sums: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(logits.shape[1]), repeat=len(logits)):
        label = tuple(c for c, _ in itertools.groupby(path) if c != blank)
        sums[label] = sums.get(label, 0.0) + float(np.prod([likely[t, c] for t, c in enumerate(path)]))
    return {label: float(np.log(value)) for label, value in sums.items()}


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_beam_search_equals_enumeration(frames, classes):
    random = np.random.default_rng(10 * frames + classes)
    charset = "wxyz"[:classes]
    for _ in range(6):
        logits = random.normal(size=(frames, classes)) * random.uniform(0.2, 4)
        blank = int(random.integers(classes))
        labels = label_log_probabilities(logits, blank)
        wanted = {"".join(charset[c] for c in label): value for label, value in labels.items()}
        found = ctc.beam_search(logits, charset, beam_width=10_000, blank=blank)
        assert found[0][0] == max(wanted, key=wanted.__getitem__)
        assert [value for _, value in found] == sorted((value for _, value in found), reverse=True)
        assert dict(found) == pytest.approx(wanted, abs=1e-9)


def test_enumeration_rejects_a_beam_that_sums_too_few_paths():
    logits = np.random.default_rng(8).normal(size=(5, 4)) * 0.5
    wanted = {"".join("wxyz"[c] for c in label): v for label, v in label_log_probabilities(logits, 0).items()}
    assert dict(ctc.beam_search(logits, "wxyz", beam_width=len(wanted))) == pytest.approx(wanted, abs=1e-9)
    for text, value in ctc.beam_search(logits, "wxyz", beam_width=2):
        assert value != pytest.approx(wanted[text], abs=1e-3)


def test_beam_search_finds_what_greedy_misses():
    # Best path: blank, blank (0.36). But "a" has a-, -a and aa: 0.24 + 0.24 + 0.16 = 0.64.
    logits = np.log(np.array([[0.6, 0.4], [0.6, 0.4]]))
    assert ctc.greedy(logits[np.newaxis], ["", "a"])[0][0] == ""
    text, log_probability = ctc.beam_search(logits, ["", "a"])[0]
    assert text == "a"
    np.testing.assert_allclose(np.exp(log_probability), 0.64)


def test_narrow_beam_never_overstates():
    random = np.random.default_rng(5)
    for _ in range(20):
        logits = random.normal(size=(5, 4)) * 2
        exact = dict(ctc.beam_search(logits, CHARSET, beam_width=10_000))
        narrow = ctc.beam_search(logits, CHARSET, beam_width=3)
        assert len(narrow) == 3
        for text, value in narrow:
            assert value <= exact[text] + 1e-9


def test_beam_search_of_peaked_logits_equals_greedy():
    random = np.random.default_rng(6)
    logits = random.normal(size=(40, 60)) + np.eye(60)[random.integers(0, 60, 40)] * 14
    charset = charset_of(60)
    greedy = ctc.greedy(logits[np.newaxis], charset)[0][0]
    assert ctc.beam_search(logits, charset, beam_width=5)[0][0] == greedy


def test_beam_search_with_impossible_classes():
    logits = np.array([[-np.inf, 0.0, -np.inf, -np.inf], [0.0, 0.0, -np.inf, -np.inf]])
    assert ctc.beam_search(logits, CHARSET) == [("a", 0.0)]


def test_beam_search_of_no_frames():
    assert ctc.beam_search(np.zeros((0, 4), np.float32), CHARSET) == [("", 0.0)]
    with pytest.raises(ValueError, match="beam width"):
        ctc.beam_search(np.zeros((2, 4), np.float32), CHARSET, beam_width=0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: ctc.greedy(np.zeros((1, 2, 3, 4), np.float32), CHARSET),
        lambda: ctc.greedy(np.zeros((1, 3, 5), np.float32), CHARSET),
        lambda: ctc.greedy(np.zeros((1, 3, 4), np.float32), CHARSET, blank=4),
        lambda: ctc.beam_search(np.zeros((1, 3, 4), np.float32), CHARSET),
        lambda: ctc.beam_search(np.zeros((3, 5), np.float32), CHARSET),
    ],
)
def test_other_logits_are_refused(call):
    with pytest.raises(ModelContractError, match="check the manifest"):
        call()


@pytest.mark.parametrize("options", [{}, {"every_frame": True}, {"ignore": [2]}, {"scale": 0.5}])
def test_lines_of_many_lengths_at_once_are_read_as_one_by_one(options):
    rng = np.random.default_rng(17)
    lines = [rng.integers(-20, 20, (length, 4)).astype(np.int8) for length in (7, 1, 0, 30, 2)]
    lines += [one_hot([[2, 1, 1]], height=20)[0].astype(np.int8), one_hot([[1, 3]], height=20)[0].astype(np.int8)]
    found = ctc.greedy(lines, CHARSET, **options)
    assert len(found) == len(lines)
    for (text, likely), line in zip(found, lines, strict=True):
        ((alone, probabilities),) = ctc.greedy(line[np.newaxis], CHARSET, **options)
        assert text == alone
        np.testing.assert_array_equal(likely, probabilities)
    joined = ctc.greedy(np.concatenate(lines)[np.newaxis], CHARSET, **options)[0][0]
    assert joined != "".join(text for text, _ in found)  # the last line begins with the class of the one before
    assert ctc.greedy([], CHARSET) == []


def test_the_frames_of_a_column_come_one_after_the_other():
    stored = np.arange(12).reshape(1, 1, 2, 6)  # two columns of two frames of three classes
    assert ctc.by_frame(stored, 2).tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]
    assert ctc.by_frame(stored, 1).tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    with pytest.raises(ModelContractError, match="4 frames a column, found 6"):
        ctc.by_frame(stored, 4)
