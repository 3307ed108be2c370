"""What a text says, and whether another reading says the same."""

from tflite_ocr.video.tracks import has_grown, is_piece, similarity


def test_similarity_and_growth():
    assert similarity("Hello", "hello.") == 1
    assert similarity("3", "4") == 0
    assert similarity("abcd", "abxd") == 0.75
    assert similarity("Thėn, Ärger", "then arger") == 1  # accents are the first that is read wrongly
    assert has_grown("HEL", "HELLO") and has_grown("RLD", "WORLD") and not has_grown("HELLO", "HEL")


def test_pieces():
    assert is_piece("king 350", "Parking 350 m") and is_piece("PARK", "Parking")
    assert not is_piece("Parking", "parking.") and not is_piece("pking", "Parking") and not is_piece("-", "a-b")
