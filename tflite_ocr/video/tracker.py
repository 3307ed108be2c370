"""From planned frames to frames with tracked text: follows, searches, reads and decides what is the same text."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np

from tflite_ocr import geometry
from tflite_ocr.results import TextLine, TrackedLine
from tflite_ocr.video.changes import Box, boxes_of
from tflite_ocr.video.follow import Template
from tflite_ocr.video.frames import Frame, VideoFrame
from tflite_ocr.video.matching import is_inside, match
from tflite_ocr.video.plan import Step
from tflite_ocr.video.search import PART_SHARE, Search, TextReader, parts_to_search
from tflite_ocr.video.segment import Segment, bridged
from tflite_ocr.video.tracks import Track, TrackSummary, similarity, summary
from tflite_ocr.video.verdict import Verdict, judge, record

_FORGOTTEN_S = 1.0  # after this time out of sight a text that comes back is a new one
_MOST_MISSES = 3  # key frames in which the detector may overlook a text that is still to be seen
_VOTES, _CERTAIN = 3, 0.95  # a moving text is read so often, unless a reading was this confident
_ALIKE = 0.8  # similarity of readings of one text
_EDGE = 2  # pixels from the picture's edge: a text this near may go on outside
_OUTGROWN = 0.6  # line heights that a quad must be longer on some side to be more than the text that is known

_Ways = list[tuple[Track, Sequence[np.ndarray | None]]]


@dataclass
class Counts:
    """What was really computed.

    Attributes:
        frames: Frames that came out.
        searched: Frames that the detector searched as a whole.
        searched_in_part: Frames of which it searched only what had changed.
        seen: Lines of text in all frames together.
        read: Crops that the recogniser read.
    """

    frames: int = 0
    searched: int = 0
    searched_in_part: int = 0
    seen: int = 0
    read: int = 0


@dataclass(frozen=True)
class _Job:
    """A quad to read, of a track or of none yet."""

    track: Track | None
    quad: np.ndarray
    outgrown: bool = False


class Tracker:
    """Takes steps in order, gives frames back in order, at the latest with the next key."""

    def __init__(self, reader: TextReader, search: Search, exact: bool = False):
        """Prepares.

        Args:
            reader: Reads the crops.
            search: Finds text.
            exact: Every text that is found is read, and only such are shown.
        """
        self._reader, self._search, self._exact = reader, search, exact
        self.counts = Counts()
        self._tracks: list[Track] = []
        self._lost: list[Track] = []
        self._finished: list[TrackSummary] = []
        self._segment: Segment | None = None
        self._key_luma: np.ndarray | None = None
        self._size = 0, 0
        self._last_id = 0

    def take(self, step: Step, found: "Future[np.ndarray] | None" = None) -> list[VideoFrame]:
        """One more frame.

        Args:
            step: The frame and its plan.
            found: For keys, the search of the whole picture when it has begun already.

        Returns:
            The frames that are finished now.
        """
        self._size = step.frame.picture.width, step.frame.picture.height
        if self._segment is None:
            self._segment = Segment(*self._size)
        if not step.pending:
            return [*self._flush(), *self._unchanged(step.frame)]
        self._segment.add(step, self._tracks)
        return self._at_key(step, found) if step.key else []

    def end(self) -> list[VideoFrame]:
        """The frames after the last key."""
        result = self._flush() if self._segment else []
        self._finished += [summary(track) for track in (*self._tracks, *self._lost) if track.id]
        self._tracks, self._lost = [], []
        return result

    def texts(self) -> list[TrackSummary]:
        """All texts so far by the time of their coming, also those still in sight."""
        shown = [summary(track) for track in (*self._tracks, *self._lost) if track.id]
        return sorted((*self._finished, *shown), key=lambda text: (text.start_s, text.id))

    def _unchanged(self, frame: Frame) -> list[VideoFrame]:
        """A frame that shows what the last key showed."""
        segment = Segment(*self._size)
        segment.steps.append(Step(frame, False, False, None, None, 0.0))
        return self._emit(segment, [(track, [track.quad]) for track in self._tracks])

    def _flush(self) -> list[VideoFrame]:
        """The frames since the last key, when no key ends them: what was between has gone again."""
        segment, self._segment = self._segment, Segment(*self._size)
        if not segment.steps:
            return []
        ways = []
        for track in self._tracks:
            path = segment.path(track)
            track.quad = path.start
            ways.append((track, path.quads))
        return self._emit(segment, ways)

    def _emit(self, segment: Segment, ways: _Ways) -> list[VideoFrame]:
        """The frames of a segment with the texts whose quads `ways` has."""
        result = []
        for number, step in enumerate(segment.steps):
            frame = step.frame
            shown = [(track, quads[number]) for track, quads in ways
                     if track.id and number < len(quads) and quads[number] is not None]  # fmt: skip
            for track, _ in shown:
                track.first_s = min(track.first_s, frame.time_s)
                track.last_s = max(track.last_s, frame.time_s + frame.duration_s)
            order = geometry.reading_order(np.array([quad for _, quad in shown], np.float32))
            lines = tuple(_tracked(*shown[i]) for i in order)
            self.counts.frames += 1
            self.counts.seen += len(lines)
            result.append(VideoFrame(frame, lines))
        return result

    # --- keys ---------------------------------------------------------------------------------------------

    def _at_key(self, step: Step, found: "Future[np.ndarray] | None") -> list[VideoFrame]:
        segment, self._segment = self._segment, Segment(*self._size)
        quads, areas = self._searched(segment, step, found)
        places = [Box.around(quad) for quad in quads]
        looked = [track for track in self._tracks if areas is None or not segment.path(track).verified
                  or any(track.box.overlap(area) for area in areas)]  # fmt: skip
        known = [] if self._exact else [track for track in looked if segment.path(track).verified]
        told = {j: track for j, place in enumerate(places) for track in known if is_inside(place, track.box)}
        rest = [j for j in range(len(quads)) if j not in told]
        matches = match([track.box for track in looked], [places[j] for j in rest])
        jobs = [_Job(None, quads[rest[j]]) for j in matches.new]
        for i, j in matches.pairs:
            outgrown = _outgrows(places[rest[j]], looked[i])
            if self._exact or outgrown or not segment.path(looked[i]).verified:
                jobs.append(_Job(looked[i], quads[rest[j]], outgrown))
        seen = _unique([*told.values(), *(looked[i] for i, _ in matches.pairs)])
        for track in seen:
            track.misses = 0
        gone = [looked[i] for i, _ in matches.absorbed if looked[i] not in seen]
        for track in (looked[i] for i in matches.missed if looked[i] not in seen):
            self._overlooked(segment, track, jobs, gone)
        if not self._exact:
            jobs += self._more_votes(segment, [job.track for job in jobs], seen)
        return self._settle(segment, step, jobs, gone)

    def _searched(
        self, segment: Segment, step: Step, found: "Future[np.ndarray] | None"
    ) -> tuple[Sequence[np.ndarray], list[Box] | None]:
        """The quads of a key, and the parts that were searched for them; None for the whole picture."""
        luma = step.frame.picture.luma
        before, self._key_luma = self._key_luma, luma
        if found is None and before is not None and not self._exact:
            width, height = self._size
            again = [track.box.grown(round(track.height / 4), width, height) for track in self._tracks
                     if segment.path(track).seen]  # fmt: skip
            areas = parts_to_search(boxes_of(step.fresh, width, height), again, luma, before, step.tolerance)
            if not areas:
                return [], []
            if sum(area.area for area in areas) <= PART_SHARE * width * height:
                parts = self._search.parts(step.frame.picture, areas)
                if parts is not None:
                    self.counts.searched_in_part += 1
                    return parts
        self.counts.searched += 1
        return (found or self._search.submit(step.frame.picture)).result(), None

    def _overlooked(self, segment: Segment, track: Track, jobs: list[_Job], gone: list[Track]) -> None:
        """A text without a quad: it stays for some keys if it is still to be seen, and is read where it is if not."""
        path = segment.path(track)
        if self._exact or not path.seen:
            gone.append(track)
        elif not path.verified:
            jobs.append(_Job(track, track.quad))
        else:
            track.misses += 1
            if track.misses > _MOST_MISSES:
                gone.append(track)

    def _more_votes(self, segment: Segment, taken: list[Track | None], seen: list[Track]) -> list[_Job]:
        """Texts that have moved and may be read better now than before."""
        return [
            _Job(track, track.quad) for track in seen
            if track not in taken and track.id and track.reads < _VOTES and track.confidence < _CERTAIN
            and np.abs(track.quad - segment.path(track).start).max() > 1
        ]  # fmt: skip

    def _settle(self, segment: Segment, step: Step, jobs: list[_Job], gone: list[Track]) -> list[VideoFrame]:
        """Reads what is to be read, and by it continues, ends and begins tracks."""
        picture = step.frame.picture
        lines = self._reader.read_quads(picture.bgr(), [job.quad for job in jobs]) if jobs else []
        self.counts.read += len(jobs)
        answers = [(job, line) for job, line in zip(jobs, lines, strict=True) if job.track]
        ways: _Ways = []
        kept = []
        for track in self._tracks:
            job, line = next(((job, line) for job, line in answers if job.track is track), (None, None))
            if track in gone:
                ways.append(self._end(segment, track))
            elif job is None:
                ways.append((track, bridged(segment.path(track).quads, segment.path(track).start, track.quad)))
                kept.append(track)
            else:
                new_ways, after = self._continued(segment, step, job, line)
                ways += new_ways
                kept += after
        self._tracks = kept
        for job, line in zip(jobs, lines, strict=True):
            if job.track is None:
                ways.append(self._newcomer(segment, step, job.quad, line))
        self._forget(step.frame.time_s)
        return self._emit(segment, ways)

    def _continued(self, segment: Segment, step: Step, job: _Job, line: TextLine | None) -> tuple[_Ways, list[Track]]:
        """What a reading makes of a known text: its way through the segment, and what goes on after it."""
        track, path, luma = job.track, segment.path(job.track), step.frame.picture.luma
        still = np.abs(path.start - track.quad).max() < 1 and not job.outgrown
        whole = still or self._is_whole(job.quad)
        verdict = judge(track, line, path.verified and not job.outgrown, whole, job.outgrown)
        record(track, line, verdict, path.verified, whole)
        self._name(track)
        if verdict is Verdict.GONE:
            return [self._end(segment, track)], []
        start, quads = path.start, path.quads
        if verdict is Verdict.OTHER:
            changed = min(path.lost_at(), len(quads) - 1)
            ended = self._end(segment, track)
            after = self._begin(luma, job.quad, step.frame.time_s)
            after.unrest, after.velocity = track.unrest, track.velocity
            self._say(after, line, whole)
            if changed:
                start = next((quad for quad in reversed(quads[:changed]) if quad is not None), start)
            way = [None] * changed + bridged(quads[changed:], start, job.quad)
            return [ended, (after, way)], [after]
        if self._exact or job.outgrown or not path.verified:
            track.template, track.template_quad, track.quad = Template(luma, job.quad), job.quad, job.quad
        return [(track, bridged(quads, start, track.quad))], [track]

    def _newcomer(
        self, segment: Segment, step: Step, quad: np.ndarray, line: TextLine | None
    ) -> tuple[Track, Sequence[np.ndarray | None]]:
        """A quad of no known text: a text that was lost and is back, or a new one, traced back to its coming."""
        track = self._begin(step.frame.picture.luma, quad, step.frame.time_s)
        way = segment.trace_back(track)
        back = self._lost_one(track, line) if line else None
        if back is not None:
            self._lost.remove(back)
            back.template, back.template_quad, back.quad = track.template, quad, quad
            back.velocity, back.misses = track.velocity, 0
            track = back
        self._say(track, line, self._is_whole(quad))
        self._tracks.append(track)
        return track, way

    def _lost_one(self, track: Track, line: TextLine) -> Track | None:
        """The lost text nearest to a new one that says the same, if it may have come from there."""
        alike = [lost for lost in self._lost if lost.id and similarity(lost.text, line.text) >= _ALIKE]
        distance = {id(lost): float(np.linalg.norm(lost.quad.mean(axis=0) - track.quad.mean(axis=0))) for lost in alike}
        best = min(alike, key=lambda lost: distance[id(lost)], default=None)
        return best if best and distance[id(best)] <= 3 * track.height + self._size[0] / 20 else None

    def _begin(self, luma: np.ndarray, quad: np.ndarray, now_s: float) -> Track:
        return Track(0, quad, Template(luma, quad), quad, first_s=now_s, last_s=now_s)

    def _say(self, track: Track, line: TextLine | None, whole: bool) -> None:
        if line is not None:
            track.vote(line, whole)
            self._name(track)

    def _name(self, track: Track) -> None:
        """Gives a track its number with its first text."""
        if track.text and not track.id:
            self._last_id += 1
            track.id = self._last_id

    def _end(self, segment: Segment, track: Track) -> tuple[Track, Sequence[np.ndarray | None]]:
        """Loses a text; its way up to where it was seen last."""
        self._lost.append(track)
        path = segment.path(track)
        return track, bridged(path.quads[: path.lost_at()], path.start, None)

    def _forget(self, now_s: float) -> None:
        """Finishes the texts that have been out of sight for long."""
        self._finished += [summary(t) for t in self._lost if t.id and now_s - t.last_s > _FORGOTTEN_S]
        self._lost = [track for track in self._lost if track.id and now_s - track.last_s <= _FORGOTTEN_S]

    def _is_whole(self, quad: np.ndarray) -> bool:
        low, high = quad.min(axis=0), quad.max(axis=0)
        width, height = self._size
        return bool(min(low) > _EDGE and high[0] < width - 1 - _EDGE and high[1] < height - 1 - _EDGE)


def _outgrows(place: Box, track: Track) -> bool:
    """Whether a box reaches well past a known text to its left or right."""
    margin = _OUTGROWN * track.height
    return place.left < track.box.left - margin or place.right > track.box.right + margin


def _unique(tracks: Sequence[Track]) -> list[Track]:
    return list({id(track): track for track in tracks}.values())


def _tracked(track: Track, quad: np.ndarray) -> TrackedLine:
    corners = tuple((float(x), float(y)) for x, y in quad)
    return TrackedLine(track.text, track.confidence, corners, track.id)
