"""How readings of two machines are compared; the machines themselves are for make test-arm."""

import pytest

from tests.arm.__main__ import _requirements
from tests.arm.comparing import compare
from tests.arm.userland import ArmError, cpuinfo, run

QUAD = [[0, 0], [9, 0], [9, 5], [0, 5]]


def record(machine, *texts, confidence=0.9, quad=QUAD, image="a.png"):
    return {"image": image, "machine": machine, "seconds": 1.0, "lines": [[text, confidence, quad] for text in texts]}


def test_equal_readings_have_no_difference():
    result = compare([record("x86_64", "one", "two")], [record("aarch64", "one", "two")])
    assert (result.lines, result.different, result.messages) == (2, 0, [])
    assert result.within(0)


def test_differences_are_counted_by_line_and_said():
    result = compare([record("x86_64", "one", "two", "three")], [record("aarch64", "one", "tw0", "three", "four")])
    assert (result.lines, result.different) == (4, 2)
    assert result.messages == ["a.png: x86-64 ['two'] aarch64 ['tw0']", "a.png: x86-64 [] aarch64 ['four']"]
    assert result.within(50) and not result.within(49)


def test_quads_and_confidences_of_equal_texts_are_compared():
    moved = [[0, 0], [9, 0], [9, 5], [0, 7.5]]
    result = compare([record("x86_64", "one")], [record("aarch64", "one", confidence=0.85, quad=moved)])
    assert result.corner_px == 2.5
    assert result.confidence == pytest.approx(0.05)


def test_nothing_read_is_never_equal_enough():
    assert not compare([record("x86_64")], [record("aarch64")]).within(100)


@pytest.mark.parametrize(
    "here, there",
    [
        (record("x86_64", "a"), record("x86_64", "a")),
        (record("x86_64", "a"), record("aarch64", "a", image="b.png")),
        (record("aarch64", "a"), record("aarch64", "a")),
    ],
)
def test_sides_that_cannot_be_compared_are_refused(here, there):
    with pytest.raises(ValueError, match="expected"):
        compare([here], [there])


def test_cpuinfo_names_the_part_and_its_dot_products():
    assert "0xd0b" in cpuinfo("cortex-a76") and "asimddp" in cpuinfo("cortex-a76")
    assert "asimddp" not in cpuinfo("cortex-a72")
    assert cpuinfo("max") is None


def test_a_command_that_fails_says_its_last_line():
    with pytest.raises(ArmError, match="trying: exit 3: second"):
        run(["sh", "-c", "echo first >&2; echo second >&2; exit 3"], "trying")
    with pytest.raises(ArmError, match="no-such-program"):
        run(["no-such-program"], "trying")


def test_requirements_are_those_of_the_wheel_without_extras(tmp_path):
    import zipfile

    def wheel(name, *lines):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("a-1.dist-info/METADATA", "\n".join(lines))
        return tmp_path / name

    plain = _requirements(wheel("a.whl", "Version: 1", "Requires-Dist: numpy>=1"))
    extra = _requirements(wheel("b.whl", "Version: 2", "Requires-Dist: numpy>=1", 'Requires-Dist: x; extra == "y"'))
    other = _requirements(wheel("c.whl", "Version: 1", "Requires-Dist: numpy>=2"))
    assert plain == extra != other
