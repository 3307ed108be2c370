"""What README and docs say can be done: commands are parsed, Python runs, targets, files, options and links exist."""

import argparse
import ast
import importlib
import json
import re
import shlex
from pathlib import Path

import pytest

from converters import __main__ as converters_main
from tflite_ocr import command_line, models

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# The card of a model and one example are pages too.
PAGES = [
    path
    for path in [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("examples/*.md"),
        ROOT / "artifacts/edge/README.md",
    ]
    if path.name != "CHANGELOG.md"  # which names what is gone
]
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in sorted(PAGES)}
BLOCKS = [
    (page, language, code)
    for page, text in TEXTS.items()
    for language, code in re.findall(r"^```(\w+)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
]
PYTHON = [(page, code) for page, language, code in BLOCKS if language == "python"]
COMMANDS = [
    (page, line)
    for page, language, code in BLOCKS
    if language == "sh"
    for line in code.replace("\\\n", " ").splitlines()
    if line.strip() and not line.startswith("#")
]
# Options and variables stand in the text as well as in the blocks.
INLINE = [(page, code) for page, text in TEXTS.items() for code in re.findall(r"`([^`\n]+)`", text)]
OTHER_PROGRAMS = {"apt-get", "cp", "git", "ocrmypdf", "pip", "python3", "tar"}  # taken as they are


class ParsedError(Exception):
    """Raised in place of running what was parsed."""


def words(command):
    """A shell command without comments and redirections."""
    return shlex.split(command.split(" < ")[0].split(" > ")[0], comments=True)


def program(command):
    """(program, arguments) of a command: a module for python -m, a script, or a name; ("", []) of an assignment."""
    first, *rest = words(command)
    name = first.rpartition("/")[2]
    if re.match(r"[A-Z_]+=", first):
        return "", []
    if name == "python" and rest[0] == "-m":
        return f"-m {rest[1]}", rest[2:]
    if name == "python":
        return rest[0], rest[1:]
    return name, rest


MENTIONED_LINES = [code for _, code in INLINE if re.match(r"(\S+/)?(python|tflite-ocr|make) \S", code)]


def parsed(commands):
    return sorted({(name, tuple(rest)) for command in commands for name, rest in [program(command)]})


SHOWN, MENTIONED = parsed(command for _, command in COMMANDS), parsed(MENTIONED_LINES)
PARSED = sorted({*SHOWN, *MENTIONED})


def calls(of):
    return [pytest.param(name, list(rest), id=" ".join([name, *rest])) for name, rest in PARSED if of(name)]


@pytest.fixture()
def only_parsed(monkeypatch):
    """Lets every command line parse its arguments as ever, and end there."""
    parse = argparse.ArgumentParser.parse_args

    def parse_only(self, *arguments, **options):
        parse(self, *arguments, **options)
        raise ParsedError

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_only)


def test_every_command_is_of_a_known_program():
    names = {name for name, _ in PARSED} - {""}
    ours = {
        name for name in names if name in ("make", "tflite-ocr") or name.startswith("-m ") or (ROOT / name).is_file()
    }
    assert ours >= {"make", "tflite-ocr", "-m benchmarks", "-m converters", "-m demo", "-m training"}
    assert names - ours <= OTHER_PROGRAMS


@pytest.mark.parametrize("name, arguments", calls(lambda name: name == "tflite-ocr" or name.startswith("-m ")))
def test_the_command_line_takes_every_command_shown(name, arguments, only_parsed, capsys):
    module = "tflite_ocr" if name == "tflite-ocr" else name.removeprefix("-m ")
    if module in ("pip", "pytest", "venv"):
        return
    package = importlib.util.find_spec(module).submodule_search_locations
    main = importlib.import_module(f"{module}.__main__" if package else module).main
    with pytest.raises((ParsedError, SystemExit)) as ended:
        main(arguments)
    # What is mentioned in a sentence may be the beginning of a command.
    short = (name, tuple(arguments)) in MENTIONED and "arguments are required" in capsys.readouterr().err
    assert ended.type is ParsedError or short or (ended.value.code == 0 and "--help" in arguments)


@pytest.mark.parametrize("name, arguments", calls(lambda name: (ROOT / name).is_file() and name.endswith(".py")))
def test_scripts_that_are_shown_take_what_they_are_given(name, arguments):
    code = (ROOT / name).read_text(encoding="utf-8")
    compile(code, name, "exec")
    usage = re.search(rf"python {re.escape(name)}(.*)", ast.get_docstring(ast.parse(code))).group(1)
    assert len(arguments) <= len(usage.split())


def test_every_make_target_and_variable_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"^\.PHONY: (.+)$", makefile, flags=re.MULTILINE).group(1).split())
    shown = [list(rest) for name, rest in PARSED if name == "make"]
    assert len(shown) > 20
    for target, *variables in shown:
        assert target in targets
        for variable in variables:
            assert f"$({variable.partition('=')[0]}" in makefile


def test_every_option_and_variable_in_the_text_exists():
    folders = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    sources = [path for folder in folders for path in folder.rglob("*.py")]
    known = {"--help"} | {
        option for path in sources for option in re.findall(r'"(--[a-z][a-z0-9-]*)"', path.read_text(encoding="utf-8"))
    }
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    wrong = []
    for page, code in INLINE:
        wrong += [
            (page, option)
            for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", code)
            if option.replace("--no-", "--") not in known and option not in known
        ]
        wrong += [(page, name) for name in re.findall(r"\b([A-Z]+)=", code) if f"$({name}" not in makefile]
    assert wrong == []


def anchors(text):
    """The names that GitHub gives to a page's headings."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), flags=re.MULTILINE
    )
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_leads_somewhere():
    links = [(page, link) for page, text in TEXTS.items() for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    assert len(links) > 60
    wrong = []
    for page, link in links:
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            wrong.append((page, link))
    assert wrong == []


def test_every_page_is_linked_from_the_readme():
    linked = set(re.findall(r"\]\(([^)#\s]+)", README))
    assert {page for page in TEXTS if page.startswith("docs/")} <= linked


def test_every_file_of_the_repository_that_is_named_exists():
    text = "\n".join([command for _, command in COMMANDS] + [code for _, code in PYTHON])
    paths = set(re.findall(r"(?<![\w/.])(?:tests|examples|docs)/[\w./-]+\w", text))
    assert "tests/golden/page.png" in paths
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_the_readme_is_a_door():
    assert len(README.splitlines()) <= 150
    assert len([line for line in readme_python().splitlines() if line.strip()]) <= 5
    (picture,) = re.findall(r"!\[.+\]\((.+)\)", README)
    assert (ROOT / picture).stat().st_size < 150_000


def readme_python():
    return next(code for page, code in PYTHON if page == "README.md")


def test_the_converters_take_the_charset_shown():
    assert "`--charset full`" in README
    assert converters_main._parser().parse_args(["ppocr", "--charset", "full"]).charset == "full"


def test_exit_codes_are_those_of_the_errors():
    from converters import errors as of_converters
    from tflite_ocr import errors

    text = TEXTS["docs/reading.md"]
    paragraph = " ".join(text[text.index("Exit codes") :].split("\n\n")[0].split())
    listed = dict(re.findall(r"(?<![\w.])(\d+) ([a-zA-Z -]+)[;.]", paragraph))
    assert "image" in listed[str(errors.ImageReadError.exit_code)]
    assert "altered" in listed[str(errors.ArtifactError.exit_code)]
    assert "tensors" in listed[str(errors.ModelContractError.exit_code)]
    assert "package" in listed[str(errors.MissingDependencyError.exit_code)]
    assert "conversion failed" in listed[str(of_converters.ConversionError.exit_code)]
    assert "too far" in listed[str(of_converters.ParityError.exit_code)]
    assert listed[str(command_line.INTERRUPTED)] == "Ctrl-C"


@pytest.mark.parametrize("page, code", PYTHON, ids=[f"{page} {number}" for number, (page, _) in enumerate(PYTHON)])
def test_python_runs(page, code, tiny_model, monkeypatch):
    if "tesseract" in code:
        pytest.importorskip("tesserocr", reason="the example needs Tesseract")
    monkeypatch.setattr(models, "find", lambda model=None: tiny_model)
    monkeypatch.chdir(ROOT)
    exec(compile(code, page, "exec"), {})


@pytest.mark.parametrize("code", [code for _, language, code in BLOCKS if language == "json"])
def test_json_is_json(code):
    json.loads(code)
