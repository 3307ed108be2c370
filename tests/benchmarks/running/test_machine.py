"""The machine's description."""

import numpy as np

from benchmarks.running import machine


def test_the_processor_and_its_instructions(tmp_path):
    (tmp_path / "x86").write_text(
        "processor\t: 0\nmodel name\t: A Chip @ 2 GHz\nflags\t\t: fpu avx2 avx512_vnni\n\n"
        "processor\t: 1\nmodel name\t: A Chip @ 2 GHz\nflags\t\t: fpu avx2 avx512_vnni\n",
        encoding="utf-8",
    )
    assert machine.processor(tmp_path / "x86") == ("A Chip @ 2 GHz", ["avx2", "avx512_vnni"])
    (tmp_path / "arm").write_text("processor\t: 0\nFeatures\t: fp asimd asimddp\n", encoding="utf-8")
    name, flags = machine.processor(tmp_path / "arm")
    assert name and flags == ["asimd", "asimddp"]
    assert machine.processor(tmp_path / "absent")[1] == []


def test_what_is_described():
    found = machine.describe()
    assert found["cpu"] and found["cores"] >= 1 and found["memory_gib"] > 0.1
    assert found["packages"]["numpy"] == np.__version__
    assert found["recorded_gpu"] == []
