"""Order of corners and quads, clipping, and crops against RapidOCR's and against hand values."""

import itertools

import cv2
import numpy as np
import pytest

from tflite_ocr import geometry


def rectangle(left, top, width, height, degrees=0.0) -> np.ndarray:
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    return (corners @ turn + (left, top)).astype(np.float32)


def picture(height=200, width=300) -> np.ndarray:
    small = np.random.default_rng(0).integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


# --- order of corners -------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [-40, -10, 0, 3, 44])
def test_corners_in_any_order_come_clockwise_from_the_top_left(degrees):
    quad = rectangle(50, 60, 100, 20, degrees)
    for order in itertools.permutations(range(4)):
        assert (geometry.order_quad(quad[list(order)]) == quad).all()


def test_a_sheared_quad_is_not_mirrored():
    # Sorting the two left and the two right corners by y, as is usual, would run counter-clockwise here.
    points = np.array([[0, 0], [1, 5], [2, 100], [3, 101]], np.float32)
    for order in itertools.permutations(range(4)):
        found = geometry.order_quad(points[list(order)])
        x, y = found.T
        doubled_area = (x * np.roll(y, -1) - y * np.roll(x, -1)).sum()
        assert doubled_area > 0 and (found[0] == 0).all()


# --- reading order ----------------------------------------------------------------------------------------


def page(rows: int, columns: int, height: float, pitch: float, jitter: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    quads = [
        rectangle(150 * column + rng.uniform(-20, 20), pitch * row + rng.uniform(0, jitter), 100, height)
        for row in range(rows)
        for column in range(columns)
    ]
    return np.array(quads)


def test_reading_order_by_hand():
    quads = np.array([rectangle(200, 12, 50, 20), rectangle(10, 40, 50, 20), rectangle(10, 15, 50, 20)])
    assert geometry.reading_order(quads).tolist() == [2, 0, 1]
    assert geometry.reading_order(np.zeros((0, 4, 2))).tolist() == []
    assert geometry.reading_order(np.zeros((2, 4, 2))).tolist() == [0, 1]  # even of quads without a size


@pytest.mark.parametrize("scale", [0.25, 1, 8])
def test_reading_order_does_not_depend_on_resolution(scale):
    quads = page(12, 3, 20, 30, 6, seed=1)
    shuffled = np.random.default_rng(2).permutation(len(quads))
    order = geometry.reading_order(scale * quads[shuffled])
    assert (quads[shuffled][order] == quads).all()


@pytest.mark.parametrize("seed", range(5))
def test_reading_order_equals_rapidocr_on_ordinary_pages(seed):
    module = pytest.importorskip("rapidocr.ch_ppocr_det.main", reason="rapidocr is the oracle")
    quads = page(30, 3, 20, 30, 4, seed)
    shuffled = quads[np.random.default_rng(seed).permutation(len(quads))]
    expected = module.TextDetector.sorted_boxes(shuffled)
    assert (shuffled[geometry.reading_order(shuffled)] == expected).all()
    by_y_alone = shuffled[np.argsort(shuffled[:, 0, 1])]
    assert (by_y_alone != expected).any()


# --- clipping ---------------------------------------------------------------------------------------------


def test_clipping():
    quads = np.array([[[-5, -1], [310, 3], [300, 250], [7, 200]]])
    found = geometry.clip_quads(quads, 300, 200)
    assert found.tolist() == [[[0, 0], [300, 3], [300, 200], [7, 200]]]
    assert found.dtype == np.float32 and quads.min() == -5
    assert geometry.clip_quads(np.zeros((0, 4, 2)), 3, 2).shape == (0, 4, 2)


# --- crops ------------------------------------------------------------------------------------------------


def rapid_crop(image, quad):
    module = pytest.importorskip("rapidocr.utils.process_img", reason="rapidocr is the oracle")
    return module.get_rotate_crop_image(image, quad)


@pytest.mark.parametrize(
    "quad",
    [
        rectangle(20, 30, 150, 40),
        rectangle(20.5, 30.25, 150, 40),
        rectangle(60, 80, 150, 30, 20),
        rectangle(60, 180, 120, 30, -35),
        rectangle(100, 40, 30, 140),
        rectangle(100, 40, 30, 45),
        rectangle(100, 40, 31, 45),
        rectangle(-15, -10, 100, 40),
        rectangle(260, 180, 80, 40, 5),
        np.array([[20, 30], [180, 20], [190, 70], [15, 60]], np.float32),
    ],
)
def test_crop_equals_rapidocr(quad):
    image = picture()
    expected = rapid_crop(image, quad).astype(int)
    found = geometry.crop(image, quad)
    assert found.shape == expected.shape
    # The warp rounds source positions to 1/32 pixel; working on the surroundings alone can flip one such step.
    assert np.abs(found - expected).mean() < 0.1 and np.abs(found - expected).max() <= 8
    shifted = geometry.crop(image, quad + np.float32(1))
    assert np.abs(shifted - expected).mean() > 1


def test_whole_pixels_are_sliced_exactly():
    image = picture()
    found = geometry.crop(image, rectangle(20, 30, 150, 40))
    assert np.shares_memory(found, image)
    assert (found == image[30:70, 20:170]).all()
    edge = geometry.crop(image, rectangle(0, 0, 300, 200))
    assert (edge == image).all()


def test_vertical_crops_are_turned_counter_clockwise():
    image = picture()
    found = geometry.crop(image, rectangle(20, 30, 40, 60))
    assert (found == np.rot90(image[30:90, 20:60])).all()
    assert geometry.crop(image, rectangle(20, 30, 41, 60)).shape == (60, 41, 3)


def test_a_turned_text_line_comes_out_upright():
    image = np.full((300, 300, 3), 255, np.uint8)
    quad = rectangle(60, 80, 160, 40, 25)
    cv2.fillConvexPoly(image, np.rint(quad).astype(np.int32), (0, 0, 0))
    left_end = np.rint(rectangle(60, 80, 20, 40, 25)).astype(np.int32)
    cv2.fillConvexPoly(image, left_end, (0, 0, 255))
    found = geometry.crop(image, quad)
    assert found.shape == (40, 160, 3) or found.shape == (39, 159, 3)
    assert (found[10:30, 5:15] == (0, 0, 255)).all()
    assert (found[10:30, 30:150] == 0).all()


@pytest.mark.parametrize(
    "quad",
    [
        np.zeros((4, 2)),
        np.full((4, 2), 7.5),
        rectangle(10, 10, 50, 0),
        rectangle(10, 10, 0.3, 0.3),
        rectangle(-500, -500, 20, 10),
        rectangle(5000, 5000, 20, 10, 3),
        rectangle(50, 50, 20, 10)[::-1],
    ],
)
def test_degenerate_quads_give_some_pixels(quad):
    found = geometry.crop(picture(), quad)
    assert found.dtype == np.uint8 and found.ndim == 3 and min(found.shape) >= 1


def test_images_wider_than_the_warp_takes():
    image = np.zeros((12, 40_000, 3), np.uint8)
    image[:, 39_000:] = 200
    near_end = geometry.crop(image, rectangle(39_100.5, 2, 300, 8))
    assert near_end.shape == (8, 300, 3) and (near_end == 200).all()
    whole = geometry.crop(image, rectangle(0.5, 2.5, 39_998, 8))
    assert 30_000 < whole.shape[1] <= 32_000
    assert (whole[:, :-1000] == 0).all() and (whole[:, -700:] == 200).all()


def test_a_one_pixel_image():
    assert geometry.crop(np.full((1, 1, 3), 9, np.uint8), rectangle(0, 0, 1, 1)).tolist() == [[[9, 9, 9]]]
    assert (geometry.crop(np.full((1, 1, 3), 9, np.uint8), rectangle(0, 0, 10, 5)) == 9).all()


def test_a_quad_far_beyond_the_image_gives_a_crop_of_its_size():
    picture = np.random.default_rng(0).integers(0, 256, (120, 360, 3), np.uint8)
    for side in (1e4, 1e6, 1e9):
        crop = geometry.crop(picture, np.float32([[0, 0], [side, 0], [side, side], [0, side]]))
        assert crop.dtype == np.uint8 and crop.size < 3 * (2 * picture.size + (1 << 20)) and min(crop.shape[:2]) >= 1
    inside = np.float32([[10.5, 5], [300, 8], [299, 100], [11, 99]])
    assert geometry.crop(picture, inside).shape == (94, 289, 3)


def test_upright_quads_are_neither_turned_nor_steep():
    quad = np.float32([(10, 10), (110, 10), (110, 30), (10, 30)])
    sloping = quad + np.float32([(0, 0), (0, 5), (0, 5), (0, 0)])
    steep = quad + np.float32([(0, 0), (0, 7), (0, 7), (0, 0)])
    assert geometry.is_upright(quad) and geometry.is_upright(sloping) and not geometry.is_upright(steep)
    assert not geometry.is_upright(np.roll(quad, 2, axis=0))
    upward = np.float32([(10, 110), (10, 10), (30, 10), (30, 110)])
    assert not geometry.is_upright(upward) and not geometry.is_upright(np.roll(upward, 2, axis=0))


def polygons_of_every_kind(rng):
    """Two convex polygons: apart, crossing, with edges on one line, one in the other, the same, or without area."""
    rectangles = [np.float32([[0, 0], [1, 0], [1, 1], [0, 1]]) * rng.uniform(1, 60, 2) for _ in "ab"]
    kind = rng.integers(6)
    if kind < 2:  # ends or sides on one line, at a corner or along it
        rectangles[1][:, kind] *= rectangles[0][:, kind].max() / rectangles[1][:, kind].max()
        rectangles[1][:, 1 - kind] += rng.uniform(-40, 40)
    elif kind == 2:
        rectangles[1] = rectangles[0].copy()
    elif kind == 3:
        rectangles[1][2:] = rectangles[1][1]
    else:
        rectangles[1] = rectangles[1] @ np.float32([[1, rng.uniform(-0.3, 0.3)], [rng.uniform(-0.3, 0.3), 1]])
        rectangles[1] += rng.uniform(-40, 40, 2).astype(np.float32)
    angle, away = rng.uniform(-np.pi, np.pi), rng.uniform(0, 3000, 2) * rng.integers(2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return [(one[:: rng.choice([-1, 1])] @ turn + away).astype(np.float32) for one in rectangles]


def test_the_shared_area_is_that_of_shapely():
    shapely = pytest.importorskip("shapely", reason="the [bench] extra brings shapely")
    rng, wrong = np.random.default_rng(8), 0
    for _ in range(2000):
        first, second = polygons_of_every_kind(rng)
        wanted = shapely.Polygon(first).convex_hull.intersection(shapely.Polygon(second).convex_hull).area
        tolerance = 0.01 + 1e-3 * wanted
        assert geometry.shared_area(first, second) == pytest.approx(wanted, abs=tolerance)
        assert geometry.shared_area(second, first) == pytest.approx(wanted, abs=tolerance)
        wrong += abs(cv2.intersectConvexConvex(first, second)[0] - wanted) > 1 + tolerance
    assert wrong > 20  # the comparison rejects OpenCV's
