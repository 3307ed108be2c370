import pytest

from training.finetuning.accuracy import Accuracy, clean, measure, table


def test_clean_composes_and_keeps_single_blanks():
    assert clean("  e\u0301te\u0301\t 12\u00a0EUR \n") == "été 12 EUR"


def test_figures_by_hand():
    found = measure(["Total", "9.50", "été"], ["total", "9.50", "e\u0301te"])
    assert found == Accuracy(lines=3, exact=1 / 3, exact_any_case=2 / 3, cer=2 / 12, cer_any_case=1 / 12)


def test_the_character_error_rate_may_pass_one():
    assert measure(["a"], ["bcd"]).cer == 3


def test_nothing_to_measure_is_refused():
    with pytest.raises(ValueError, match="at least one line"):
        measure([], [])
    with pytest.raises(ValueError):
        measure(["a"], [])


def test_better_means_fewer_wrong_characters_then_more_exact_lines():
    best = Accuracy(10, exact=0.5, exact_any_case=0.6, cer=0.1, cer_any_case=0.05)
    assert best.better_than(Accuracy(10, 0.9, 0.9, 0.2, 0.0))
    assert best.better_than(Accuracy(10, 0.4, 0.9, 0.1, 0.0))
    assert not best.better_than(best)
    assert not Accuracy(10, 0.4, 0.9, 0.1, 0.0).better_than(best)


def test_better_without_regard_to_case():
    best = Accuracy(10, exact=0.5, exact_any_case=0.6, cer=0.1, cer_any_case=0.05)
    assert best.better_than(Accuracy(10, 0.9, 0.9, 0.0, 0.06), cased=False)
    assert best.better_than(Accuracy(10, 0.9, 0.5, 0.0, 0.05), cased=False)
    assert not best.better_than(best, cased=False)


@pytest.mark.parametrize(
    ("cer", "cer_any_case", "cased", "less"),
    [
        (0.1, 0.05, True, False),
        (0.104, 0.05, True, False),  # rounding
        (0.12, 0.05, True, True),
        (0.12, 0.05, False, False),
        (0.05, 0.07, True, True),
        (0.05, 0.07, False, True),
    ],
)
def test_less_is_read_where_more_characters_are_wrong_than_rounding_makes(cer, cer_any_case, cased, less):
    before = Accuracy(10, exact=0.5, exact_any_case=0.6, cer=0.1, cer_any_case=0.05)
    assert Accuracy(10, 0.5, 0.6, cer, cer_any_case).reads_less_than(before, cased) is less


def test_table():
    rows = [("before", Accuracy(4, 0.25, 0.5, 0.125, 0.0625)), ("after (step 7)", Accuracy(4, 1, 1, 0, 0))]
    lines = table(rows).splitlines()
    assert lines[1].split() == ["before", "25.0", "%", "50.0", "%", "12.50", "%", "6.25", "%"]
    assert len({len(line) for line in lines}) == 1
