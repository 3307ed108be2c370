import dataclasses

import pytest

from tests.training import bars
from training.data.stored_lines import StoredLine
from training.errors import TrainingError
from training.finetuning import case as finetune_case
from training.finetuning import data as finetune_data
from training.finetuning.data import SkippedData, UserData
from training.finetuning.loop import Student


def user_data(*texts):
    lines = tuple(StoredLine(b"", text) for text in texts)
    return UserData("crops", lines, lines[:1], (len(lines), 1), (), SkippedData())


@pytest.mark.parametrize(
    ("text", "read", "wanted"),
    [
        ("TOTAL 9.50", "Total 9.50", "Total 9.50"),
        ("TAX INVOICE", "TaxInvoice", "Tax Invoice"),
        ("NO 7", "N o7", "No 7"),
        ("TOTAL", "TOTAL", "TOTAL"),
        ("TOTAL", "T0TAL", "TOTAL"),
        ("TOTAL", "", "TOTAL"),
        ("ÉTÉ", "Été", "Été"),
    ],
)
def test_the_case_of_what_was_read(text, read, wanted):
    assert finetune_case.restored(text, read) == wanted


@pytest.mark.parametrize(("text", "read"), [("TOTAL", "T0tal"), ("12", "l2"), ("STRASSE", "Straße")])
def test_doubtful_readings_give_no_case(text, read):
    assert finetune_case.restored(text, read) is None


def test_labels_take_the_case_and_doubtful_ones_are_left_out(monkeypatch):
    data = user_data("TOTAL", "TAX", "CASH", "CHANGE", "VISA", "DATE")
    read = ["Total", "Tax", "Carh", "CHANCE", "VISA", "date"]
    monkeypatch.setattr(finetune_case, "_read", lambda student, lines, columns: read[: len(lines)])
    found = finetune_case.follow_picture(None, data, 1000)
    assert [line.text for line in found.train] == ["Total", "Tax", "CHANGE", "VISA", "date"]
    assert found.validation == data.validation
    assert "lines whose case is not known" in found.skipped.sentences()[0]
    with pytest.raises(TrainingError, match="found 4: 1 are skipped .*; use --case labels"):
        finetune_case.follow_picture(None, dataclasses.replace(data, train=data.train[:5]), 1000)


def test_all_capitals():
    assert finetune_case.all_capitals(user_data("TOTAL", "9.50"), ("", *"AaBb"))
    assert not finetune_case.all_capitals(user_data("TOTAL", "9.50 kg"), ("", *"AaBb"))
    assert not finetune_case.all_capitals(user_data("TOTAL"), ("", *"AB"))


def test_lines_are_read_in_their_order(tmp_path, monkeypatch):
    monkeypatch.setattr(finetune_case, "_CHUNK", 7)
    data = finetune_data.load(bars.write_crops(tmp_path, 24, relabel=None), bars.CHARSET, bars.EDGE, 0.25)
    with bars.one_thread():
        student = Student("tiny", bars.taught_recognizer(), bars.CHARSET, bars.EDGE, bars.edge_logits)
        read = finetune_case._read(student, data.train, 600)
    right = sum(text == line.text for text, line in zip(read, data.train, strict=True))
    assert right > 0.8 * len(data.train)
