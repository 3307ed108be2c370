"""The film: its script, captions and layout, and a tiny one built to the end; run by test_drawing.py."""

import itertools
import re
import subprocess
import wave
from dataclasses import replace

import numpy as np
import pytest

from demo.errors import DemoError
from demo.film import easing, facts, fonts, narration, script, theme
from demo.film.script import FilmScene, Script, Sentence
from tflite_ocr.errors import MissingDependencyError

try:
    from demo.film import build, captions, frames, preview
    from demo.film.scenes import batching
    from demo.film.scenes.table import COMPARISON, SCENES
    from demo.film.stage import Stage, measure, wrap
except MissingDependencyError as error:
    pytest.skip(str(error), allow_module_level=True)

CLOCK = r"(\d\d):(\d\d):(\d\d),(\d\d\d)"


@pytest.fixture
def film(fixture_facts):
    return script.load(fixture_facts)


@pytest.fixture(params=["Debian's fonts", "matplotlib's fonts"])
def typefaces(request, monkeypatch):
    """Both sets of fonts; the film has to fit its frame in either."""
    if request.param == "matplotlib's fonts":
        monkeypatch.setattr(fonts, "installed", lambda: False)
    elif not fonts.installed():
        pytest.skip("Debian's fonts-inter and fonts-jetbrains-mono are not installed")
    fonts.font.cache_clear()
    yield request.param
    fonts.font.cache_clear()


def placed_outside(stage):
    return [
        text
        for text in stage.texts
        if text.left < theme.LEFT - 1
        or text.right > theme.RIGHT + 1
        or text.top < theme.TOP - 1
        or text.bottom > theme.BOTTOM + 1
    ]


def overlapping(texts):
    """Pairs of texts whose boxes share more than a sliver."""
    return [
        (first.text, second.text)
        for first, second in itertools.combinations(texts, 2)
        if min(first.right, second.right) - max(first.left, second.left) > 3
        and min(first.bottom, second.bottom) - max(first.top, second.top) > 3
    ]


def probe(path):
    """What FFmpeg says of a file, and its number of frames and seconds."""
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="FFmpeg comes with the [video] extra")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return said.stderr, *imageio_ffmpeg.count_frames_and_secs(str(path))


@pytest.mark.parametrize(
    ("curve", "at_quarter"), [(easing.smooth, 0.15625), (easing.out, 1 - 0.75**5), (lambda x: x, 0.25)]
)
def test_curves_begin_and_end_where_they_should(curve, at_quarter):
    assert (curve(0.0), curve(1.0)) == (0.0, 1.0)
    assert curve(0.25) == pytest.approx(at_quarter)


def test_shares_of_time():
    assert [easing.share(t, 2, 4) for t in (0, 2, 3, 6, 9)] == [0, 0, 0.25, 1, 1]
    assert [easing.share(t, 2, 0) for t in (1, 2)] == [0, 1]
    assert easing.mix(10, 20, 0.3) == pytest.approx(13)
    assert easing.back(1) == 1 and max(easing.back(x / 50) for x in range(51)) > 1.02


def test_the_film_lasts_three_minutes_of_which_one_compares(film):
    assert film.seconds == 180
    assert sum(scene.seconds for scene in film.scenes if scene.kind == COMPARISON) == 60
    assert sum(round(scene.seconds * film.fps) for scene in film.scenes) == 180 * film.fps
    starts = list(itertools.accumulate([0.0, *(scene.seconds for scene in film.scenes)]))
    assert [scene.start_s for scene in film.scenes] == starts[:-1]
    assert {scene.kind for scene in film.scenes} <= {*SCENES, COMPARISON}


def test_sentences_follow_each_other_within_their_scenes(film):
    for scene in film.scenes:
        assert scene.sentences, scene.kind
        for sentence in scene.sentences:
            assert scene.start_s <= sentence.start_s < sentence.end_s <= scene.start_s + scene.seconds
    for first, second in itertools.pairwise(film.sentences):
        assert first.end_s < second.start_s


def write(tmp_path, text):
    path = tmp_path / "script.yaml"
    path.write_text(text, encoding="utf-8")
    return path


HEAD = "film: {fps: 30}\nscenes:\n"


def test_a_figure_that_is_missing_is_said_without_or_refused(tmp_path):
    known = facts.FilmFacts({"ms": "12"})
    said = HEAD + "  - {kind: title, seconds: 2, says: [{at: 0, text: 'takes {ms} ms'}]}\n"
    assert script.load(known, write(tmp_path, said)).sentences[0].text == "takes 12 ms"
    spare = said.replace("'takes {ms} ms'", "'on {gpu}', without: 'no GPU, {ms} ms'")
    assert script.load(known, write(tmp_path, spare)).sentences[0].text == "no GPU, 12 ms"
    left_out = said.replace("'takes {ms} ms'", "'on {gpu}', without: ''")
    assert script.load(known, write(tmp_path, left_out)).sentences == []
    with pytest.raises(DemoError, match="scene 1.*gpu.*without"):
        script.load(known, write(tmp_path, said.replace("{ms}", "{gpu}")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scenes: [", "expected a script"),
        ("scenes: []", "film: fps"),
        (HEAD + "  - {kind: title}", "kind and seconds"),
        (HEAD + "  - {kind: title, seconds: 0}", "above 0"),
        (HEAD + "  - {kind: title, seconds: 1.01}", "whole frames"),
        (HEAD + "  - {kind: title, seconds: 2, says: [{at: 1, text: a}, {at: 0, text: b}]}", "rise"),
        (HEAD + "  - {kind: title, seconds: 2, says: [{at: 3, text: a}]}", "rise"),
        (HEAD + "  - {kind: title, seconds: 2, sound: loud}", "nothing else"),
    ],
)
def test_a_script_that_is_none_is_refused(tmp_path, text, message):
    with pytest.raises(DemoError, match=message):
        script.load(facts.FilmFacts({}), write(tmp_path, text))


def test_facts_are_those_of_report_and_manifest(fixture_report, fixture_facts):
    found = fixture_facts
    pages = fixture_report["sets"][0]["name"]
    times = {row["engine"]: row["ms"]["median"] for row in fixture_report["speed"] if row["set"] == pages}
    ours = min(ms for engine, ms in times.items() if engine.startswith("ours-ppocr"))
    assert found.texts["ours_ms"] == f"{ours:.0f}"
    assert found.texts["rapidocr_ratio"] == facts.ratio(
        max(ms for engine, ms in times.items() if engine.startswith("rapidocr")) / ours
    )
    assert found.texts["mb_float32"] == "18.0" and found.texts["mb_int8"] == "5.6"
    assert found.partitions == {"float32": 1, "float16": 1, "dynamic": 9, "int8": 1}
    assert found.cosines["int8"] == 0.9844 and found.texts["classes"] == "3"
    assert [bar.value for bar in found.networks] == sorted(bar.value for bar in found.networks)
    assert not any("edge" in bar.label for bar in found.engines)


def test_a_report_of_another_model_is_refused(fixture_report, fixture_manifest):
    with pytest.raises(DemoError, match="figures of other"):
        facts.collect(fixture_report, replace(fixture_manifest, name="other"))
    with pytest.raises(DemoError, match="found none; run make benchmark"):
        facts.gather(script.SCRIPT.with_name("absent.json"), script.SCRIPT.parent)


def test_captions_fit_their_place_and_time(film, typefaces):
    captions.check(film.sentences)
    for sentence in film.sentences:
        assert max(measure(line, theme.CAPTION) for line in captions.lines(sentence.text)) <= 1440
        assert " ".join(captions.lines(sentence.text)) == sentence.text


def test_a_caption_that_is_too_long_or_too_fast_is_refused():
    with pytest.raises(DemoError, match="at most 2 lines"):
        captions.check([Sentence("word " * 60, 0, 60)])
    with pytest.raises(DemoError, match="characters a second"):
        captions.check([Sentence("a sentence of thirty-one letters", 0, 1)])


def test_subtitles_are_well_formed(film):
    blocks = captions.srt(film.sentences).strip().split("\n\n")
    assert len(blocks) == len(film.sentences)
    for number, (block, sentence) in enumerate(zip(blocks, film.sentences, strict=True), 1):
        head, times, *lines = block.split("\n")
        assert head == str(number) and " ".join(lines) == sentence.text and len(lines) <= 2
        found = re.fullmatch(f"{CLOCK} --> {CLOCK}", times)
        hours, minutes, seconds, thousandths = map(int, found.groups()[:4])
        assert hours * 3600 + minutes * 60 + seconds + thousandths / 1000 == pytest.approx(sentence.start_s, abs=6e-4)


def test_a_clock_of_subtitles():
    assert captions._clock(3725.0426) == "01:02:05,043"


def test_no_text_leaves_the_margins_and_none_but_captions_their_place(film, fixture_facts, typefaces):
    stage = Stage(192, 108)
    for scene in film.scenes:
        if scene.kind == COMPARISON:
            continue
        for share in (0.1, 0.3, 0.5, 0.7, 0.9):
            stage.clear()
            SCENES[scene.kind](stage, share * scene.seconds, scene, fixture_facts)
            assert not placed_outside(stage), scene.kind
            assert max(text.bottom for text in stage.texts) <= theme.CAPTION_TOP, scene.kind
            frames.draw(stage, share * scene.seconds, scene, fixture_facts)
            assert not placed_outside(stage), scene.kind


def test_settled_texts_do_not_lie_on_each_other(film, fixture_facts, typefaces):
    stage = Stage(192, 108)
    for scene in film.scenes:
        if scene.kind != COMPARISON:
            frames.draw(stage, scene.seconds - 0.6, scene, fixture_facts)
            assert not overlapping(stage.texts), scene.kind


def test_a_text_outside_or_on_another_is_noticed():
    stage = Stage(192, 108)
    stage.text("far right", 1800, 500, theme.BODY)
    stage.text("over it", 1790, 505, theme.BODY)
    assert placed_outside(stage) and overlapping(stage.texts)
    stage.clear()
    stage.text("fine", 500, 500, theme.BODY)
    with stage.faded(0.0):
        stage.text("not seen", 1900, 500, theme.BODY)
    assert not placed_outside(stage) and [text.text for text in stage.texts] == ["fine"]


def test_colours_stand_out_against_the_ground():
    def light(color):
        linear = [
            value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4
            for value in (int(color[i : i + 2], 16) for i in (1, 3, 5))
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    letters = (theme.INK, theme.SOFT, theme.FAINT, theme.GOOD, theme.WARN, theme.BAD, theme.OURS, theme.ORIGINAL)
    for color in letters:
        for background in (theme.GROUND, theme.GROUND_LOW, theme.PANEL):
            assert light(color) / light(background) > 4.5, (color, background)  # WCAG 2, AA


def test_text_is_drawn_where_it_is_said_to_be():
    stage = Stage(960, 540)
    stage.clear()
    before = stage.pixels.copy()
    stage.text("Hill", 400, 300, theme.HEADING)
    rows, columns = np.nonzero((stage.pixels != before).any(axis=2))
    (placed,) = stage.texts
    assert np.allclose(
        [placed.left, placed.top, placed.right, placed.bottom],
        np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) * 2,
        atol=4,
    )


def test_lines_are_wrapped_at_words():
    lines = wrap("one two three four five six seven", 300, theme.BODY)
    assert " ".join(lines) == "one two three four five six seven" and len(lines) > 1
    assert all(measure(line, theme.BODY) <= 300 for line in lines)


def test_batches_of_sorted_widths():
    assert batching.bucket_widths(np.array([1, 2, 5, 9]), 2).tolist() == [2, 2, 9, 9]
    assert batching.bucket_widths(np.array([1, 2, 5, 9]), 1).tolist() == [9] * 4


def test_what_is_spoken():
    spoken = narration.pronounced("XNNPACK runs int8, 1,377 classes of ONNX on GPUs")
    assert spoken == "X N N pack runs int eight, 1377 classes of onyx on G P Us"


@pytest.mark.skipif(not narration.available(), reason="espeak-ng is not installed")
def test_the_voice_stands_at_its_time_and_refuses_what_does_not_fit(tmp_path):
    narration.record([Sentence("A word.", 1.0, 3.0)], 4.0, tmp_path / "voice.wav")
    with wave.open(str(tmp_path / "voice.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        rate = file.getframerate()
    loud = np.flatnonzero(np.abs(samples) > 500) / rate
    assert len(samples) == 4 * rate and 1.0 <= loud.min() and loud.max() <= 3.0
    with pytest.raises(DemoError, match="more time or fewer words"):
        narration.record([Sentence("These are far too many words for it.", 0, 0.5)], 1.0, tmp_path / "voice.wav")


def tiny():
    said = Sentence("A short film.", 0.1, 0.9)
    return Script(10, (FilmScene("title", "Tiny", 0.0, 1.0, 0.0, (said,)), FilmScene("end", "End", 1.0, 0.5, 0.0, ())))


def test_a_tiny_film_has_its_length_and_codec_and_goes_on_where_it_was(tmp_path, fixture_facts):
    options, seen = build.FilmOptions(160, voice=False), []
    made = build.build(tiny(), fixture_facts, None, tmp_path / "demo.mp4", options, lambda *what: seen.append(what))
    said, count, seconds = probe(made.video)
    assert (count, seconds) == (15, pytest.approx(1.5, abs=0.11)) and made.rendered == 2 and len(seen) == 15
    assert "h264" in said and "yuv420p" in said and "160x90" in said and "bt709" in said and "Audio" not in said
    assert made.captions.read_text(encoding="utf-8") == "1\n00:00:00,100 --> 00:00:00,900\nA short film.\n"
    again = build.build(tiny(), fixture_facts, None, tmp_path / "demo.mp4", options)
    assert again.rendered == 0
    fixture_facts.texts["source"] = "another"
    assert build.build(tiny(), fixture_facts, None, tmp_path / "demo.mp4", options).rendered == 2
    assert len(list((tmp_path / ".build" / "film").glob("*.mp4"))) == 2


@pytest.mark.skipif(not narration.available(), reason="espeak-ng is not installed")
def test_a_spoken_film_has_sound(tmp_path, fixture_facts):
    made = build.build(tiny(), fixture_facts, None, tmp_path / "demo.mp4", build.FilmOptions(160))
    assert made.spoken and "Audio: aac" in probe(made.video)[0]


def test_a_film_without_its_comparison_or_with_an_unknown_scene_says_so(tmp_path, fixture_facts):
    scene = FilmScene(COMPARISON, "", 0.0, 1.0, 0.0, ())
    with pytest.raises(DemoError, match="python -m demo compare"):
        none = tmp_path / "no.mp4"
        build.build(Script(10, (scene,)), fixture_facts, none, tmp_path / "a.mp4", build.FilmOptions(160))
    with pytest.raises(DemoError, match="expected a kind"):
        frames.draw(Stage(160, 90), 0, replace(scene, kind="magic"), fixture_facts)
    assert not list(tmp_path.glob("*.mp4"))


def test_a_contact_sheet_has_a_row_a_scene(film, fixture_facts):
    few = Script(film.fps, film.scenes[:1] + film.scenes[2:3])
    assert preview.sheet(few, fixture_facts).shape == (2 * 360, 4 * 640, 3)
