"""Finds the functions of records and their inputs: parsed by CPython itself, never executed.

Runs in a child of the sandbox. `main` takes and gives plain JSON values, whose shapes
src/schema/analysis.ts checks; a record that cannot be analysed says so in its own answer and
spoils no other.
"""

import ast
import copy
import functools
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracer.analysis_doctest import doctest_inputs
from tracer.analysis_find import (
    Found,
    FunctionNode,
    ModuleText,
    find_entry,
    find_functions,
    find_module,
)
from tracer.analysis_inputs import Input, InputRules
from tracer.analysis_loops import loop_depth
from tracer.analysis_normal import Normalised, normalise
from tracer.analysis_skeleton import parameters, skeleton
from tracer.analysis_tests import tested_function, tested_inputs, tested_names
from tracer.library import list_library
from tracer.synthesis.extract import Extracted, Extraction
from tracer.synthesis.own_imports import without_own_imports

# Deep expressions are honest code too (a sum of 2,000 terms); pure Python recursion takes no C
# stack in 3.13.
RECURSION_LIMIT = 20_000
MODULES_KEPT = 8

Json = dict[str, Any]


class RejectError(Exception):
    """A record without a function; `reason` is from the list of src/contract/outcome.ts."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Rules:
    source_bytes_max: int
    inputs: InputRules
    skeletons: bool = False

    @classmethod
    def of(cls, request: Json) -> "Rules":
        return cls(
            int(request["source_bytes_max"]),
            InputRules(int(request["input_bytes_max"])),
            bool(request.get("skeletons", False)),
        )


def parse(text: str) -> ast.Module:
    """The tree of a text that also compiles. Raises RejectError."""
    try:
        tree = ast.parse(text, "<record>", "exec")
        compile(text, "<record>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        raise RejectError("syntax-error") from None
    return tree


def _check_length(text: str, rules: Rules) -> None:
    if len(text.encode("utf-8", "replace")) > rules.source_bytes_max:
        raise RejectError("source-too-long")


def _docstrings(tree: ast.Module, found: Found) -> list[str]:
    """Where examples of a function are: in its docstring, its class's, the module's."""
    nodes = [found.node, found.owner, tree]
    texts = [ast.get_docstring(node) for node in nodes if node is not None]
    return [text for text in texts if text]


def _doctests(record: Json, tree: ast.Module, found: Found, rules: Rules) -> list[Input]:
    pairs = doctest_inputs(found, _docstrings(tree, found)) if record["doctests"] else []
    return [rules.inputs.check("doctest", setup, call, "") for setup, call in pairs]


def _function(entry: str, found: Found, tree_digest: str, inputs: list[Input]) -> Json:
    return {
        "kind": None,
        "source": None,
        "original": None,
        "reject": None,
        "entry": entry,
        "qualname": found.qualname,
        "line_start": found.line_start,
        "line_end": found.line_end,
        "loop_depth": loop_depth(found.node),
        "tree": tree_digest,
        "inputs": [each.as_dict() for each in inputs],
        "tested": False,
    }


def _skeleton(node: FunctionNode | ast.Module, rules: Rules) -> Json:
    """What benchmarks are looked for by, where the request asks for it."""
    if not rules.skeletons:
        return {}
    count = None if isinstance(node, ast.Module) else parameters(node)
    try:
        return {"skeleton": skeleton(node), "parameters": count}
    except RecursionError:
        return {"skeleton": None, "parameters": count}


def _given(record: Json, rules: Rules) -> list[Input]:
    texts = record["inputs"]
    return [
        rules.inputs.check("given", each["setup"], each["call"], each["stdin"]) for each in texts
    ]


def _callee(call: str) -> str | None:
    """The name that a call expression calls, where it is a plain or dotted name."""
    try:
        node = ast.parse(call.strip(), "<call>", "eval").body
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return None
    return ast.unparse(node.func) if isinstance(node, ast.Call) else None


def _allot(functions: list[Found], given: list[Input]) -> dict[str, list[Input]]:
    """Gives each call to the function that it names. Raises RejectError where it names none."""
    allotted: dict[str, list[Input]] = {each.qualname: [] for each in functions}
    by_name = len(functions) > 1
    for each in given:
        callee = _callee(each.call) if by_name else functions[0].qualname
        if callee is None or callee not in allotted:
            raise RejectError("entry-missing")
        allotted[callee].append(each)
    return allotted


def _entry_digest(tree: Normalised, qualname: str) -> str:
    parts = (tree.names.get(part, part) for part in qualname.split("."))
    return f"{tree.digest} {'.'.join(parts)}"


def _own_module(record: Json) -> str | None:
    """The module of the image that has this very text."""
    name: str | None = record["module"]
    if name is None:
        return None
    module = find_module(name)
    is_same = isinstance(module, ModuleText) and module.text == record["source"]
    return name if is_same else None


def _module_record(record: Json, rules: Rules) -> Json:
    """Every function of the text as a record of its own."""
    text: str = record["source"]
    tree = parse(text)
    module = _own_module(record)
    name: str = record["module"] or ""
    package = name.partition(".")[0] if "." in name else None
    extraction = Extraction(module, package, rules.source_bytes_max)
    rows = [_extracted(record, tree, each, module, rules) for each in extraction.of(text, tree)]
    if record.get("run_tests", False):
        tested = tested_names(text, tree)
        for row in rows:
            row["tested"] = row["qualname"].rpartition(".")[2] in tested
    if not rows:
        raise RejectError("no-functions")
    path = record["path"] if module is None else _path_of(module)
    return {"functions": rows, "module": {"text": text, "path": path}}


def _path_of(module: str) -> str:
    found = find_module(module)
    return found.path if isinstance(found, ModuleText) else module


def _extracted(
    record: Json, tree: ast.Module, each: Extracted, module: str | None, rules: Rules
) -> Json:
    """A function that was extracted, or why it was not; line numbers are those of its own text."""
    found, text = each.found, record["source"]
    node = copy.deepcopy(found.node)
    row = {**_function(found.qualname, found, "", []), **_skeleton(found.node, rules)}
    if each.reject is not None:
        lines = text.split("\n")[found.line_start - 1 : found.line_end]
        return {**row, "kind": "source", "reject": each.reject, "source": "\n".join(lines) + "\n"}
    inputs = _doctests(record, tree, found, rules) if each.form != "nested" else []
    if each.slice is None:
        normal = _normalised(node)
        return {
            **row,
            "kind": "import",
            "entry": f"{module}:{found.qualname}",
            "original": module,
            "tree": f"{normal.digest} {module}",
            "inputs": [one.as_dict() for one in inputs],
        }
    part = each.slice
    sliced = parse(part.text)
    inputs = [without_own_imports(one, sliced, rules.inputs) for one in inputs]
    normal = _normalised(sliced)
    return {
        **row,
        "kind": "source",
        "source": part.text,
        "original": module if each.form != "nested" else None,
        "entry": part.entry,
        "line_start": part.line_start,
        "line_end": part.line_end,
        "tree": _entry_digest(normal, part.entry),
        "inputs": [one.as_dict() for one in inputs],
    }


def _source_record(record: Json, rules: Rules) -> Json:
    if record["extract"]:
        return _module_record(record, rules)
    text: str = record["source"]
    _check_length(text, rules)
    tree = parse(text)
    given = _given(record, rules)
    entry: str | None = record["entry"]
    tests: list[str] = record.get("tests", [])
    if tests:
        entry = tested_function(tree, tests)
        if entry is None:
            raise RejectError("entry-missing")
        if record["tests_setup"] is not None:
            given += tested_inputs(entry, tests, record["tests_setup"], rules.inputs)
    if entry is None:
        functions = find_functions(tree)
        if not functions:
            raise RejectError("no-functions")
        allotted = _allot(functions, given)
    else:
        found = find_entry(tree, entry)
        if isinstance(found, str):
            raise RejectError(found)
        functions, allotted = [found], {found.qualname: given}
    for each in functions:
        allotted[each.qualname] += _doctests(record, tree, each, rules)
    skeletons = [_skeleton(each.node, rules) for each in functions]
    normal = _normalised(tree)
    rows = []
    for each, extra in zip(functions, skeletons, strict=True):
        digest = _entry_digest(normal, each.qualname)
        rows.append({**_function(each.qualname, each, digest, allotted[each.qualname]), **extra})
    return {"functions": rows, "module": None}


def _normalised(tree: ast.AST) -> Normalised:
    try:
        return normalise(tree)
    except RecursionError:
        raise RejectError("syntax-error") from None


@functools.lru_cache(maxsize=MODULES_KEPT)
def _module(name: str) -> tuple[ModuleText, ast.Module] | str:
    """Records of one module follow each other: it is read and parsed once for all of them."""
    module = find_module(name)
    if not isinstance(module, ModuleText):
        return module
    try:
        return module, ast.parse(module.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "entry-not-function"


def _import_record(record: Json, rules: Rules) -> Json:
    name, entry = record["module"], record["entry"]
    known = _module(name)
    if isinstance(known, str):
        raise RejectError(known)
    module, tree = known
    if entry is None:
        return _module_record({**record, "source": module.text, "path": module.path}, rules)
    found = find_entry(tree, entry)
    if isinstance(found, str):
        raise RejectError(found)
    _check_length(ast.get_source_segment(module.text, found.node) or "", rules)
    inputs = _given(record, rules) + _doctests(record, tree, found, rules)
    normal = _normalised(copy.deepcopy(found.node))
    row = _function(f"{name}:{entry}", found, f"{normal.digest} {name}", inputs)
    row |= _skeleton(found.node, rules)
    return {"functions": [row], "module": {"text": module.text, "path": module.path}}


def _program_record(record: Json, rules: Rules) -> Json:
    text: str = record["source"]
    _check_length(text, rules)
    tree = parse(text)
    inputs = [Input("", "", each["stdin"], "given", "", "") for each in record["inputs"]]
    depth = loop_depth(tree)
    extra = _skeleton(tree, rules)
    normal = _normalised(tree)
    row = {
        **extra,
        **{"kind": None, "source": None, "original": None, "reject": None},
        "entry": "",
        "qualname": None,
        "line_start": 1,
        "line_end": max(1, text.count("\n") + (not text.endswith("\n"))),
        "loop_depth": depth,
        "tree": normal.digest,
        "inputs": [each.as_dict() for each in inputs],
        "tested": False,
    }
    return {"functions": [row], "module": None}


ANALYSERS: dict[str, Callable[[Json, Rules], Json]] = {
    "source": _source_record,
    "import": _import_record,
    "program": _program_record,
}


def analyze_record(record: Json, rules: Rules) -> Json:
    """One answer: functions, or the reason why there are none."""
    try:
        answer = ANALYSERS[record["kind"]](record, rules)
    except RejectError as rejected:
        return {"id": record["id"], "reject": rejected.reason, "functions": [], "module": None}
    except (RecursionError, MemoryError):
        return {"id": record["id"], "reject": "syntax-error", "functions": [], "module": None}
    return {"id": record["id"], "reject": None, **answer}


def main(request: Json) -> Json:
    """Answers every record of the request in its order, or lists the library."""
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(RECURSION_LIMIT)
    if "library" in request:
        return list_library(request["library"])
    rules = Rules.of(request)
    return {"v": 1, "records": [analyze_record(record, rules) for record in request["records"]]}
