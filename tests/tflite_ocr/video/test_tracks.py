"""What a text says, and whether another reading says the same."""

import numpy as np

from tflite_ocr.video.tracks import has_grown, is_piece, similarity, stitched


def test_similarity_and_growth():
    assert similarity("Hello", "hello.") == 1
    assert similarity("3", "4") == 0
    assert similarity("abcd", "abxd") == 0.75
    assert similarity("Thėn, Ärger", "then arger") == 1  # accents are the first that is read wrongly
    assert has_grown("HEL", "HELLO") and has_grown("RLD", "WORLD") and not has_grown("HELLO", "HEL")


def test_pieces():
    assert is_piece("king 350", "Parking 350 m") and is_piece("PARK", "Parking")
    assert not is_piece("Parking", "parking.") and not is_piece("pking", "Parking") and not is_piece("-", "a-b")


def test_readings_of_a_running_text_are_put_together():
    """Windows over a sentence of drawn words, with a wrong letter at either end, in both directions."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        words = ["".join(rng.choice(list("abcdefghijklmnop"), rng.integers(2, 9))) for _ in range(12)]
        sentence, width = " ".join(words), 30
        windows = [sentence[start : start + width] for start in range(0, len(sentence) - width + 4, 4)]
        for texts, side in ((windows, 1), (windows[::-1], -1)):
            known = texts[0]
            for text in texts[1:]:
                frayed = ("#" + text[1:]) if side > 0 else (text[:-1] + "#")
                known = stitched(known, frayed)
            assert known == sentence
    assert stitched("one text", "another one") is None
    assert stitched("Harwick - rail strike", "vick - rail") == "Harwick - rail strike"
    assert stitched("Markets rise 2.4% as tall", "Markets rise 2.4% as talks") == "Markets rise 2.4% as talks"
