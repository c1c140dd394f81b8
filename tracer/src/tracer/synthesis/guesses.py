"""From what is known of a parameter to the kinds of values that it may want."""

import ast
import re
from collections.abc import Callable

from tracer.synthesis.kinds import Bag, Kind, bag

# Attributes of the well-known types decide which of them a value may be.
_TYPES: dict[str, frozenset[str]] = {}


def _attributes() -> dict[str, frozenset[str]]:
    if not _TYPES:
        import collections  # noqa: PLC0415 - only a child that guesses needs them
        import datetime  # noqa: PLC0415
        import decimal  # noqa: PLC0415
        import fractions  # noqa: PLC0415
        import io  # noqa: PLC0415
        import pathlib  # noqa: PLC0415
        import re as regex  # noqa: PLC0415

        for name, kind in (
            ("str", str), ("list", list), ("dict", dict), ("int", int), ("bytes", bytes),
            ("set", set), ("tuple", tuple), ("float", float), ("textfile", io.StringIO),
            ("binaryfile", io.BytesIO), ("datetime", datetime.datetime), ("date", datetime.date),
            ("timedelta", datetime.timedelta), ("path", pathlib.PurePosixPath),
            ("pattern", regex.Pattern), ("match", regex.Match), ("deque", collections.deque),
            ("decimal", decimal.Decimal), ("fraction", fractions.Fraction),
            ("counter", collections.Counter), ("bytearray", bytearray), ("frozenset", frozenset),
            ("complex", complex), ("time", datetime.time), ("range", range),
        ):  # fmt: skip
            _TYPES[name] = frozenset(dir(kind))
    return _TYPES


_TEXTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "datetime": (
        ("datetime", "datetime.datetime(2024, 2, 29, 12, 30, 15)", "datetime"),
        ("datetime", "datetime.datetime(1999, 12, 31, 23, 59, 59, 5)", "datetime"),
        ("datetime", "datetime.datetime(2001, 1, 1, tzinfo=datetime.timezone.utc)", "datetime"),
    ),
    "date": (
        ("datetime", "datetime.date(2024, 2, 29)", "date"),
        ("datetime", "datetime.date(2000, 1, 1)", "date"),
    ),
    "time": (("datetime", "datetime.time(12, 30)", "time"),),
    "timedelta": (
        ("datetime", "datetime.timedelta(days=1, seconds=30)", "timedelta"),
        ("datetime", "datetime.timedelta(0)", "timedelta"),
        ("datetime", "datetime.timedelta(days=-3, hours=5)", "timedelta"),
        ("datetime", "datetime.timedelta(days=800)", "timedelta"),
    ),
    "timezone": (
        ("datetime", "datetime.timezone.utc", "timezone"),
        ("datetime", "datetime.timezone(datetime.timedelta(hours=2))", "timezone"),
    ),
    "path": (
        ("pathlib", "pathlib.Path('/tmp/a.txt')", "Path"),
        ("pathlib", "pathlib.Path('dir/b')", "Path"),
    ),
    "pathtext": (
        ("", "'/tmp/a.txt'", "str"), ("", "'dir/sub/file.py'", "str"), ("", "''", "str"),
        ("", "'.'", "str"), ("", "'/usr/lib/python3.13/abc.py'", "str"), ("", "'a'", "str"),
    ),
    "pattern": (
        ("re", "re.compile(r'\\w+')", "Pattern"), ("re", "re.compile('a(b)?')", "Pattern"),
    ),
    "match": (
        ("re", "re.match(r'(\\w+) (\\w+)', 'hello world')", "Match"),
        ("re", "re.match(r'(?P<name>a)(b)?', 'ab')", "Match"),
    ),
    "regextext": (("", "'a+'", "str"), ("", r"'(\\w+)'", "str"), ("", "'[0-9]'", "str")),
    "deque": (
        ("collections", "collections.deque([1, 2, 3])", "deque"),
        ("collections", "collections.deque()", "deque"),
    ),
    "counter": (("collections", "collections.Counter('abca')", "Counter"),),
    "defaultdict": (("collections", "collections.defaultdict(list)", "defaultdict"),),
    "ordereddict": (("collections", "collections.OrderedDict(a=1, b=2)", "OrderedDict"),),
    "decimal": (
        ("decimal", "decimal.Decimal('1.50')", "Decimal"),
        ("decimal", "decimal.Decimal(-3)", "Decimal"),
        ("decimal", "decimal.Decimal('0')", "Decimal"),
        ("decimal", "decimal.Decimal('NaN')", "Decimal"),
    ),
    "fraction": (
        ("fractions", "fractions.Fraction(3, 4)", "Fraction"),
        ("fractions", "fractions.Fraction(-1, 3)", "Fraction"),
    ),
    "jsontext": (
        ("", "'{\"a\": [1, 2.5, null, true]}'", "str"), ("", "'[]'", "str"), ("", "'\"x\"'", "str"),
    ),
    "url": (
        ("", "'http://example.com:80/a/b?x=1&y=2#frag'", "str"), ("", "'/relative/path'", "str"),
        ("", "'mailto:a@b.org'", "str"), ("", "'https://user@host/'", "str"),
    ),
    "encoding": (("", "'utf-8'", "str"), ("", "'ascii'", "str"), ("", "'latin-1'", "str")),
    "errors": (("", "'strict'", "str"), ("", "'ignore'", "str"), ("", "'replace'", "str")),
    "mode": (("", "'r'", "str"), ("", "'w'", "str"), ("", "'rb'", "str")),
    "format": (("", "'%s'", "str"), ("", "'{}'", "str"), ("", "'%Y-%m-%d'", "str")),
    "uuid": (("uuid", "uuid.UUID(int=5)", "UUID"),),
    "memoryview": (("", "memoryview(b'abc')", "memoryview"),),
    "version": (("", "'1.2.3'", "str"), ("", "'2.0rc1'", "str"), ("", "'1.0.post2'", "str")),
    "ast": (
        ("ast", "ast.parse('x = 1 + 2')", "Module"),
        ("ast", "ast.parse('f(a, b=2)').body[0].value", "Call"),
        ("ast", "ast.parse('def f(x):\\n    return x')", "Module"),
    ),
    "code": (
        ("", "(lambda x, y=1: x + y).__code__", "code"),
        ("", "compile('a = 1', 'f', 'exec')", "code"),
    ),
    "plainfunction": (
        ("", "len", "function"), ("", "lambda x, y=2, *z: x", "function"),
        ("textwrap", "textwrap.dedent", "function"),
    ),
    "module": (("math", "math", "module"), ("string", "string", "module")),
    "email": (
        ("email", "email.message_from_string('Subject: a\\nTo: b@c.d\\n\\nbody')", "Message"),
    ),
    "exception": (("", "ValueError('bad')", "ValueError"), ("", "KeyError('k')", "KeyError")),
}  # fmt: skip


def text_kind(name: str) -> Kind:
    return Kind("text", data=_TEXTS[name])


def named(name: str) -> Kind:
    """The kind of a type by its plain name."""
    return text_kind(name) if name in _TEXTS else Kind(name)


_ANNOTATIONS: dict[str, str] = {
    "int": "int", "float": "float", "str": "str", "bytes": "bytes", "bool": "bool", "None": "none",
    "complex": "complex", "bytearray": "bytearray", "object": "any", "Any": "any", "list": "list",
    "List": "list", "Sequence": "list", "MutableSequence": "list", "Iterable": "list",
    "Collection": "list", "Container": "list", "Reversible": "list", "Iterator": "iter",
    "Generator": "iter", "tuple": "tuple", "Tuple": "tuple", "set": "set", "Set": "set",
    "AbstractSet": "set", "MutableSet": "set", "frozenset": "frozenset", "FrozenSet": "frozenset",
    "dict": "dict", "Dict": "dict", "Mapping": "dict", "MutableMapping": "dict",
    "DefaultDict": "defaultdict", "defaultdict": "defaultdict", "OrderedDict": "ordereddict",
    "Counter": "counter", "deque": "deque", "Deque": "deque", "Callable": "callable",
    "type": "class", "Type": "class", "Text": "str", "AnyStr": "str", "LiteralString": "str",
    "Number": "int", "Real": "float", "Integral": "int", "SupportsInt": "int", "Hashable": "str",
    "SupportsFloat": "float", "SupportsIndex": "int", "Sized": "list", "datetime": "datetime",
    "date": "date", "time": "time", "timedelta": "timedelta", "tzinfo": "timezone",
    "timezone": "timezone", "Decimal": "decimal", "Fraction": "fraction", "Path": "path",
    "PurePath": "path", "PathLike": "path", "StrPath": "pathtext", "Pattern": "pattern",
    "Match": "match", "IO": "textfile", "TextIO": "textfile", "StringIO": "textfile",
    "TextIOBase": "textfile", "TextIOWrapper": "textfile", "BinaryIO": "binaryfile",
    "BytesIO": "binaryfile", "BufferedReader": "binaryfile", "ReadableBuffer": "bytes",
    "Buffer": "bytes", "memoryview": "memoryview", "UUID": "uuid", "range": "range",
    "slice": "slice", "Exception": "exception", "BaseException": "exception",
    "ModuleType": "module",
    "CodeType": "code", "FunctionType": "plainfunction", "Message": "email", "AST": "ast",
    "SupportsRichComparison": "int", "unicode": "str", "string": "str", "integer": "int",
    "boolean": "bool", "function": "callable", "callable": "callable", "iterable": "list",
    "sequence": "list", "dictionary": "dict", "mapping": "dict", "array": "list", "number": "int",
    "file": "textfile", "path": "pathtext", "char": "char", "character": "char",
}  # fmt: skip

Classes = Callable[[str], bool]


def of_annotation(node: ast.AST | None, is_class: Classes, depth: int = 0) -> Bag:
    """What an annotation allows; empty where it says nothing that is known."""
    if node is None or depth > 5:
        return Bag()
    match node:
        case ast.Constant(value=None):
            return bag("none")
        case ast.Constant(value=str() as text):
            try:
                return of_annotation(ast.parse(text, mode="eval").body, is_class, depth + 1)
            except SyntaxError:
                return Bag()
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            first = of_annotation(left, is_class, depth + 1)
            second = of_annotation(right, is_class, depth + 1)
            return _rarer_none(Bag(first.kinds + second.kinds))
        case ast.Subscript(value=value, slice=inner):
            return _generic(ast.unparse(value).rpartition(".")[2], inner, is_class, depth)
        case ast.Name() | ast.Attribute():
            text = ast.unparse(node)
            if is_class(text):
                return Bag(((Kind("instance", data=(text,)), 1.0),))
            name = _ANNOTATIONS.get(text.rpartition(".")[2])
            if name is None or name == "any":
                return Bag()
            return bag(named(name))
    return Bag()


def _rarer_none(kinds: Bag) -> Bag:
    return Bag(tuple((k, w * (0.3 if k.name == "none" else 1.0)) for k, w in kinds.kinds))


def _generic(name: str, inner: ast.AST, is_class: Classes, depth: int) -> Bag:
    args = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    parts = tuple(of_annotation(each, is_class, depth + 1) for each in args)
    match name:
        case "Optional":
            return _rarer_none(Bag(parts[0].kinds + bag("none").kinds))
        case "Union":
            return _rarer_none(Bag(tuple(pair for part in parts for pair in part.kinds)))
        case "Literal":
            values = tuple(each.value for each in args if isinstance(each, ast.Constant))
            return bag(Kind("literal", data=values)) if values else Bag()
        case "Annotated" | "Final" | "ClassVar" | "Required" | "NotRequired":
            return parts[0]
        case "Callable":
            is_listed = isinstance(args[0], ast.List)
            count = (len(args[0].elts),) if is_listed else ()  # type: ignore[attr-defined]
            return bag(Kind("callable", data=count))
        case "Type" | "type":
            return bag(Kind("class", data=(ast.unparse(args[0]),)))
        case "tuple" | "Tuple":
            if len(args) == 2 and isinstance(args[1], ast.Constant) and args[1].value is ...:
                return bag(Kind("tuple", parts[:1]))
            return bag(Kind("tuple", parts, ("fixed",)))
    base = _ANNOTATIONS.get(name)
    if base is None or base == "any":
        return bag(Kind("instance", data=(name,))) if is_class(name) else Bag()
    if base in ("list", "set", "frozenset", "iter", "dict"):
        return bag(Kind(base, parts[:2]))
    return bag(named(base))


def with_attributes(names: set[str]) -> list[str]:
    """The well-known types that have all of some attributes, the plainest first."""
    return [kind for kind, known in _attributes().items() if names <= known]


_DOC_TYPE = re.compile(
    r"(?:^|\n)\s*(?::param\s+(?P<t1>[\w.\[\], |]+?)\s+(?P<n1>\w+)\s*:"
    r"|:type\s+(?P<n2>\w+)\s*:\s*(?P<t2>[^\n]+)"
    r"|(?P<n3>\w+)\s*\((?P<t3>[\w.\[\], |]+)\)\s*:"
    r"|(?P<n4>\w+)\s+:\s+(?P<t4>[\w.\[\], |{}'\"]+))"
)


def of_docstring(text: str | None, is_class: Classes) -> dict[str, Bag]:
    """Types that a docstring gives parameters, in the usual three styles."""
    found: dict[str, Bag] = {}
    for match in _DOC_TYPE.finditer(text or ""):
        for at in "1234":
            name, types = match[f"n{at}"], match[f"t{at}"]
            if name is not None:
                found.setdefault(name, _of_words(types, is_class))
    return found


def _of_words(text: str, is_class: Classes) -> Bag:
    kinds: list[tuple[Kind, float]] = []
    for word in re.split(r"\s+or\s+|\||,\s*|\bof\b", text.strip()):
        plain = word.strip().strip("`'\".")
        if plain.replace(".", "").isidentifier():
            kinds += of_annotation(ast.parse(plain, mode="eval").body, is_class).kinds
    return Bag(tuple(kinds))
