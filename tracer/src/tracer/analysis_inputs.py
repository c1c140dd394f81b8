"""The form of an input, and the canonical text that its identity is made of (docs/job-spec.md)."""

import ast
from dataclasses import dataclass

SETUP_STATEMENTS = (
    ast.Assign,
    ast.AugAssign,
    ast.AnnAssign,
    ast.Expr,
    ast.Delete,
    ast.Import,
    ast.ImportFrom,
    ast.Pass,
    ast.Assert,
)


@dataclass(frozen=True)
class Input:
    """Verbatim texts without the white space around them; a reason, or both canonical texts."""

    setup: str
    call: str
    stdin: str
    origin: str
    canonical_setup: str | None = None
    canonical_call: str | None = None
    reject: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        return dict(vars(self))


def _is_straight(statement: ast.stmt) -> bool:
    match statement:
        case ast.ImportFrom(module="__future__"):
            return False
        case ast.ImportFrom(names=names):
            return all(each.name != "*" for each in names)
    return isinstance(statement, SETUP_STATEMENTS)


def _canonical(setup: str, call: str) -> tuple[str, str] | str:
    """Canonical (setup, call), or why the form is refused. Raises SyntaxError and the like."""
    setup_tree = ast.parse(setup, "<setup>", "exec")
    call_tree = ast.parse(call, "<call>", "eval")
    compile(setup, "<setup>", "exec", dont_inherit=True)
    compile(call, "<call>", "eval", dont_inherit=True)
    straight = all(_is_straight(statement) for statement in setup_tree.body)
    if not straight or not isinstance(call_tree.body, ast.Call):
        return "input-form-not-allowed"
    return ast.unparse(setup_tree), ast.unparse(call_tree)


@dataclass(frozen=True)
class InputRules:
    """`bytes_max` bounds setup, call and stdin together."""

    bytes_max: int

    def check(self, origin: str, setup: str, call: str, stdin: str) -> Input:
        """Never raises: what cannot be an input says why."""
        setup, call = setup.strip(), call.strip()
        if len((setup + call + stdin).encode("utf-8", "replace")) > self.bytes_max:
            return Input("", call[:200], "", origin, reject="input-form-not-allowed")
        try:
            canonical = _canonical(setup, call)
        except (SyntaxError, ValueError, OverflowError):
            return Input(setup, call, stdin, origin, reject="input-syntax-error")
        except (RecursionError, MemoryError):
            return Input(setup, call, stdin, origin, reject="input-form-not-allowed")
        if isinstance(canonical, str):
            return Input(setup, call, stdin, origin, reject=canonical)
        return Input(setup, call, stdin, origin, canonical[0], canonical[1])
