"""Reads pictures: finds their lines, reads these upright, and makes pages of them."""

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType

import cv2
import numpy as np

from tflite_ocr import borders, boxes, bullets, geometry, layout, signs, underscores, zeros
from tflite_ocr.assembly import FoundLine, blanks, in_rows, with_words
from tflite_ocr.detection import vertical
from tflite_ocr.detection.detector import TextDetector
from tflite_ocr.page import Page, PageOptions, Recognition, TextLine, Word
from tflite_ocr.recognition import shapes, turning
from tflite_ocr.recognition.accents import stray, unaccented
from tflite_ocr.recognition.choice import TextRecognizer
from tflite_ocr.recognition.direction import Direction, turn
from tflite_ocr.recognition.recognizer import Decoding
from tflite_ocr.steps import step

# A crop, BGR uint8 [h, w, 3], and its quad, float32 [4, 2].
_Cut = tuple[np.ndarray, np.ndarray]
# A line read with less confidence is offered to the direction classifier; upside-down text reads as noise.
_DOUBTFUL = 0.8
# A page that lies on its side is read upright where that tells so much of what was told before; where it tells no more
# than this, the page did not lie on its side.
_AS_WELL, _FALSE_ALARM = 0.95, 0.5
# Pictures whose shorter side has at most so many pixels, of which one quad takes at least this part, are read whole
# where the line is less sure than this; that counts if it is so likely, and by this much likelier.
_SMALL, _FILLED, _SURE, _LIKELY, _GAIN = 128, 0.2, 0.8, 0.7, 0.05


@dataclass(frozen=True)
class Wanted:
    """What is asked of pages: the least confidence of a line, how it is decoded, and what else they have."""

    limit: float
    decoding: Decoding | None
    options: PageOptions

    def kept(self, found: Sequence[FoundLine]) -> list[FoundLine]:
        """The lines that say something, and are sure enough."""
        return [line for line in found if line.says_something and line.result.confidence >= self.limit]


@dataclass(frozen=True)
class FoundQuads:
    """An image in which text was found, the quads with their crops, and the seconds of its stages so far.

    Attributes:
        doubts: What the confidence of each quad's line loses, as the detector is not sure of it.
    """

    picture: np.ndarray
    quads: list[np.ndarray]
    doubts: list[float]
    crops: list[np.ndarray]
    seconds: dict[str, float]


@dataclass(frozen=True)
class PageReading:
    """A detector and a recogniser joined.

    Attributes:
        direction: Finds upside-down lines; without it they are read in both directions.
    """

    detector: TextDetector
    recognizer: TextRecognizer
    direction: Direction | None
    confidence: str

    def find(self, picture: np.ndarray, decode_s: float) -> FoundQuads:
        """Finds the lines of a picture, BGR uint8 [H, W, 3], that was decoded in so many seconds."""
        began = time.perf_counter()
        quads, scores = vertical.joined(*self.detector.doubting().detect(picture))
        doubts = [self.detector.facts.doubtful.doubt(score) for score in scores]
        crops = cut_out(picture, quads)
        return FoundQuads(picture, quads, doubts, crops, {"decode": decode_s, "detect": time.perf_counter() - began})

    def pages(self, found: list[FoundQuads], wanted: Wanted) -> Iterator[Page]:
        """What is read in images in which text was found; their crops share the recogniser's buckets."""
        began = time.perf_counter()
        read = self.recognize([page.crops for page in found], [page.quads for page in found], wanted.decoding)
        self._complete(found, read, wanted.decoding)
        results = iter(read)
        per_crop_s = (time.perf_counter() - began) / max(1, sum(len(page.crops) for page in found))
        for page in found:
            places = zip(page.quads, page.crops, page.doubts, strict=True)
            lines = [FoundLine(quad, *next(results), crop, doubt) for quad, crop, doubt in places]
            lines = self.doubting(self._without_stray_accents(lines, wanted.decoding))
            seconds = page.seconds | {"recognize": per_crop_s * len(page.crops)}
            yield self._page(page.picture, lines, seconds, wanted)

    def upright(self, found: FoundQuads, page: Page, wanted: Wanted) -> Page:
        """A page; where it lies on its side or its head, as it is read upright, if that tells as much.

        Detectors find lines that run across, or stand on their heads, less well: on pages of forms so turned, what is
        read upright tells 3 to 22 % more. Quads that are only turned and read anew were not tried.
        """
        quarters = layout.quarter_of(page.angle)
        if not quarters:
            return page
        upright = self.find(np.ascontiguousarray(np.rot90(found.picture, quarters)), 0.0)
        (again,) = self.pages([upright], wanted)
        told = _told(again) / _told(page)
        if told < _FALSE_ALARM:
            return dataclasses.replace(page, angle=0.0)
        if layout.quarter_of(again.angle) or told < _AS_WELL:
            return page
        again = layout.turned(again, quarters)
        timing = {stage: round(page.timing_ms[stage] + again.timing_ms[stage], 3) for stage in page.timing_ms}
        return dataclasses.replace(again, timing_ms=timing)

    def _page(self, picture: np.ndarray, found: Sequence[FoundLine], seconds: dict[str, float], wanted: Wanted) -> Page:
        """A page of what was found; seconds are those of its stages so far."""
        height, width = picture.shape[:2]
        began = time.perf_counter()
        with step("order the lines"):
            found = in_rows(found)
        kept = wanted.kept(found)
        lines = self.lines(kept, wanted)
        page = Page(tuple(lines), width, height, {})
        if wanted.options.layout:
            sources = dict(zip(map(id, lines), kept, strict=True))
            page = layout.arranged(
                page,
                lambda line: self._words(sources[id(line)], wanted.decoding),
                lambda line: blanks(sources[id(line)]),
            )
        seconds = {**seconds, "recognize": seconds["recognize"] + time.perf_counter() - began}
        return dataclasses.replace(page, timing_ms=timing_ms(seconds))

    def _without_stray_accents(self, found: list[FoundLine], decoding: Decoding | None) -> list[FoundLine]:
        """The lines of a page; where it has hardly any accents, only clear ones."""
        places = stray([line.result.text for line in found])
        plain = dataclasses.replace(decoding or Decoding(), plain=True)
        read = self.recognizer.recognize([found[i].upright for i in places], plain) if places else []
        for i, result in zip(places, read, strict=True):
            if unaccented(result.text) == unaccented(found[i].result.text):
                found[i] = dataclasses.replace(found[i], result=result)
        return found

    def doubting(self, found: list[FoundLine]) -> list[FoundLine]:
        """The lines of a page, less sure in a script that the recogniser does not know, and in doubtful regions."""
        strange = self.recognizer.foreign([line.result.text for line in found])
        return [line.doubted(foreign) for line, foreign in zip(found, strange, strict=True)]

    def lines(self, found: Sequence[FoundLine], wanted: Wanted) -> list[TextLine]:
        """Lines of a page, with words if these are wanted."""
        if not wanted.options.words:
            return [one.line() for one in found]
        with step("find words in the lines"):
            return [with_words(one, wanted.options, self.confidence) for one in found]

    def _words(self, line: FoundLine, decoding: Decoding | None) -> Sequence[Word]:
        """The words of a line that was read without places: it is read once more."""
        placed = dataclasses.replace(decoding or Decoding(), places=True)
        ((result, _),) = self.recognize([[line.upright]], None, placed)
        line = dataclasses.replace(line, result=result)
        return with_words(line, PageOptions(words=True), self.confidence).words

    def _complete(
        self, pages: list[FoundQuads], results: list[tuple[Recognition, bool]], decoding: Decoding | None
    ) -> None:
        """Adds what the detector left outside its quads, where it is read there, and takes boxes to tick out of them.

        What is added are signs and points before numbers, underscores below lines, and bullets before them. Borders are
        left out of lines as well.
        """
        self._take_whole(pages, results, decoding)
        self._leave_borders(pages, results, decoding)
        self._erase_boxes(pages, results, decoding)
        for missed in (signs, underscores):
            self._extend(missed, pages, results, decoding)
        if decoding is None or not decoding.ignored:
            self._add_bullets(pages, results)
            _correct_zeros(pages, results)

    def _take_whole(
        self, pages: list[FoundQuads], results: list[tuple[Recognition, bool]], decoding: Decoding | None
    ) -> None:
        """Reads small pictures that one line fills whole as well: quads cut pieces off single characters."""

        def other(page: FoundQuads, i: int, result: Recognition) -> _Cut | None:
            alone = len(page.quads) == 1 and result.confidence < _SURE
            if not alone or not _fills(page.quads[i], page.picture):
                return None
            return page.picture, geometry.whole(*page.picture.shape[1::-1])

        def likelier(result: Recognition, before: Recognition) -> bool:
            return result.confidence >= max(_LIKELY, before.confidence + _GAIN)

        self._reread(other, likelier, pages, results, decoding)

    def _add_bullets(self, pages: list[FoundQuads], results: list[tuple[Recognition, bool]]) -> None:
        first = 0
        for page in pages:
            own = results[first : first + len(page.quads)]
            texts = ["" if turned else result.text for result, turned in own]
            for mark in bullets.before(page.picture, page.quads, texts):
                i = mark.line
                page.quads[i], result = bullets.completed(mark, page.quads[i], own[i][0])
                results[first + i], page.crops[i] = (result, False), geometry.crop(page.picture, page.quads[i])
            first += len(page.quads)

    def _erase_boxes(
        self, pages: list[FoundQuads], results: list[tuple[Recognition, bool]], decoding: Decoding | None
    ) -> None:
        def other(page: FoundQuads, i: int, result: Recognition) -> _Cut | None:
            return boxes.erased(page.picture, page.quads[i]) if boxes.may_have(result.text) else None

        self._reread(other, _by_text(boxes.is_without), pages, results, decoding)

    def _extend(
        self,
        missed: ModuleType,
        pages: list[FoundQuads],
        results: list[tuple[Recognition, bool]],
        decoding: Decoding | None,
    ) -> None:
        def other(page: FoundQuads, i: int, result: Recognition) -> _Cut | None:
            lacks = missed.may_lack(result.text)
            longer = missed.extended(page.picture, page.quads[i], page.quads) if lacks else None
            return None if longer is None else (geometry.crop(page.picture, longer), longer)

        self._reread(other, _by_text(missed.completes), pages, results, decoding)

    def _leave_borders(
        self, pages: list[FoundQuads], results: list[tuple[Recognition, bool]], decoding: Decoding | None
    ) -> None:
        def other(page: FoundQuads, i: int, result: Recognition) -> _Cut | None:
            return borders.within(page.crops[i], page.quads[i]) if borders.may_have(result) else None

        self._reread(other, borders.is_better, pages, results, decoding)

    def _reread(
        self,
        other: Callable[[FoundQuads, int, Recognition], _Cut | None],
        counts: Callable[[Recognition, Recognition], bool],
        pages: list[FoundQuads],
        results: list[tuple[Recognition, bool]],
        decoding: Decoding | None,
    ) -> None:
        """Reads lines that are not turned once more, in place, where `other` gives another crop and its quad.

        `other` gets a page, a line's number in it and what was read; `counts` says of the new reading and the old one
        whether the new one counts.
        """
        places, crops, at = [], [], -1
        for page in pages:
            for i in range(len(page.quads)):
                at += 1
                result, turned = results[at]
                found = None if turned else other(page, i, result)
                if found is not None:
                    places.append((page, i, at, found[1]))
                    crops.append(found[0])
        read = self.recognizer.recognize(crops, decoding) if crops else []
        for (page, i, at, quad), crop, result in zip(places, crops, read, strict=True):
            if counts(result, results[at][0]):
                results[at], page.quads[i], page.crops[i] = (result, False), quad, crop

    def recognize(
        self, pages: list[list[np.ndarray]], quads: Sequence[Sequence[np.ndarray]] | None, decoding: Decoding | None
    ) -> list[tuple[Recognition, bool]]:
        """Reads the crops of all pages, in order, those in other shapes than a straight line once more, straightened.

        Args:
            quads: The quads of each page that these were cut out of; None where they are as in their pictures.
            decoding: Greedy when None.

        Returns:
            For each crop its text, and whether it was read from right to left: upside down, or from below.
        """
        crops = [crop for page in pages for crop in page]
        corners = [quad for page in quads for quad in page] if quads is not None else [None] * len(crops)
        across = [quad is not None and geometry.is_vertical(quad) for quad in corners]
        results = self._turned_upright(pages, across, decoding)
        return self._straightened(crops, corners, results, decoding)

    def straightened(self, pictures: Sequence[np.ndarray], decoding: Decoding | None) -> list[tuple[Recognition, bool]]:
        """As recognize, pictures that are one line each; they are not read upside down."""
        results = [(result, False) for result in self.recognizer.recognize(pictures, decoding)]
        return self._straightened(pictures, [None] * len(pictures), results, decoding)

    def _straightened(
        self,
        crops: Sequence[np.ndarray],
        corners: Sequence[np.ndarray | None],
        results: list[tuple[Recognition, bool]],
        decoding: Decoding | None,
    ) -> list[tuple[Recognition, bool]]:
        read = [result for result, _ in results]
        straightened = shapes.reread(crops, corners, read, lambda again: self.recognizer.recognize(again, decoding))
        return [straightened.get(i, result) for i, result in enumerate(results)]

    def _turned_upright(
        self, pages: list[list[np.ndarray]], across: list[bool], decoding: Decoding | None
    ) -> list[tuple[Recognition, bool]]:
        """Reads the crops of all pages, in order; on pages with upside-down lines once more, turned.

        `across` says of each crop whether it was turned when it was cut out.
        """
        recognizer, direction = self.recognizer, self.direction
        crops = [crop for page in pages for crop in page]
        owners = [i for i, page in enumerate(pages) for _ in page]
        read = recognizer.recognize(crops, decoding)
        results = [(result, False) for result in read]
        doubtful = [i for i, result in enumerate(read) if result.confidence < _DOUBTFUL]
        if direction is None:
            groups = list(zip(owners, across, strict=True))
            return turning.upright(crops, groups, read, lambda again: recognizer.recognize(again, decoding))
        suspected = {owners[i] for i in _chosen(doubtful, direction.turned([crops[i] for i in doubtful]))}
        # Where one line stands on its head, doubtful ones may do so too, and others be misread with more confidence.
        again = [i for i in doubtful if owners[i] in suspected]
        others = [i for i in sorted(set(range(len(crops))) - set(doubtful)) if owners[i] in suspected]
        again += _chosen(others, direction.turned([crops[i] for i in others]))
        for i, result in zip(again, recognizer.recognize([turn(crops[i]) for i in again], decoding), strict=True):
            if result.confidence > results[i][0].confidence:
                results[i] = result, True
        return results


def _fills(quad: np.ndarray, picture: np.ndarray) -> bool:
    """Whether a picture is small and a quad [4, 2] takes much of it."""
    height, width = picture.shape[:2]
    area = cv2.contourArea(np.asarray(quad, np.float32))
    return min(height, width) <= _SMALL and area >= _FILLED * height * width


def _by_text(counts: Callable[[str, str], bool]) -> Callable[[Recognition, Recognition], bool]:
    return lambda result, before: counts(result.text, before.text)


def cut_out(picture: np.ndarray, quads: Sequence[np.ndarray] | np.ndarray) -> list[np.ndarray]:
    """The crops of quads [4, 2], see geometry.crop."""
    with step("cut out the lines"):
        return [geometry.crop(picture, quad) for quad in quads]


def _told(page: Page) -> float:
    """How many characters a page tells, each as much as it is sure."""
    return sum(len(line.text) * line.confidence for line in page.lines)


def _correct_zeros(pages: list[FoundQuads], results: list[tuple[Recognition, bool]]) -> None:
    crops = [crop for page in pages for crop in page.crops]
    for i, (crop, (result, turned)) in enumerate(zip(crops, results, strict=True)):
        if not turned:
            results[i] = zeros.corrected(result, crop), turned


def timing_ms(seconds: dict[str, float]) -> dict[str, float]:
    """Milliseconds by stage, with their total."""
    stages = seconds | {"total": sum(seconds.values())}
    return {name: round(value * 1000, 3) for name, value in stages.items()}


def _chosen(indices: Sequence[int], flags: Sequence[bool]) -> list[int]:
    return [i for i, flag in zip(indices, flags, strict=True) if flag]
