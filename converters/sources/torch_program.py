"""Reads programs of torch.export.save (.pt2) that hold tensors and operators alone.

torch.export.load trusts its file: it unpickles, evaluates expressions and calls whatever function of PyTorch the file
names. So the archive is looked through first, and only what weights_only loading would allow is let in.
"""

import ast
import io
import json
import pickle
import re
import zipfile
from pathlib import Path

import torch

from converters.errors import ConversionError, checkpoint_error, one_line

_COMPARED = "eq|ne|ge|gt|le|lt"
_TARGETS = re.compile(
    r"torch\.ops\.(aten|prims)\.(?!from_file)\w+\.\w+"
    rf"|_operator\.(getitem|add|sub|mul|floordiv|truediv|mod|neg|pow|{_COMPARED})"
    r"|torch\.sym_(max|min|int|float|not|ite|sum)|math\.(ceil|floor|trunc|sqrt)"
)
# Of expressions for sizes and of guards on them.
_FUNCTIONS = set(
    """
    Max Min FloorDiv Mod PythonMod CleanDiv CeilDiv CeilToInt FloorToInt Eq Ne Ge Gt Le Lt And Or Not Integer Float
    ToFloat Symbol Rational Add Mul Pow TruncToInt IntTrueDiv ModularIndexing
""".split()
)
_METHODS = {"size", "stride", "dim", "storage_offset"}
_NODES = (
    *(ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Name, ast.Load, ast.Constant, ast.Subscript),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.Attribute, ast.Call, ast.keyword),
)


def load(path: Path) -> torch.export.ExportedProgram:
    """The program of a .pt2 file.

    Raises:
        ConversionError: The file is absent, no such archive, or holds anything that could run code.
    """
    if not path.is_file():
        raise checkpoint_error(f"{path}: expected a program of torch.export.save, found none")
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                _look(path, name, archive)
        return torch.export.load(str(path))
    except ConversionError:
        raise
    except Exception as error:  # torch.export raises whatever a damaged archive leads it to
        raise checkpoint_error(
            f"{path}: expected a program of torch.export.save (here is PyTorch {torch.__version__}), found "
            f"{one_line(error, 200)}; export it again"
        ) from None


def _look(path: Path, name: str, archive: zipfile.ZipFile) -> None:
    inner = name.partition("/")[2]
    if "aotinductor" in inner or inner.endswith((".so", ".cubin", ".ptx", ".py", ".cpp")):
        _refuse(path, f"compiled code ({inner})")
    if re.search(r"(custom_obj|opaque_obj)_", inner):
        _refuse(path, f"an object that is no tensor ({inner})")
    content = archive.read(name)
    if inner.endswith(".json"):
        _look_at_values(path, json.loads(content))
    elif inner.endswith(".pt") or _is_pickle(content):
        try:
            torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, RuntimeError, EOFError):
            if content:
                _refuse(path, f"a pickle that would run code ({inner})")


def _is_pickle(content: bytes) -> bool:
    """Whether torch.save wrote it; raw tensors do not begin so."""
    return content[:4] == b"PK\x03\x04"


def _look_at_values(path: Path, value) -> None:
    """Checks every operator, expression and guard in the JSON of a program."""
    if isinstance(value, list):
        for one in value:
            _look_at_values(path, one)
    if not isinstance(value, dict):
        return
    for key, one in value.items():
        if key == "use_pickle" and one:
            _refuse(path, f"a pickled tensor ({value.get('path_name')})")
        if key == "target" and isinstance(one, str) and not _TARGETS.fullmatch(one):
            _refuse(path, f"the operator {one}")
        if key in ("expr_str", "as_expr", "guards_code") or (key == "op" and "expr" in str(one)):
            for text in one if isinstance(one, list) else [one]:
                if isinstance(text, str) and not _is_arithmetic(text):
                    _refuse(path, f"the expression {text[:60]!r}")
        _look_at_values(path, one)


def _is_arithmetic(text: str) -> bool:
    """Whether an expression has numbers, sizes and known functions alone."""
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError):
        return False
    for node in ast.walk(tree):
        if not isinstance(node, _NODES):
            return False
        if isinstance(node, ast.Attribute) and node.attr not in _METHODS:
            return False
        if isinstance(node, ast.Call):
            named = isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS
            if not (named or isinstance(node.func, ast.Attribute)):
                return False
    return True


def _refuse(path: Path, what: str) -> None:
    raise checkpoint_error(
        f"{path}: expected tensors and operators of ATen alone, found {what}, and did not read it. Get it from its "
        "publisher as an ONNX file or a state dict, or export it again on the CPU"
    )
