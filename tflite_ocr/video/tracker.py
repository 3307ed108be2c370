"""From planned frames to frames with tracked text: follows, reads and decides what is the same text."""

import itertools
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np

from tflite_ocr import geometry
from tflite_ocr.page import TextLine, TrackedLine
from tflite_ocr.video.changes import Box, touches
from tflite_ocr.video.counts import Counts
from tflite_ocr.video.extent import is_part, is_whole, stands_still, tells_more
from tflite_ocr.video.follow import Template
from tflite_ocr.video.frames import Frame, VideoFrame
from tflite_ocr.video.key_search import KeySearch
from tflite_ocr.video.known import KnownTexts
from tflite_ocr.video.matching import match
from tflite_ocr.video.plan import Step
from tflite_ocr.video.search import Search, TextReader
from tflite_ocr.video.segment import Segment, bridged
from tflite_ocr.video.tracks import Track, TrackSummary, stitched
from tflite_ocr.video.verdict import Verdict, is_value, judge, may_be_misread, record, shrinks

_MOST_MISSES = 3  # key frames in which the detector may overlook a text that is still to be seen
_VOTES, _CERTAIN = 3, 0.95  # a moving text is read so often, unless a reading was this confident

_RUNNING = 0.5  # pixels a frame
_LONGEST_STRIP = 500  # characters of a text that runs through the picture: what comes then is another text

_Way = Sequence[np.ndarray | None]  # the quad in every frame of a segment
_Ways = list[tuple[Track, _Way]]


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
        self._reader, self._exact = reader, exact
        self.counts = Counts()
        self._search = KeySearch(search, self.counts, exact)
        self._known = KnownTexts()
        self._segment: Segment | None = None
        self._size = 0, 0

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
            for track in self._known.present:
                track.touched = 0
            return [*self._flush(), *self._unchanged(step.frame)]
        self._segment.add(step, self._known.present)
        return self._at_key(step, found) if step.key else []

    def end(self) -> list[VideoFrame]:
        """The frames after the last key."""
        result = self._flush() if self._segment else []
        self._known.finish()
        return result

    def texts(self) -> list[TrackSummary]:
        """All texts so far by the time of their coming, also those still in sight."""
        return self._known.texts()

    def _unchanged(self, frame: Frame) -> list[VideoFrame]:
        """A frame that shows what the last key showed."""
        segment = Segment(*self._size)
        segment.steps.append(Step(frame, False, False, None, None, 0.0))
        return self._emit(segment, [(track, [track.quad]) for track in self._known.present])

    def _flush(self) -> list[VideoFrame]:
        """The frames since the last key, when no key ends them: what was between has gone again."""
        segment, self._segment = self._segment, Segment(*self._size)
        if not segment.steps:
            return []
        ways = []
        for track in self._known.present:
            path = segment.path(track)
            track.quad = path.start
            ways.append((track, path.quads))
        return self._emit(segment, ways)

    def _emit(self, segment: Segment, ways: _Ways) -> list[VideoFrame]:
        """The frames of a segment with the texts whose quads `ways` has."""
        result = []
        for number, step in enumerate(segment.steps):
            frame = step.frame
            shown = [
                (track, quads[number])
                for track, quads in ways
                if track.id and number < len(quads) and quads[number] is not None
            ]
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
        quads, areas = self._search.quads(segment, step, self._known.present, found)
        places = [Box.around(quad) for quad in quads]
        looked = [
            track
            for track in self._known.present
            if areas is None or not segment.path(track).verified or any(track.box.overlap(area) for area in areas)
        ]
        known = [] if self._exact else [track for track in looked if segment.path(track).verified]
        told = {
            j: track
            for j, (quad, place) in enumerate(zip(quads, places, strict=True))
            for track in known
            if is_part(quad, place, track) and not tells_more(quad, place, track, *self._size)
        }
        rest = [j for j in range(len(quads)) if j not in told]
        matches = match([track.box for track in looked], [places[j] for j in rest])
        new = [quads[rest[j]] for j in matches.new]
        jobs = [_Job(None, new[j]) for j in geometry.reading_order(np.array(new, np.float32))]
        for i, j in matches.pairs:
            outgrown = tells_more(quads[rest[j]], places[rest[j]], looked[i], *self._size)
            if self._exact or outgrown or not segment.path(looked[i]).verified:
                jobs.append(_Job(looked[i], quads[rest[j]], outgrown))
        seen = _unique([*told.values(), *(looked[i] for i, _ in matches.pairs)])
        for track in seen:
            track.misses = 0
        gone = [looked[i] for i, _ in matches.absorbed if looked[i] not in seen]
        for track in (looked[i] for i in matches.missed if looked[i] not in seen):
            self._overlooked(segment, track, jobs, gone)
        if not self._exact:
            jobs += self._read_again(segment, {id(job.track) for job in jobs} | {id(track) for track in gone})
        return self._settle(segment, step, jobs, gone)

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

    def _read_again(self, segment: Segment, decided: set[int]) -> list[_Job]:
        """Texts that may have become others, and texts that have moved and may be read better now than before."""
        return [
            _Job(track, track.quad)
            for track in self._known.present
            if track.id
            and id(track) not in decided
            and segment.path(track).verified
            and (
                track.doubt is not None
                or (
                    track.reads < _VOTES
                    and track.confidence < _CERTAIN
                    and np.abs(track.quad - segment.path(track).start).max() > 1
                )
            )
        ]

    def _settle(self, segment: Segment, step: Step, jobs: list[_Job], gone: list[Track]) -> list[VideoFrame]:
        """Reads what is to be read, and by it continues, ends and begins tracks."""
        picture = step.frame.picture
        lines = self._reader.read_quads(picture.bgr(), [job.quad for job in jobs]) if jobs else []
        self.counts.read += len(jobs)
        answers = [(job, line) for job, line in zip(jobs, lines, strict=True) if job.track]
        ways: _Ways = []
        kept = []
        for track in self._known.present:
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
        self._known.present = kept
        for job, line in zip(jobs, lines, strict=True):
            if job.track is None:
                track, way = self._newcomer(segment, step, job.quad, line)
                # A text that was lost in this very segment and found again goes one way, not two.
                way = next((_filled(way, old, segment.path(track).start) for known, old in ways if known is track), way)
                ways = [(known, old) for known, old in ways if known is not track] + [(track, way)]
        self._known.forget(step.frame.time_s)
        return self._emit(segment, ways)

    def _continued(self, segment: Segment, step: Step, job: _Job, line: TextLine | None) -> tuple[_Ways, list[Track]]:
        """What a reading makes of a known text: its way through the segment, and what goes on after it."""
        track, path, luma = job.track, segment.path(job.track), step.frame.picture.luma
        whole = is_whole(job.quad, *self._size) or (stands_still(path.start, job.quad) and not shrinks(track, line))
        moving = track.touched > 1 and touches(step.moved, Box.around(job.quad))
        strip = self._strip(job, line, path.verified)
        if strip:
            line, verdict = replace(line, text=strip), Verdict.SAME if strip == track.text else Verdict.GROWN
        else:
            verdict = judge(track, line, path.verified, whole, job.outgrown, moving)
        if verdict is Verdict.UNSURE or (verdict is Verdict.OTHER and moving and may_be_misread(track, line)):
            verdict = self._look_twice(segment, job, line, verdict)
        record(track, line, verdict, path.verified, whole)
        self._known.name(track)
        if verdict is Verdict.GONE:
            return [self._end(segment, track)], []
        start, quads = path.start, path.quads
        if verdict is Verdict.OTHER:
            changed = min(path.lost_at(), len(quads) - 1)
            ended = track, self._end(segment, track)[1][:changed]
            after = self._known.begin(luma, job.quad, step.frame.time_s)
            after.unrest, after.velocity, after.touched = track.unrest, track.velocity, track.touched
            if is_value(track.text, line.text):
                after.id = track.id
            self._known.say(after, line, whole)
            if changed:
                start = next((quad for quad in reversed(quads[:changed]) if quad is not None), start)
            way = [None] * changed + bridged(quads[changed:], start, job.quad)
            return [ended, (after, way)], [after]
        if self._exact or job.outgrown or not path.verified:
            track.template, track.template_quad, track.quad = Template(luma, job.quad), job.quad, job.quad
        return [(track, bridged(quads, start, track.quad))], [track]

    def _strip(self, job: _Job, line: TextLine | None, verified: bool) -> str | None:
        """What has been seen of a text that runs through the picture and is cut by its edges; None of others."""
        if line is None or verified or is_whole(job.quad, *self._size):
            return None
        strip = stitched(job.track.text, line.text)
        if strip is None or len(strip) > _LONGEST_STRIP:
            return None
        runs = len(strip) > len(job.track.text) or abs(job.track.velocity[0]) > _RUNNING
        return strip if runs else None

    def _newcomer(self, segment: Segment, step: Step, quad: np.ndarray, line: TextLine | None) -> tuple[Track, _Way]:
        """A quad of no known text: a text that was lost and is back, or a new one, traced back to its coming."""
        track = self._known.begin(step.frame.picture.luma, quad, step.frame.time_s)
        way, whole = segment.trace_back(track), is_whole(quad, *self._size)
        back = self._known.come_back(track, line, self._size[0], not whole) if line else None
        track = back or track
        self._known.say(track, line, whole)
        self._known.present.append(track)
        return track, way

    def _end(self, segment: Segment, track: Track) -> tuple[Track, _Way]:
        """Loses a text; its way up to where it was seen last."""
        self._known.lose(track)
        path = segment.path(track)
        return track, bridged(path.quads[: path.lost_at()], path.start, None)

    def _look_twice(self, segment: Segment, job: _Job, line: TextLine, verdict: Verdict) -> Verdict:
        """Asks an earlier frame, halfway back to where a text began to look otherwise, whether it is another one."""
        path = segment.path(job.track)
        if self._exact or path.looks_other is None:
            return verdict
        number = (path.looks_other + len(segment.steps) - 1) // 2
        if number == len(segment.steps) - 1 or path.quads[number] is None:
            return verdict
        self.counts.read += 1
        again = self._reader.read_quads(segment.steps[number].frame.picture.bgr(), [path.quads[number]])[0]
        return Verdict.OTHER if again is not None and again.text == line.text else Verdict.UNSURE


def _filled(way: _Way, old: _Way, start: np.ndarray) -> _Way:
    """A way with what another one knows of its beginning."""
    return bridged([a if a is not None else b for a, b in itertools.zip_longest(way, old)], start, None)


def _unique(tracks: Sequence[Track]) -> list[Track]:
    return list({id(track): track for track in tracks}.values())


def _tracked(track: Track, quad: np.ndarray) -> TrackedLine:
    corners = tuple((float(x), float(y)) for x, y in quad)
    return TrackedLine(track.text, track.confidence, corners, track.id)
