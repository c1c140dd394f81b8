"""Calls in the assertions of a benchmark, as inputs of the function that they are about."""

import ast
from collections.abc import Iterator

from tracer.analysis_find import statements
from tracer.analysis_inputs import Input, InputRules
from tracer.synthesis.units import is_main_guard

_FAILS = (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError)


def _parsed(test: str) -> ast.Module | None:
    try:
        return ast.parse(test, "<test>", "exec")
    except _FAILS:
        return None


def _calls(tree: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    """Calls of one of the names, in the order of the text; not those inside of such a call."""
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in names:
        yield tree
        return
    for node in ast.iter_child_nodes(tree):
        yield from _calls(node, names)


def tested_function(tree: ast.Module, tests: list[str]) -> str | None:
    """The function of the text that the first test with a call of one calls."""
    names = {
        each.name
        for each in statements(tree.body)
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    for test in tests:
        parsed = _parsed(test)
        for call in () if parsed is None else _calls(parsed, names):
            if isinstance(call.func, ast.Name):
                return call.func.id
    return None


def tested_inputs(name: str, tests: list[str], setup: str, rules: InputRules) -> list[Input]:
    """The calls of the function; a test without one is an input that says why it is none."""
    found: list[Input] = []
    for test in tests:
        parsed = _parsed(test)
        if parsed is None:
            found.append(Input(setup, test[:200], "", "given", reject="input-syntax-error"))
            continue
        texts = [ast.unparse(call) for call in _calls(parsed, {name})]
        if not texts:
            found.append(Input(setup, test[:200], "", "given", reject="input-form-not-allowed"))
        found += [rules.check("given", setup, text, "") for text in texts]
    return found


# The text goes into the record of each function that its tests name.
TESTED_BYTES_MAX = 64 * 1024


def _is_test(node: ast.stmt) -> bool:
    match node:
        case ast.FunctionDef(name=name):
            return name.startswith("test")
        case ast.ClassDef(bases=bases):
            return any(ast.unparse(base).rpartition(".")[2] == "TestCase" for base in bases)
    return is_main_guard(node)


def tested_names(text: str, tree: ast.Module) -> frozenset[str]:
    """Names in the tests and in the main block of a module; none where it is too long."""
    if len(text.encode("utf-8", "replace")) > TESTED_BYTES_MAX:
        return frozenset()
    found: set[str] = set()
    for node in tree.body:
        for each in ast.walk(node) if _is_test(node) else ():
            if isinstance(each, ast.Name):
                found.add(each.id)
            elif isinstance(each, ast.Attribute):
                found.add(each.attr)
    return frozenset(found)
