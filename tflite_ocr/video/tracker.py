"""From planned frames to frames with tracked text: follows tracks, reads quads and decides which texts are the same."""

import itertools
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np

from tflite_ocr import geometry
from tflite_ocr.geometry import Box
from tflite_ocr.page import TextLine, TrackedLine
from tflite_ocr.video.changes import touches
from tflite_ocr.video.follow import Template
from tflite_ocr.video.frames import Counts, Frame, VideoFrame
from tflite_ocr.video.known import KnownTexts
from tflite_ocr.video.matching import is_part, is_whole, lacks_an_end, match, shows_more, stands_still, with_room
from tflite_ocr.video.plan import Step
from tflite_ocr.video.search import KeySearch, Search, TextReader
from tflite_ocr.video.segment import Segment, bridged
from tflite_ocr.video.tracks import Track, TrackSummary, has_grown, is_piece, stitched
from tflite_ocr.video.verdict import Verdict, is_value, judge, may_be_misread, record

_MOST_MISSES = 3  # key frames in which the detector may miss a text that is still visible
_VOTES, _CERTAIN = 3, 0.95  # a moving text is read this often, unless a reading was this confident

_AS_SURE = 0.85  # confidence from which the longer reading is taken
_LONGEST_STRIP = 500  # characters of a scrolling text; what follows is another text

_Trajectory = Sequence[np.ndarray | None]  # the quad in every frame of a segment
_Trajectories = list[tuple[Track, _Trajectory]]
_NO_TILES = np.zeros((0, 0), bool)


@dataclass(frozen=True)
class _Job:
    """A quad to read, float32 [4, 2], of a track or of a new one; outgrown if it shows more of the text than before."""

    track: Track | None
    quad: np.ndarray
    outgrown: bool = False


class Tracker:
    """Takes steps and returns their frames, both in order, at the latest with the next key."""

    def __init__(self, reader: TextReader, search: Search, exact: bool = False):
        """For a recogniser of crops and the detectors; `exact` reads every detected text, and shows no others."""
        self._reader, self._exact = reader, exact
        self.counts = Counts()
        self._search = KeySearch(search, self.counts, exact)
        self._known = KnownTexts()
        self._size = 0, 0
        self._segment = Segment(*self._size)

    def take(self, step: Step, found: "Future[Sequence[np.ndarray]] | None" = None) -> list[VideoFrame]:
        """Takes one more frame and gives those that are finished; `found` is the search of a key that runs already."""
        self._size = step.frame.picture.width, step.frame.picture.height
        if not self._segment.steps:
            self._segment = Segment(*self._size)
        if not step.pending:
            for track in self._known.present:
                track.touched = 0
            return [*self._flush(), *self._unchanged(step.frame)]
        self._segment.add(step, self._known.present)
        return self._at_key(step, found) if step.key else []

    def end(self) -> list[VideoFrame]:
        """The frames after the last key."""
        result = self._flush()
        self._known.finish()
        return result

    def texts(self) -> list[TrackSummary]:
        """All texts so far in the order of their first appearance, including those still visible."""
        return self._known.texts()

    def _unchanged(self, frame: Frame) -> list[VideoFrame]:
        """Emits a frame that shows the same as the last key; doubts of that key are settled by it."""
        segment, step = Segment(*self._size), Step(frame, False, False, _NO_TILES, _NO_TILES, 0.0)
        doubtful = [_Job(track, track.quad) for track in self._known.present if track.doubt is not None]
        if doubtful:
            segment.add(step, self._known.present)
            return self._settle(segment, step, doubtful, [])
        segment.steps.append(step)
        return self._emit(segment, [(track, [track.quad]) for track in self._known.present])

    def _flush(self) -> list[VideoFrame]:
        """Emits the frames since the last key when the picture has reverted to it."""
        segment, self._segment = self._segment, Segment(*self._size)
        if not segment.steps:
            return []
        trajectories: _Trajectories = []
        for track in self._known.present:
            path = segment.path(track)
            track.quad = path.start
            trajectories.append((track, path.quads))
        return self._emit(segment, trajectories)

    def _emit(self, segment: Segment, trajectories: _Trajectories) -> list[VideoFrame]:
        """Makes the frames of a segment, with the text of each trajectory."""
        result = []
        for number, step in enumerate(segment.steps):
            frame = step.frame
            seen = [(track, quads[number]) for track, quads in trajectories if track.id and number < len(quads)]
            shown = [(track, quad) for track, quad in seen if quad is not None]
            for track, _ in shown:
                track.first_s = min(track.first_s, frame.time_s)
                track.last_s = max(track.last_s, frame.time_s + frame.duration_s)
            order = geometry.reading_order(np.array([quad for _, quad in shown], np.float32))
            lines = tuple(
                TrackedLine(track.text, track.confidence, geometry.corners_of(quad), track.id)
                for track, quad in (shown[i] for i in order)
            )
            self.counts.frames += 1
            self.counts.seen += len(lines)
            result.append(VideoFrame(frame, lines))
        return result

    # --- keys ---------------------------------------------------------------------------------------------

    def _at_key(self, step: Step, found: "Future[Sequence[np.ndarray]] | None") -> list[VideoFrame]:
        segment, self._segment = self._segment, Segment(*self._size)
        quads, areas = self._search.quads(segment, step, self._known.present, found)
        places = [Box.around(quad) for quad in quads]
        searched = [
            track
            for track in self._known.present
            if areas is None or not segment.path(track).verified or any(track.box.overlap(area) for area in areas)
        ]
        known = [] if self._exact else [track for track in searched if segment.path(track).verified]
        explained = {
            j: track
            for j, (quad, place) in enumerate(zip(quads, places, strict=True))
            for track in known
            if is_part(quad, place, track) and not shows_more(quad, place, track, *self._size)
        }
        others = [j for j in range(len(quads)) if j not in explained]
        matches = match([track.box for track in searched], [places[j] for j in others])
        new = [quads[others[j]] for j in matches.new]
        jobs = [_Job(None, new[j]) for j in geometry.reading_order(np.array(new, np.float32))]
        for i, j in matches.pairs:
            outgrown = shows_more(quads[others[j]], places[others[j]], searched[i], *self._size)
            if self._exact or outgrown or not segment.path(searched[i]).verified:
                jobs.append(_Job(searched[i], quads[others[j]], outgrown))
        seen = [*explained.values(), *(searched[i] for i, _ in matches.pairs)]
        for track in seen:
            track.misses = 0
        ended = [searched[i] for i, _ in matches.absorbed if searched[i] not in seen]
        for track in (searched[i] for i in matches.missed if searched[i] not in seen):
            self._overlooked(segment, track, jobs, ended)
        if not self._exact:
            jobs += self._read_again(segment, {id(job.track) for job in jobs} | {id(track) for track in ended})
        return self._settle(segment, step, jobs, ended)

    def _overlooked(self, segment: Segment, track: Track, jobs: list[_Job], ended: list[Track]) -> None:
        """Handles a track without a quad: kept for some keys while it looks as before, else read again at its place."""
        path = segment.path(track)
        if self._exact or not path.seen:
            ended.append(track)
        elif not path.verified:
            jobs.append(_Job(track, track.quad))
        else:
            track.misses += 1
            if track.misses > _MOST_MISSES:
                ended.append(track)

    def _read_again(self, segment: Segment, decided: set[int]) -> list[_Job]:
        """Jobs for texts that may have changed, and for moved texts that may be read better than before."""
        jobs = []
        for track in self._known.present:
            path, unsure = segment.path(track), track.reads < _VOTES and track.confidence < _CERTAIN
            if track.id and id(track) not in decided and path.verified:
                if track.doubt is not None or (unsure and np.abs(track.quad - path.start).max() > 1):
                    jobs.append(_Job(track, track.quad))
        return jobs

    def _settle(self, segment: Segment, step: Step, jobs: list[_Job], ended: list[Track]) -> list[VideoFrame]:
        """Runs the jobs, and continues, ends and begins tracks by what was read."""
        picture = step.frame.picture
        lines = self._read(picture.bgr(), jobs) if jobs else []
        answers = {id(job.track): (job, line) for job, line in zip(jobs, lines, strict=True) if job.track}
        trajectories: _Trajectories = []
        kept: list[Track] = []
        for track in self._known.present:
            answer = answers.get(id(track))
            if track in ended:
                trajectories.append(self._end(segment, track))
            elif answer is None:
                trajectories.append((track, bridged(segment.path(track).quads, segment.path(track).start, track.quad)))
                kept.append(track)
            else:
                new_trajectories, after = self._continued(segment, step, track, *answer)
                trajectories += new_trajectories
                kept += after
        self._known.present = kept
        for job, line in zip(jobs, lines, strict=True):
            if job.track is None:
                track, quads = self._newcomer(segment, step, job.quad, line)
                # A text that was lost and found again within this segment has one trajectory, not two.
                for known, old in trajectories:
                    if known is track:
                        merged = [a if a is not None else b for a, b in itertools.zip_longest(quads, old)]
                        quads = bridged(merged, segment.path(track).start, None)
                trajectories = [(known, old) for known, old in trajectories if known is not track] + [(track, quads)]
        self._known.forget(step.frame.time_s)
        return self._emit(segment, trajectories)

    def _read(self, image: np.ndarray, jobs: list[_Job]) -> list[TextLine | None]:
        """Reads the quads of jobs, and wider ones, put into their jobs, of known texts of which too little is found."""
        lines = self._reader.read_quads(image, [job.quad for job in jobs])
        wider = {}
        for number, (job, line) in enumerate(zip(jobs, lines, strict=True)):
            if job.track and job.track.text:
                if line is None:
                    wider[number] = with_room(job.quad)
                elif lacks_an_end(job.quad, job.track):
                    wider[number] = job.track.quad
        again = self._reader.read_quads(image, list(wider.values())) if wider else []
        self.counts.read += len(lines) + len(again)
        for (number, quad), line in zip(wider.items(), again, strict=True):
            before = lines[number]
            if line and (before is None or (has_grown(before.text, line.text) and line.confidence >= _AS_SURE)):
                jobs[number], lines[number] = replace(jobs[number], quad=quad), line
        return lines

    def _continued(
        self, segment: Segment, step: Step, track: Track, job: _Job, line: TextLine | None
    ) -> tuple[_Trajectories, list[Track]]:
        """Applies a reading to a known track; returns trajectories through the segment, and the tracks after it."""
        path, luma = segment.path(track), step.frame.picture.luma
        shrinks = line is not None and is_piece(line.text, track.text)  # as when a text leaves the picture
        still = path.seen and stands_still(path.start, track.quad)
        stands = still or stands_still(path.start, job.quad)  # detectors vary in where a text begins and ends
        whole = is_whole(job.quad, *self._size) or (stands and not shrinks)
        moving = track.touched > 1 and touches(step.moved, Box.around(job.quad))
        strip = None if path.verified else self._strip(track, job.quad, line, still)
        if strip and line:
            line, verdict = replace(line, text=strip), Verdict.SAME if strip == track.text else Verdict.GROWN
        else:
            verdict = judge(track, line, path.verified, whole, job.outgrown, moving)
        if line and (
            verdict is Verdict.UNSURE or (verdict is Verdict.OTHER and moving and may_be_misread(track, line))
        ):
            verdict = self._look_twice(segment, track, line, verdict)
        record(track, line, verdict, moving and not path.verified, whole)
        self._known.name(track)
        if verdict is Verdict.GONE:
            return [self._end(segment, track)], []
        start, quads = path.start, path.quads
        if line and verdict is Verdict.OTHER:
            changed = min(path.lost_at(), len(quads) - 1)
            earlier = self._end(segment, track)[1][:changed]
            after = self._known.begin(luma, job.quad, step.frame.time_s)
            after.unrest, after.velocity, after.touched = track.unrest, track.velocity, track.touched
            if is_value(track.text, line.text):
                after.id = track.id
            self._known.say(after, line, whole)
            if changed:
                start = next((quad for quad in reversed(quads[:changed]) if quad is not None), start)
            later = [None] * changed + bridged(quads[changed:], start, job.quad)
            return [(track, earlier), (after, later)], [after]
        if self._exact or job.outgrown or not path.verified:
            track.template, track.template_quad, track.quad = Template(luma, job.quad), job.quad, job.quad
        return [(track, bridged(quads, start, track.quad))], [track]

    def _strip(self, track: Track, quad: np.ndarray, line: TextLine | None, still: bool) -> str | None:
        """The whole so far of a text that scrolls through the picture and is cut by its border; None for others."""
        if line is None or is_whole(quad, *self._size) or (still and is_value(track.text, line.text)):
            return None
        strip = stitched(track.text, line.text)
        if strip is None or len(strip) > _LONGEST_STRIP:
            return None
        return None if still and len(strip) <= len(track.text) else strip

    def _newcomer(
        self, segment: Segment, step: Step, quad: np.ndarray, line: TextLine | None
    ) -> tuple[Track, _Trajectory]:
        """Handles an unmatched quad: revives a lost track or starts one, back to its first frame."""
        track = self._known.begin(step.frame.picture.luma, quad, step.frame.time_s)
        quads, whole = segment.trace_back(track), is_whole(quad, *self._size)
        back = self._known.come_back(track, line, self._size[0], not whole) if line else None
        track = back or track
        self._known.say(track, line, whole)
        self._known.present.append(track)
        return track, quads

    def _end(self, segment: Segment, track: Track) -> tuple[Track, _Trajectory]:
        """Ends a track; returns it with its trajectory up to where it was seen last."""
        self._known.lose(track)
        path = segment.path(track)
        return track, bridged(path.quads[: path.lost_at()], path.start, None)

    def _look_twice(self, segment: Segment, track: Track, line: TextLine, verdict: Verdict) -> Verdict:
        """Reads an earlier frame, halfway back to where the text began to look different, to confirm a change."""
        path = segment.path(track)
        if self._exact or path.changed_at is None:
            return verdict
        number = (path.changed_at + len(segment.steps) - 1) // 2
        quad = path.quads[number]
        if number == len(segment.steps) - 1 or quad is None:
            return verdict
        self.counts.read += 1
        again = self._reader.read_quads(segment.steps[number].frame.picture.bgr(), [quad])[0]
        return Verdict.OTHER if again is not None and again.text == line.text else Verdict.UNSURE
