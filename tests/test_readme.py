"""What the README says can be done: its targets, files and modules exist, its Python runs, its options are known."""

import ast
import importlib.util
import re
import shlex
from pathlib import Path

import pytest

from converters import __main__ as converters_main
from tflite_ocr import __main__ as reader_main
from tflite_ocr import command_line, models

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
COMMANDS = [line for language, code in BLOCKS if language == "sh" for line in code.splitlines()]
# Options and variables stand in the text as well as in the blocks.
CODE = [*COMMANDS, *re.findall(r"`([^`\n]+)`", TEXT)]


def words(command):
    """A shell command without comments and redirections."""
    return shlex.split(command.split(" < ")[0], comments=True)


def test_every_make_target_and_variable_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"^\.PHONY: (.+)$", makefile, flags=re.MULTILINE).group(1).split())
    calls = [words(command)[1:] for command in CODE if command.startswith("make ")]
    assert len(calls) > 5
    for target, *variables in calls:
        assert target in targets
        for variable in variables:
            assert f"$({variable.partition('=')[0]}" in makefile


def test_every_linked_file_exists():
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert len(links) > 5
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_every_file_of_the_repository_that_a_command_reads_exists():
    paths = {path for text in (*COMMANDS, *PYTHON) for path in re.findall(r"\b(?:tests|examples)/[\w./-]+", text)}
    assert "tests/golden/page.png" in paths
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_every_module_that_is_run_exists():
    modules = {name for command in CODE for name in re.findall(r"python3? -m ([\w.]+)", command)}
    assert {"benchmarks.coldstart", "benchmarks.compare_rapidocr", "converters"} <= modules
    assert [name for name in sorted(modules) if importlib.util.find_spec(name) is None] == []


@pytest.mark.parametrize("command", [line for line in COMMANDS if re.match(r"(\S+/)?tflite-ocr ", line)])
def test_the_command_line_takes_every_command_shown(command):
    assert reader_main._parser().parse_args(words(command)[1:]).run


def test_the_converters_take_the_charset_shown():
    assert "`--charset full`" in TEXT
    assert converters_main._parser().parse_args(["ppocr", "--charset", "full"]).charset == "full"


def test_exit_codes_are_those_of_the_errors():
    from converters import errors as of_converters
    from tflite_ocr import errors

    paragraph = " ".join(TEXT[TEXT.index("Exit codes") :].split("\n\n")[0].split())
    listed = dict(re.findall(r"(?<![\w.])(\d+) ([a-zA-Z -]+)[;.]", paragraph))
    assert "image" in listed[str(errors.ImageReadError.exit_code)]
    assert "altered" in listed[str(errors.ArtifactError.exit_code)]
    assert "tensors" in listed[str(errors.ModelContractError.exit_code)]
    assert "package" in listed[str(errors.MissingDependencyError.exit_code)]
    assert "conversion failed" in listed[str(of_converters.ConversionError.exit_code)]
    assert "too far" in listed[str(of_converters.ParityError.exit_code)]
    assert listed[str(command_line.INTERRUPTED)] == "Ctrl-C"


def test_the_first_example_has_at_most_five_lines():
    assert len([line for line in PYTHON[0].splitlines() if line.strip()]) <= 5


@pytest.mark.parametrize("code", PYTHON, ids=lambda code: ast.parse(code).body[-1].iter.func.attr)
def test_python_runs(code, tiny_model, monkeypatch):
    monkeypatch.setattr(models, "find", lambda model=None: tiny_model)
    monkeypatch.chdir(ROOT)
    exec(compile(code, "README.md", "exec"), {})
