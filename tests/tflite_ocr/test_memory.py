import ctypes
import sys

import pytest

from tflite_ocr import memory

glibc = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="memory of glibc alone is trimmed"
)


def test_the_bytes_of_a_process():
    if sys.platform != "linux":
        pytest.skip("only Linux has /proc")
    addresses, resident = memory.own_bytes()
    block = b"x" * (64 << 20)
    assert memory.own_bytes()[1] - resident > 0.9 * len(block) and addresses > resident > 1 << 20


@glibc
def test_freed_memory_between_blocks_in_use_is_given_back():
    freed = memory.FreedMemory()
    freed.give_back()
    # Below the size from which on blocks have pages of their own, and every 100th stays.
    blocks = [bytearray(100_000) for _ in range(1500)]
    blocks = blocks[::100]
    held = memory.own_bytes()[1]
    assert freed.give_back()
    assert held - memory.own_bytes()[1] > 100 << 20
    assert not freed.give_back(), "nothing has been taken since"
    assert len(blocks) == 15


@glibc
def test_memory_that_is_in_use_is_trimmed_for_once():
    freed = memory.FreedMemory()
    freed.give_back()
    block = b"x" * (64 << 20)
    assert [freed.give_back() for _ in range(3)] == [True, False, False] and block


def test_nothing_happens_where_the_system_does_not_say(monkeypatch):
    freed = memory.FreedMemory()

    def fails():
        raise OSError("no /proc")

    monkeypatch.setattr(memory, "own_bytes", fails)
    assert not freed.give_back()
