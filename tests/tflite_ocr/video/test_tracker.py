"""Tracks and reuse: what is searched and read again, and what keeps its number."""

import time
import weakref

import cv2
import numpy as np
import pytest

from tests.tflite_ocr.video.clips import StandIn, encode, page, reading
from tflite_ocr.page import TextLine


def test_a_still_clip_is_searched_once_and_exact_reading_says_the_same(still):
    quick, exact = StandIn("HELLO", "WORLD"), StandIn("HELLO", "WORLD")
    texts = {}
    for stand_in, options in ((quick, {}), (exact, {"exact": True})):
        run = reading(still, stand_in, **options)
        frames = [[(line.track, line.text) for line in frame.lines] for frame in run]
        assert len(frames) == run.counts.frames == 40
        texts[options.get("exact", False)] = frames
    assert texts[False] == texts[True] == [[(1, "HELLO"), (2, "WORLD")]] * 40
    assert (quick.searches, quick.crops) == (1, 2)
    assert (exact.searches, exact.crops) == (40, 80)


def test_a_moving_text_keeps_its_track_and_its_place(tmp_path):
    path = encode(tmp_path / "move.mp4", [page(("HELLO", 10 + 4 * i, 60)) for i in range(40)])
    stand_in = StandIn("HELLO", "WORLD")
    run = reading(path, stand_in)
    frames = list(run)
    assert [[(line.track, line.text) for line in frame.lines] for frame in frames] == [[(1, "HELLO")]] * 40
    lefts = np.array([frame.lines[0].quad[0][0] for frame in frames])
    assert np.abs(lefts - lefts[0] - 4 * np.arange(40)).max() < 2
    assert stand_in.searches < 20 and stand_in.crops < 20


def test_a_text_that_takes_the_place_of_another_is_a_new_track_from_its_first_frame(tmp_path):
    path = encode(tmp_path / "change.mp4", [page((word, 20, 60)) for word in ["HELLO"] * 17 + ["WORLD"] * 23])
    run = reading(path, StandIn("HELLO", "WORLD"))
    shown = [[line.text for line in frame.lines] for frame in run]
    assert shown == [["HELLO"]] * 17 + [["WORLD"]] * 23
    spans = [(text.text, round(text.start_s, 3), round(text.end_s, 3)) for text in run.texts()]
    assert spans == [("HELLO", 0.0, 0.85), ("WORLD", 0.85, 2.0)]


def shown(run):
    """The (track, text) pairs of every frame."""
    return [[(line.track, line.text) for line in frame.lines] for frame in run]


def test_only_the_part_that_changed_is_searched(tmp_path):
    """A text stands still, another comes and is another one later: the picture as a whole is searched once."""
    still = ("HELLO", 30, 60)
    pictures = [page(still, width=640, height=320)] * 12
    pictures += [page(still, ("WORLD", 400, 260), width=640, height=320)] * 12
    pictures += [page(still, ("AGAIN", 400, 260), width=640, height=320)] * 12
    stand_in = StandIn("HELLO", "WORLD", "AGAIN")
    run = reading(encode(tmp_path / "part.mp4", pictures), stand_in)
    both = [(1, "HELLO"), (2, "WORLD")], [(1, "HELLO"), (3, "AGAIN")]
    assert shown(run) == [[(1, "HELLO")]] * 12 + [both[0]] * 12 + [both[1]] * 12
    assert stand_in.searches == run.counts.searched == 1
    assert run.counts.searched_in_part >= 1 and stand_in.parts == run.counts.searched_in_part
    assert stand_in.crops == run.counts.read <= 5


def test_a_text_that_reaches_over_the_part_that_changed_is_found_whole(tmp_path):
    """Half of a long text is covered at first: what appears is less than what has to be searched."""
    whole = page(("HELLO WORLD AGAIN", 60, 160), width=640, height=320)
    covered = whole.copy()
    covered[:, 190:] = 90
    stand_in = StandIn("HELLO WORLD AGAIN", "HELLO")
    run = reading(encode(tmp_path / "long.mp4", [covered] * 12 + [whole] * 12), stand_in)
    frames = list(run)
    assert {line.text for line in frames[-1].lines} == {"HELLO WORLD AGAIN"}
    left, right = (frames[-1].lines[0].quad[corner][0] for corner in (0, 1))
    assert left < 64 and right > 300 and run.counts.searched_in_part == 1


@pytest.mark.parametrize("options", [{}, {"exact": True}])
def test_a_value_is_given_from_its_first_frame_to_its_last_and_stays_one_track(tmp_path, options):
    """Digits that differ by one stroke follow each other."""
    words = [f"LAP {digit}" for digit in (5, 6, 8, 9, 3)]
    pictures = [page((word, 80, 60)) for word in words for _ in range(6)]
    run = reading(encode(tmp_path / "lap.mp4", pictures), StandIn(*words), **options)
    assert shown(run) == [[(1, word)] for word in words for _ in range(6)]
    assert [(text.id, text.text) for text in run.texts()] == [(1, word) for word in words]
    times = [(text.start_s, text.end_s) for text in run.texts()]
    np.testing.assert_allclose(times, [(0.3 * i, 0.3 * (i + 1)) for i in range(5)], atol=1e-6)


def test_a_text_that_was_taken_away_and_comes_back_is_two(tmp_path):
    """A blink of the picture is none."""
    for frames_away, count in ((12, 2), (3, 1)):
        pictures = [page(("HELLO", 20, 60))] * 10 + [page()] * frames_away + [page(("HELLO", 20, 60))] * 10
        run = reading(encode(tmp_path / "gap.mp4", pictures), StandIn("HELLO"))
        list(run)
        spans = [(round(text.start_s, 2), round(text.end_s, 2)) for text in run.texts()]
        end_s = round((20 + frames_away) / 20, 2)
        assert spans == ([(0, 0.5), (round(0.5 + frames_away / 20, 2), end_s)] if count == 2 else [(0, end_s)])


def test_lines_that_come_together_are_numbered_from_the_top(tmp_path):
    pictures = [page()] * 8 + [page(("UP", 90, 60), ("BELOW IT", 30, 100))] * 12
    run = reading(encode(tmp_path / "two.mp4", pictures), StandIn("UP", "BELOW IT"))
    assert shown(run)[-1] == [(1, "UP"), (2, "BELOW IT")]


def test_specks_are_not_listed(tmp_path):
    """A letter for a moment, a mark; a digit that stands is text."""

    class Seeing(StandIn):
        def read_quads(self, image, quads):
            lines = super().read_quads(image, quads)
            return [line and TextLine(line.text[0], 0.95, line.quad) for line in lines]

    pictures = [page(("7-A", 20, 60), *[("EX", 120, 60)] * (i < 9), ("-HM", 20, 130)) for i in range(30)]
    run = reading(encode(tmp_path / "specks.mp4", pictures), Seeing("7-A", "EX", "-HM"))
    assert {text for frame in shown(run) for _, text in frame} == {"7", "E", "-"}
    assert [text.text for text in run.texts()] == ["7"]


@pytest.mark.parametrize("confidence", [0.99, 0.8])
def test_values_in_a_still_picture_are_given_though_the_look_of_it_was_refreshed_before(tmp_path, confidence):
    """The first value is blurred and sharp by turns, as pictures are at the key frames of a film; doubt is settled."""

    class Doubting(StandIn):
        def read_quads(self, image, quads):
            lines = super().read_quads(image, quads)
            return [line and TextLine(line.text, confidence, line.quad) for line in lines]

    words = [f"LAP {digit}" for digit in (5, 6, 8, 9)]
    sharp = [page((word, 80, 60)) for word in words]
    blurred = cv2.GaussianBlur(sharp[0], (0, 0), 1.2)
    pictures = [sharp[0], blurred, sharp[0], blurred, *sharp]
    run = reading(encode(tmp_path / "still.mp4", [picture for picture in pictures for _ in range(8)]), Doubting(*words))
    shown_words = [[text for _, text in frame] for frame in shown(run)]
    expected = [[word] for word in [words[0]] * 4 + words for _ in range(8)]
    late = sum(seen != wanted for seen, wanted in zip(shown_words, expected, strict=True))
    assert late <= (0 if confidence > 0.9 else 2 * 3)
    assert [(text.id, text.text) for text in run.texts()] == [(1, word) for word in words]


def test_values_at_the_border_are_neither_taken_together_nor_dropped(tmp_path):
    """What stands at the border is no text that scrolls through the picture, however briefly it is shown."""
    words = [f"ROUND {digit}" for digit in (5, 6, 8, 9, 3)]
    pictures = [page((word, 3, 60)) for word in words for _ in range(6)]
    run = reading(encode(tmp_path / "border.mp4", pictures), StandIn(*words))
    assert shown(run) == [[(1, word)] for word in words for _ in range(6)]
    assert [(text.id, text.text) for text in run.texts()] == [(1, word) for word in words]


def test_a_digit_of_a_score_is_no_speck(tmp_path):
    """The first is read with little confidence, and each is shown for less than a second."""

    class Unsure(StandIn):
        def read_quads(self, image, quads):
            lines = super().read_quads(image, quads)
            return [line and TextLine(line.text, 0.87 if line.text == "3" else 0.99, line.quad) for line in lines]

    pictures = [page((digit, 80, 60)) for digit in "3456" for _ in range(10)]
    run = reading(encode(tmp_path / "digits.mp4", pictures), Unsure(*"3456"))
    list(run)
    assert [text.text for text in run.texts()] == list("3456")


def test_a_known_text_of_which_too_little_is_found_is_read_where_it_was(tmp_path):
    """The detector leaves the sign before a price out, but for the first time."""
    words = [f"S {digit}00" for digit in (5, 6, 8, 9)]

    class Late(StandIn):
        def find(self, image):
            quads = super().find(image)
            first = self.seen(image) == words[0]
            return quads if first else [quad + np.float32([(30, 0), (0, 0), (0, 0), (30, 0)]) for quad in quads]

        def seen(self, image):
            return super().read_quads(image, self.boxes(image))[0].text

        def read_quads(self, image, quads):
            texts = [self.seen(image)[2 if quad[0, 0] > 80 else 0 :] for quad in quads]
            return [
                TextLine(text, 0.99, tuple(map(tuple, quad.tolist()))) for text, quad in zip(texts, quads, strict=True)
            ]

    pictures = [page((word, 80, 60)) for word in words for _ in range(4)]
    run = reading(encode(tmp_path / "price.mp4", pictures), Late(*words), exact=True)
    assert shown(run) == [[(1, word)] for word in words for _ in range(4)]


def test_a_digit_that_fits_tightly_is_read_with_more_around_it(tmp_path):
    class Tight(StandIn):
        """Reads nothing in quads that are as high as the letters."""

        def find(self, image):
            quads = super().find(image)
            return [
                quad + np.float32([(4, 4), (-4, 4), (-4, -4), (4, -4)]) if self.searches > 1 else quad for quad in quads
            ]

        find_in_part = find

        def read_quads(self, image, quads):
            roomy = [quad[3, 1] - quad[0, 1] > 20 for quad in quads]
            return [line if fits else None for line, fits in zip(super().read_quads(image, quads), roomy, strict=True)]

    pictures = [page((digit, 80, 60)) for digit in "56893" for _ in range(8)]
    run = reading(encode(tmp_path / "digit.mp4", pictures), Tight(*"56893"))
    assert shown(run) == [[(1, digit)] for digit in "56893" for _ in range(8)]


class Spelling(StandIn):
    """Reads as many letters of HELLO as the quad has room for: the first ones at the right edge, or the last."""

    def read_quads(self, image, quads):
        self.crops += len(quads)
        lines = []
        for quad in quads:
            count = int(np.clip(round((quad[1, 0] - quad[0, 0] - 10) / 18), 1, 5))
            text = "HELLO"[-count:] if quad[0, 0] < 10 else "HELLO"[:count]
            lines.append(TextLine(text, 0.9, tuple(map(tuple, quad.tolist()))))
        return lines


def test_a_text_that_comes_in_at_one_side_and_leaves_at_the_other_stays_one_track(tmp_path):
    pictures = [page(("HELLO", 319 - 6 * i, 60)) for i in range(66)]
    run = reading(encode(tmp_path / "scroll.mp4", pictures), Spelling())
    frames = shown(run)
    assert frames[20:66] == [[(1, "HELLO")]] * 46
    assert [text for frame in frames[:20] for text in frame] == sorted(sum(frames[:20], []))  # it grows
    assert len(run.texts()) == 1


class Window(StandIn):
    """Reads what is in sight of a sentence that runs from right to left, 18 pixels a letter, 6 a frame."""

    sentence = "THE LAST WORD OF THIS LINE COMES AT ITS END"

    def __init__(self):
        super().__init__("THE")
        self.picture = cv2.putText(
            np.full((160, 2000, 3), 90, np.uint8),
            self.sentence.replace(" ", "_"),
            (620, 60),
            cv2.FONT_HERSHEY_PLAIN,
            2,
            (255, 255, 255),
            2,
            cv2.LINE_AA,
        )

    def frames(self):
        return [self.picture[:, start : start + 320] for start in range(300, 1640, 6)]

    def read_quads(self, image, quads):
        """Finds the picture's place in the whole one by its pixels."""
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        start = cv2.minMaxLoc(
            cv2.matchTemplate(cv2.cvtColor(self.picture, cv2.COLOR_BGR2GRAY), grey, cv2.TM_CCOEFF_NORMED)
        )[3][0]
        per_letter = cv2.getTextSize(self.sentence.replace(" ", "_"), cv2.FONT_HERSHEY_PLAIN, 2, 2)[0][0] / len(
            self.sentence
        )
        lines = []
        for quad in quads:
            ends = ((quad[:2, 0] + start - 620) / per_letter).round().astype(int)
            text = self.sentence[max(0, ends[0]) : max(0, ends[1])]
            lines.append(TextLine(text, 0.97, tuple(map(tuple, quad.tolist()))) if text.strip() else None)
        return lines


def test_a_text_that_runs_through_the_picture_is_given_whole(tmp_path):
    stand_in = Window()
    run = reading(encode(tmp_path / "ticker.mp4", stand_in.frames()), stand_in)
    list(run)
    assert [" ".join(text.text.split()) for text in run.texts()] == [stand_in.sentence]


class Careless(StandIn):
    """Reads HELLO, but its last letter only where the quad is far enough from the right edge."""

    def read_quads(self, image, quads):
        lines = [line for line in super().read_quads(image, quads) if line]
        return [TextLine("HELLO" if line.quad[1][0] < 308 else "HELLC", 0.99, line.quad) for line in lines]


def test_a_text_is_read_again_when_all_of_it_is_in_the_picture(tmp_path):
    """It comes in slowly, and what is missing when it is read first is too little to make its quad much longer."""
    pictures = [page(("HELLO", max(200, 236 - i), 60)) for i in range(60)]
    run = reading(encode(tmp_path / "slow.mp4", pictures), Careless("HELLO"))
    frames = shown(run)
    assert frames[0] == [(1, "HELLC")] and frames[-1] == [(1, "HELLO")]
    assert [text.text for text in run.texts()] == ["HELLO"]


def test_a_piece_that_leaves_at_once_is_no_subtitle(tmp_path):
    """It never was in the picture as a whole."""
    pictures = [page(("HELLO", 290 + 3 * i, 60)) for i in range(8)] + [page()] * 30
    run = reading(encode(tmp_path / "brief.mp4", pictures), Spelling())
    assert sum(shown(run)[:6], []) and run.texts() == []


class Unsure(StandIn):
    """Is not confident of WORLX."""

    def read_quads(self, image, quads):
        lines = super().read_quads(image, quads)
        return [line and TextLine(line.text, 0.8 if line.text == "WORLX" else 0.9, line.quad) for line in lines]


def test_a_doubtful_reading_is_settled_by_an_earlier_frame_that_says_the_same(tmp_path):
    """Another text begins in the middle between two keys: it is shown from its first frame on."""
    words = ["WORLD"] * 12 + ["WORLX"] * 28
    pictures = [page((word, 20, 60), ("HELLO", 20 + 3 * i, 120)) for i, word in enumerate(words)]
    run = reading(encode(tmp_path / "doubt.mp4", pictures), Unsure("WORLD", "WORLX", "HELLO"))
    frames = [[text for _, text in frame if text != "HELLO"] for frame in shown(run)]
    assert frames == [[word] for word in words]


def test_a_frame_that_the_detector_misses_does_not_end_a_track(tmp_path):
    class Missing(StandIn):
        def find(self, image):
            found = super().find(image)
            return [] if self.searches in (3, 4) else found

    path = encode(tmp_path / "move.mp4", [page(("HELLO", 10 + 4 * i, 60)) for i in range(40)])
    stand_in = Missing("HELLO")
    assert shown(reading(path, stand_in)) == [[(1, "HELLO")]] * 40
    assert stand_in.searches > 5


def test_readings_vote(tmp_path):
    """One misreading among three: the text is what two of them say, from then on to the end."""

    class Mumbling(StandIn):
        def read_quads(self, image, quads):
            lines = super().read_quads(image, quads)
            text = "HELL0" if self.crops == 2 else "HELLO"
            return [TextLine(text, 0.7, line.quad) for line in lines if line]

    path = encode(tmp_path / "move.mp4", [page(("HELLO", 40 + 3 * i, 60)) for i in range(50)])
    stand_in = Mumbling("HELLO")
    run = reading(path, stand_in)
    assert shown(run) == [[(1, "HELLO")]] * 50 and 3 <= stand_in.crops <= 6


def test_a_region_without_readable_text_hides_nothing_inside_it(tmp_path):
    """The detector takes the whole picture for a text that cannot be read; later there is a text inside."""

    class Fooled(StandIn):
        def boxes(self, image):
            everything = np.float32(
                [(2, 2), (image.shape[1] - 3, 2), (image.shape[1] - 3, image.shape[0] - 3), (2, image.shape[0] - 3)]
            )
            return [everything, *super().boxes(image)]

        def read_quads(self, image, quads):
            lines = super().read_quads(image, quads)
            return [None if quad[2, 0] - quad[0, 0] > 250 else line for quad, line in zip(quads, lines, strict=True)]

    background = np.random.default_rng(0).integers(60, 120, (160, 320, 1)).astype(np.uint8).repeat(3, axis=2)
    pictures = [background] * 10 + [np.maximum(background, page(("HELLO", 150, 60)))] * 20
    run = reading(encode(tmp_path / "in.mp4", pictures), Fooled("HELLO"))
    assert [[text for _, text in frame] for frame in shown(run)] == [[]] * 10 + [["HELLO"]] * 20


@pytest.mark.parametrize("options", [{}, {"exact": True}])
def test_memory_does_not_grow_with_the_film(tmp_path, options):
    """Frames that have been taken are gone, and a slow taker holds the decoder up."""
    source = encode(tmp_path / "long.mp4", [page(("HELLO", 10 + i % 200, 60)) for i in range(300)])
    run, alive, most = reading(source, StandIn("HELLO"), **options), weakref.WeakSet(), []
    decode = run._decoder.frames

    def frames():
        for frame in decode():
            alive.add(frame.picture)
            yield frame

    run._decoder.frames = frames
    with run:
        for number, _ in enumerate(run):
            if number in (0, 100, 200):
                time.sleep(0.3)
            most.append(len(alive))
    assert number == 299 and max(most) <= 64
