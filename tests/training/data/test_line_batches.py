import numpy as np

from training.data import line_batches
from training.data.real_lines import LineSample


def test_lines_are_padded_to_the_widest_on_both_heights():
    short = LineSample(np.full((48, 20, 3), 10, np.uint8), "a")
    long = LineSample(np.full((24, 50, 3), 200, np.uint8), None, cased=False)
    batch = line_batches.collate([short, long], height=32)
    assert batch.student.shape == (2, 3, 32, 104) and batch.teacher.shape == (2, 3, 48, 104)  # 100 to whole frames
    assert batch.columns.tolist() == [3, 13]  # ceil(20 / 8), ceil(100 / 8)
    for images in (batch.student, batch.teacher):
        assert (images[0, :, :, :20] == 10).all() and (images[0, :, :, 20:] == 128).all()
        assert (images[1, :, :, :100] == 200).all() and (images[1, :, :, 100:] == 128).all()
    assert batch.texts == ["a", None] and batch.cased == [True, False]


def test_a_narrow_batch_has_the_least_width():
    batch = line_batches.collate([LineSample(np.zeros((48, 9, 3), np.uint8), "i")], height=32, narrowest=64)
    assert batch.student.shape == (1, 3, 32, 64) and batch.columns.tolist() == [2]


def test_a_line_is_read_as_narrow_as_its_stretch_says():
    picture = np.repeat(np.arange(100, dtype=np.uint8)[None, :, None], 48, axis=0).repeat(3, axis=2)
    batch = line_batches.collate([LineSample(picture, "a", stretch=0.75)], height=32)
    assert batch.columns.tolist() == [10]  # ceil(75 / 8)
    for images in (batch.student, batch.teacher):  # all of the picture is in 75 columns, the rest is padding
        assert images[0, 0, 0, 0] <= 1 and images[0, 0, 0, 74] >= 98 and (images[0, :, :, 75:] == 128).all()


def test_streams_read_lines_narrower_only_when_asked():
    widths = {}
    for narrowest in (1.0, 0.5):
        stream = line_batches.LineStream(line_batches.Mixture(pixels=256, max_width=640, narrowest=narrowest), seed=9)
        batches = [next(batch) for batch in [iter(stream)] for _ in range(12)]
        widths[narrowest] = sum(int(b.columns.sum()) for b in batches) / sum(len(t) for b in batches for t in b.texts)
    assert 0.55 * widths[1.0] < widths[0.5] < 0.95 * widths[1.0]  # frames a character; three quarters expected


def test_streams_repeat_with_their_seed_and_keep_the_size_of_a_batch():
    mixture = line_batches.Mixture(pixels=4 * 256, max_width=400)
    first, again, other = (next(iter(line_batches.LineStream(mixture, seed))) for seed in (3, 3, 4))
    assert first.texts == again.texts and (first.student == again.student).all()
    assert first.texts != other.texts


def test_batches_have_few_shapes():
    mixture = line_batches.Mixture(pixels=4 * 256, max_width=400)
    stream = iter(line_batches.LineStream(mixture, seed=5))
    wanted = {64: 16, 96: 10, 128: 8, 160: 6, 192: 5, 256: 4, 320: 3, 400: 2}
    shapes = set()
    for batch in (next(stream) for _ in range(12)):
        count, _, height, width = batch.student.shape
        assert height == 32 and wanted[width] == count
        assert (batch.columns <= width // 8).all() and all(batch.texts)
        narrower = max((other for other in wanted if other < width), default=0)
        assert (batch.columns * 8 > narrower).all()
        shapes.add(width)
    assert len(shapes) > 3


def test_lines_that_are_measured_come_once_and_by_width():
    widths = [30, 70, 900, 50, 95, 1000]
    samples = [LineSample(np.full((48, width, 3), 9, np.uint8), str(width)) for width in widths]
    batches = line_batches.by_width(samples, line_batches.Mixture(max_width=400), count=2)
    found = [(batch.student.shape[3], batch.texts) for batch in batches]
    assert found == [(64, ["30", "50"]), (96, ["70", "95"]), (1200, ["900", "1000"])]
