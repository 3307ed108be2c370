import numpy as np
import pytest

from synthetic.pictures import closeups

pytestmark = pytest.mark.usefixtures("plain_fonts")


@pytest.mark.slow
@pytest.mark.parametrize("draw", closeups._KINDS, ids=lambda draw: draw.__name__)
def test_quads_lie_on_ink_and_in_the_picture(draw):
    seen = 0
    for seed in range(4):
        scene = draw(np.random.default_rng(seed), 320, 320)
        again = draw(np.random.default_rng(seed), 320, 320)
        assert scene.image_bgr.shape == (320, 320, 3) and scene.image_bgr.dtype == np.uint8
        assert np.array_equal(scene.image_bgr, again.image_bgr) and np.array_equal(scene.quads, again.quads)
        assert len(scene.quads) == len(scene.texts) == len(scene.ignore)
        assert scene.quads.min(initial=0) >= 0 and scene.quads.max(initial=0) <= 320
        for quad, ignore in zip(scene.quads, scene.ignore, strict=True):
            if ignore:
                continue
            low, high = np.floor(quad.min(0)).astype(int), np.ceil(quad.max(0)).astype(int)
            assert scene.image_bgr[low[1] : high[1], low[0] : high[0]].std() > 2
            seen += 1
    assert seen > 3


def test_crops_reach_from_small_to_large_letters():
    heights = []
    for seed in range(12):
        scene = closeups._crops(np.random.default_rng(seed), 640, 640)
        heights += np.linalg.norm(scene.quads[:, 3] - scene.quads[:, 0], axis=1)[~scene.ignore].tolist()
    assert min(heights) < 25 and max(heights) > 100
