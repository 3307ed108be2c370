import threading

import pytest

from tflite_ocr.recognition.sharing import Shares


def taken(shares, worker):
    return list(iter(lambda: shares.take(worker), None))


def test_each_worker_begins_with_neighbours_of_equal_cost():
    shares = Shares("abcdef", [6, 4, 2, 3, 2, 3], 2)
    assert [shares.take(0), shares.take(1)] == ["a", "c"]
    assert [shares.take(0), shares.take(1)] == ["b", "d"]


def test_the_first_to_end_takes_from_the_end_of_the_largest_rest():
    shares = Shares("abcdef", [1, 1, 1, 1, 1, 1], 3)
    assert [shares.take(0), shares.take(0)] == ["a", "b"]
    assert shares.take(1) == "c"
    assert taken(shares, 0) == ["f", "d", "e"]
    assert shares.take(1) is shares.take(2) is None


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_one_worker_does_the_work_of_those_that_never_come(workers):
    shares = Shares(list(range(7)), [7, 6, 5, 4, 3, 2, 1], workers)
    assert sorted(taken(shares, 0)) == list(range(7))
    assert all(shares.take(worker) is None for worker in range(workers))


def test_alone_the_order_is_kept():
    assert taken(Shares("abc", [0, 0, 0], 1), 0) == ["a", "b", "c"]


def test_nothing_to_do():
    assert Shares([], [], 2).take(1) is None


def test_threads_take_every_item_once():
    shares, found = Shares(list(range(5000)), [1] * 5000, 4), [[] for _ in range(4)]
    threads = [threading.Thread(target=lambda k=k: found[k].extend(taken(shares, k))) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sum(found, [])) == list(range(5000))
