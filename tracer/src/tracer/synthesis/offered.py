"""Inputs that a language model wrote: strangers' text, read as Python and never trusted further.

It is parsed here and nowhere else, and what reaches for the process, the interpreter or the
machine is refused before anything runs: the sandbox would hold it, and a trace of it would teach
nothing.
"""

import ast
from collections.abc import Iterator

UNSAFE = "input-unsafe"

_NAMES = frozenset({
    "__import__", "breakpoint", "compile", "delattr", "eval", "exec", "exit", "globals", "help",
    "input", "locals", "open", "quit", "setattr", "vars",
})  # fmt: skip
_MODULES = frozenset({
    "_ctypes", "_posixsubprocess", "_thread", "asyncio", "builtins", "code", "codeop", "concurrent",
    "ctypes", "faulthandler", "fcntl", "ftplib", "gc", "http", "imp", "importlib", "inspect",
    "marshal", "mmap", "multiprocessing", "os", "pdb", "pickle", "pkgutil", "posix", "pty",
    "resource", "runpy", "select", "shelve", "shutil", "signal", "site", "smtplib", "socket",
    "socketserver", "ssl", "subprocess", "sys", "sysconfig", "tempfile", "threading", "tracer",
    "tracemalloc", "urllib", "webbrowser", "xmlrpc",
})  # fmt: skip
# Two underscores at both ends: the way from any object to the interpreter. These few are plain.
_DUNDERS = frozenset({
    "__call__", "__contains__", "__enter__", "__eq__", "__exit__", "__getitem__", "__init__",
    "__iter__", "__len__", "__name__", "__new__", "__next__", "__setitem__",
})  # fmt: skip


def _is_unsafe(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name):
            return name in _NAMES or (_is_dunder(name) and name not in _DUNDERS)
        case ast.Attribute(attr=name):
            return _is_dunder(name) and name not in _DUNDERS
        case ast.Import(names=names):
            return any(_root(each.name) in _MODULES for each in names)
        case ast.ImportFrom(module=module, level=level):
            return level > 0 or _root(module or "") in _MODULES
    return False


def _is_dunder(name: str) -> bool:
    return len(name) > 4 and name.startswith("__") and name.endswith("__")


def _root(module: str) -> str:
    return module.partition(".")[0]


def _nodes(setup: str, call: str) -> Iterator[ast.AST]:
    yield from ast.walk(ast.parse(setup, "<setup>", "exec"))
    yield from ast.walk(ast.parse(call, "<call>", "eval"))


def refusal(setup: str, call: str) -> str | None:
    """Why texts of the allowed form are not run; None where they are."""
    return UNSAFE if any(_is_unsafe(node) for node in _nodes(setup, call)) else None
