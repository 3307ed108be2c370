"""Which networks are kept, reused and loaded anew, with networks that only remember for which sizes they were asked."""

import random
from types import SimpleNamespace

from tflite_ocr.detection.planned import PlannedNetworks

FILE, OTHER = SimpleNamespace(path="a.tflite"), SimpleNamespace(path="b.tflite")


class Source:
    """Loads networks that are numbered."""

    def __init__(self):
        self.loaded = 0

    def load(self, file, threads):
        self.loaded += 1
        return (file.path, self.loaded, threads)


def sized(side):
    return (1, side, side, 3)


def test_the_last_three_sizes_have_networks_of_their_own():
    source = Source()
    networks = PlannedNetworks(source, 2)
    first = [networks.get(FILE, sized(side)) for side in (32, 64, 96)]
    assert [networks.get(FILE, sized(side)) for side in (32, 64, 96)] == first and source.loaded == 3
    assert networks.get(FILE, sized(128)) == first[0], "the one that was not used for longest is planned anew"
    assert networks.get(OTHER, sized(128)) == ("b.tflite", 4, 2), "one of another file cannot be"


def test_the_memory_of_an_unusually_large_picture_is_not_kept():
    """After two periods of small pictures no network is left that was planned for a large one; else each is kept."""
    for sides, loaded in (([64], 4), ([64, 65, 66, 67], 6), ([700, 800, 900, 1000], 3)):
        source = Source()
        networks = PlannedNetworks(source, 1)
        large = {networks.get(FILE, sized(side)) for side in (1000, 1100, 1200)}
        rng = random.Random(0)
        found = [networks.get(FILE, sized(rng.choice(sides))) for _ in range(200)]
        assert source.loaded == loaded
        assert (not large & set(found[-100:])) is (max(sides) < 500)


def test_sizes_that_come_again_and_again_are_loaded_once():
    """A large page now and then, and a small second look at each: nothing is loaded a second time."""
    source = Source()
    networks = PlannedNetworks(source, 1)
    for _ in range(300):
        networks.get(FILE, sized(960))
        networks.get(FILE, sized(256))
    assert source.loaded == 2
