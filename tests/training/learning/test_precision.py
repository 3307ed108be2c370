"""bfloat16 only where it is fast."""

import pytest
import torch

from training.learning import precision


@pytest.mark.parametrize("name", ["amx_bf16", "avx512_bf16", "bf16"])
def test_a_processor_that_computes_bfloat16_trains_in_it(monkeypatch, name):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, name: True})
    assert _computed() == torch.bfloat16


def test_other_processors_train_in_float32(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "amx_bf16": False})
    assert _computed() == torch.float32


def test_so_do_networks_that_want_it(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    assert _computed(wanted=False) == torch.float32


def _computed(**options) -> torch.dtype:
    with precision.autocast("cpu", **options):
        return (torch.ones(2, 2) @ torch.ones(2, 2)).dtype
