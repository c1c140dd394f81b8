"""Words of a function's text: its literals, and strings that its regular expressions match."""

import ast
import re
from collections.abc import Iterator
from random import Random
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from tracer.synthesis.kinds import Words

WORDS_MAX = 60
_STRING_MAX = 120
_REPEAT_MAX = 3


def _literals(node: ast.AST) -> Iterator[object]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and not isinstance(each.value, bool | None | type(...)):
            yield each.value


def _docstrings(tree: ast.AST) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
    nodes = (node for node in ast.walk(tree) if isinstance(node, kinds))
    texts = (ast.get_docstring(node, clean=False) for node in nodes)
    return {text for text in texts if text}


def _annotated(tree: ast.AST) -> set[str]:
    """Types that annotations give as text; what a Literal allows is a word like others."""
    found: set[str] = set()
    for node in ast.walk(tree):
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if part is not None and "Literal" not in ast.unparse(part):
                found.update(each for each in _literals(part) if isinstance(each, str))
    return found


def words_of(own: ast.AST, module: ast.AST, names: dict[str, object], chance: Random) -> Words:
    """Words of the function first, then of its module, as many as are useful."""
    words = Words([], [], [], [])
    hidden = _docstrings(module) | _annotated(module)
    for node in (own, module):
        for value in _literals(node):
            _add(words, value, hidden)
    patterns = [value for name, value in names.items() if isinstance(value, re.Pattern)]
    texts = [
        each.args[0].value
        for each in ast.walk(own)
        if isinstance(each, ast.Call)
        and ast.unparse(each.func).startswith("re.")
        and each.args
        and isinstance(each.args[0], ast.Constant)
        and isinstance(each.args[0].value, str)
    ]
    matching: list[str] = []
    for pattern in [*texts, *patterns][:12]:
        matching += matches(pattern, chance, 3)
    words.strings = list(dict.fromkeys([*matching, *words.strings]))[:WORDS_MAX]
    return words


def _add(words: Words, value: object, hidden: set[str]) -> None:
    match value:
        case str() if value not in hidden and len(value) <= _STRING_MAX:
            _put(words.strings, value)
        case bytes() if len(value) <= _STRING_MAX:
            _put(words.bytes, value)
        case int() if value.bit_length() <= 64:
            _put(words.ints, value)
        case float():
            _put(words.floats, value)


def _put(found: list[Any], value: object) -> None:
    if len(found) < WORDS_MAX and value not in found:
        found.append(value)


def matches(pattern: object, chance: Random, count: int) -> list[str]:
    """Some strings that a pattern matches, as far as its tree tells; no engine runs."""
    text = pattern.pattern if isinstance(pattern, re.Pattern) else pattern
    flags = pattern.flags if isinstance(pattern, re.Pattern) else 0
    if not isinstance(text, str) or len(text) > 2_000:
        return []
    try:
        tree = _parser.parse(text, flags)
    except (re.error, RecursionError, OverflowError, ValueError):
        return []
    found = []
    for _ in range(count):
        groups: dict[int, str] = {}
        try:
            found.append(_sample(tree, chance, groups)[:_STRING_MAX])
        except (RecursionError, ValueError, IndexError, TypeError):
            continue
    return found


_CATEGORIES = {
    "CATEGORY_DIGIT": "0123456789", "CATEGORY_WORD": "abcXY_019", "CATEGORY_SPACE": " \t\n",
    "CATEGORY_NOT_DIGIT": "ab -_", "CATEGORY_NOT_WORD": " -.,", "CATEGORY_NOT_SPACE": "abc1.-",
}  # fmt: skip


def _sample(tree: Any, chance: Random, groups: dict[int, str]) -> str:
    return "".join(_one(str(op), arg, chance, groups) for op, arg in tree)


def _one(op: str, arg: Any, chance: Random, groups: dict[int, str]) -> str:
    match op:
        case "LITERAL":
            return chr(arg)
        case "NOT_LITERAL":
            return "a" if arg != ord("a") else "b"
        case "ANY":
            return chance.choice("abc 1")
        case "IN":
            return _one_of(arg, chance)
        case "BRANCH":
            return _sample(chance.choice(arg[1]), chance, groups)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, inner = arg
            top = min(least + _REPEAT_MAX, int(most))
            return "".join(
                _sample(inner, chance, groups) for _ in range(chance.randint(least, top))
            )
        case "SUBPATTERN":
            text = _sample(arg[-1], chance, groups)
            if arg[0] is not None:
                groups[arg[0]] = text
            return text
        case "ATOMIC_GROUP":
            return _sample(arg, chance, groups)
        case "GROUPREF":
            return groups.get(arg, "")
        case "GROUPREF_EXISTS":
            return _sample(arg[1] if arg[0] in groups else arg[2] or [], chance, groups)
        case "CATEGORY":
            return chance.choice(_CATEGORIES.get(str(arg), "a"))
    return ""


def _one_of(items: Any, chance: Random) -> str:
    letters = "abcXYZ019 _-.,:;/\n\"'()[]{}+*&%$#@!?<>=|~^\\"
    choices: list[str] = []
    is_negated = False
    for op, arg in items:
        match str(op):
            case "NEGATE":
                is_negated = True
            case "LITERAL":
                choices.append(chr(arg))
            case "RANGE":
                low, high = arg
                choices += [chr(low), chr(high), chr(chance.randint(low, min(high, low + 60)))]
            case "CATEGORY":
                choices += _CATEGORIES.get(str(arg), "a")
    if is_negated:
        choices = [each for each in letters if each not in choices]
    return chance.choice(choices or ["a"])
