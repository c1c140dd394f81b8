"""What a function does with each of its parameters, read from its text."""

import ast
from collections.abc import Iterator

from tracer.analysis_find import FunctionNode
from tracer.synthesis.use import DEPTH_MAX, Use

_ARITHMETIC = (ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Pow, ast.MatMult)
_BITS = (ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor)
_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def _constant(node: ast.AST | None) -> object:
    """The value of a literal of a hashable type, else Ellipsis."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _constant(node.operand)
        return -value if isinstance(value, int | float) else ...
    return ...


class _Reader(ast.NodeVisitor):
    """Walks a function in the order of its text. Names mean what they were last bound to."""

    def __init__(self, uses: dict[str, Use]) -> None:
        self._env = dict(uses)

    def _resolve(self, node: ast.AST) -> Use | None:
        match node:
            case ast.Name(id=name):
                return self._env.get(name)
            case ast.NamedExpr(value=value) | ast.Await(value=value) | ast.Starred(value=value):
                return self._resolve(value)
            case ast.Attribute(value=value, attr=attr):
                use = self._resolve(value)
                return use.part(attr) if use is not None and use.depth < DEPTH_MAX else None
            case ast.Subscript(value=value, slice=index):
                return self._subscript(self._resolve(value), index)
            case ast.BoolOp(values=[first, *_]):
                return self._resolve(first)
            case ast.IfExp(body=body, orelse=orelse):
                return self._resolve(body) or self._resolve(orelse)
            case ast.Call(
                func=ast.Name(id="list" | "tuple" | "sorted" | "iter" | "reversed"),
                args=[inner, *_],
            ):
                return self._resolve(inner)
            case ast.Call(func=ast.Attribute(value=value, attr="get" | "pop"), args=[key, *_]):
                use, wanted = self._resolve(value), _constant(key)
                if use is not None and isinstance(wanted, str) and use.depth < DEPTH_MAX:
                    return use.item(wanted)
        return None

    def _subscript(self, use: Use | None, index: ast.AST) -> Use | None:
        if use is None or use.depth >= DEPTH_MAX:
            return None
        if isinstance(index, ast.Slice):
            use.mark("slice")
            return use
        key = _constant(index)
        if isinstance(key, str | bytes):
            return use.item(key)
        if isinstance(key, int):
            use.mark("int-index")
            use.marks["reach"] = max(use.marks.get("reach", 0), abs(key) + 1)
            return use.each()
        use.mark("index")
        return use.each()

    def _bind(self, target: ast.AST, use: Use | None) -> None:
        match target:
            case ast.Name(id=name):
                if use is None:
                    self._env.pop(name, None)
                else:
                    self._env[name] = use
            case ast.Tuple(elts=elts) | ast.List(elts=elts):
                if use is not None:
                    use.mark("unpacked")
                    use.marks["reach"] = max(use.marks.get("reach", 0), len(elts))
                for at, each in enumerate(elts):
                    part = use.item(at) if use is not None and use.depth < DEPTH_MAX else None
                    self._bind(each, part)
            case _:
                self.visit(target)

    def _iterate(self, target: ast.AST, source: ast.expr) -> None:
        match source:
            case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]):
                use = self._resolve(inner)
                if use is not None:
                    use.mark("iterate")
                if isinstance(target, ast.Tuple) and len(target.elts) == 2:
                    self._bind(target.elts[0], None)
                    self._bind(target.elts[1], use.each() if use is not None else None)
                return
            case ast.Call(func=ast.Name(id="zip"), args=sources) if isinstance(target, ast.Tuple):
                for each, inner in zip(target.elts, sources, strict=False):
                    self._iterate(each, inner)
                return
            case ast.Call(func=ast.Attribute(value=inner, attr="items")):
                use = self._resolve(inner)
                if use is not None and isinstance(target, ast.Tuple) and len(target.elts) == 2:
                    use.mark("mapping")
                    self._bind(target.elts[0], use.part("<key>"))
                    self._bind(target.elts[1], use.part("<value>"))
                    return
            case ast.Call(func=ast.Attribute(value=inner, attr="values")):
                use = self._resolve(inner)
                if use is not None:
                    use.mark("mapping")
                    self._bind(target, use.part("<value>"))
                    return
            case ast.Call(func=ast.Name(id="range"), args=args):
                for each in args:
                    use = self._resolve(each)
                    if use is not None:
                        use.mark("count")
        use = self._resolve(source)
        if use is not None:
            use.mark("iterate")
        self._bind(target, use.each() if use is not None and use.depth < DEPTH_MAX else None)

    # Statements and expressions that bind or say something of a value.

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        use = self._resolve(node.value)
        for target in node.targets:
            self._bind(target, use)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._operation(node.target, node.op, node.value)
        self.visit(node.value)

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self._iterate(node.target, node.iter)
        for each in [*node.body, *node.orelse]:
            self.visit(each)

    def _comprehension(self, node: ast.AST) -> None:
        before = dict(self._env)
        for generator in getattr(node, "generators", []):
            self.visit(generator.iter)
            self._iterate(generator.target, generator.iter)
            for test in generator.ifs:
                self._truth(test)
                self.visit(test)
        for name in ("elt", "key", "value"):
            part = getattr(node, name, None)
            if part is not None:
                self.visit(part)
        self._env = before

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension  # noqa: N815

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            use = self._resolve(item.context_expr)
            if use is not None:
                use.mark("with")
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self._bind(item.optional_vars, use)
        for each in node.body:
            self.visit(each)

    def _truth(self, node: ast.AST) -> None:
        use = self._resolve(node)
        if use is not None:
            use.mark("truth")

    def visit_If(self, node: ast.If) -> None:
        self._truth(node.test)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        use = self._resolve(node.operand)
        if use is not None:
            use.mark("truth" if isinstance(node.op, ast.Not) else "number")
        self.generic_visit(node)

    def _operation(self, left: ast.AST, op: ast.operator, right: ast.AST) -> None:
        for mine, other in ((left, right), (right, left)):
            use = self._resolve(mine)
            if use is None:
                continue
            value = _constant(other)
            if isinstance(op, ast.Add):
                use.mark("add")
                if value is not ...:
                    use.mark(f"with-{type(value).__name__}")
                elif isinstance(other, ast.JoinedStr):
                    use.mark("with-str")
                elif isinstance(other, ast.List):
                    use.mark("with-list")
            elif isinstance(op, ast.Mod):
                use.mark("number" if mine is left and not isinstance(value, str) else "any")
            elif isinstance(op, _ARITHMETIC):
                is_repeat = isinstance(op, ast.Mult) and isinstance(value, str | bytes)
                use.mark("count" if is_repeat else "number")
            elif isinstance(op, _BITS):
                use.mark("bits")

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self._operation(node.left, node.op, node.right)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
            self._compare(left, op, right)
        self.generic_visit(node)

    def _compare(self, left: ast.AST, op: ast.cmpop, right: ast.AST) -> None:
        if isinstance(op, ast.In | ast.NotIn):
            use = self._resolve(right)
            if use is not None:
                use.mark("contains")
                value = _constant(left)
                if value is not ... and use.depth < DEPTH_MAX:
                    use.each().literals.append(value)
                    use.literals.append([value])
            use = self._resolve(left)
            if use is not None:
                if isinstance(right, ast.Tuple | ast.List | ast.Set):
                    use.literals += [v for e in right.elts if (v := _constant(e)) is not ...]
                elif isinstance(right, ast.Name | ast.Attribute):
                    use.tables.append(ast.unparse(right))
                elif isinstance(_constant(right), str):
                    use.literals += list(str(_constant(right)))[:20]
            return
        for mine, other in ((left, right), (right, left)):
            use = self._resolve(mine)
            if use is None:
                if isinstance(mine, ast.Call) and ast.unparse(mine.func) == "len" and mine.args:
                    use = self._resolve(mine.args[0])
                    value = _constant(other)
                    if use is not None and isinstance(value, int):
                        use.marks["reach"] = max(use.marks.get("reach", 0), value)
                if isinstance(mine, ast.Call) and ast.unparse(mine.func) == "type" and mine.args:
                    use = self._resolve(mine.args[0])
                    if use is not None:
                        use.types.append(ast.unparse(other))
                continue
            value = _constant(other)
            if value is not ...:
                use.literals.append(value)
            if isinstance(op, _ORDERS):
                use.mark("order")

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._resolve(node)
        index = self._resolve(node.slice)
        if index is not None:
            if isinstance(node.value, ast.Name | ast.Attribute):
                index.tables.append(ast.unparse(node.value))
            index.mark("key")
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._resolve(node)
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                use = self._resolve(part.value)
                if use is not None:
                    use.mark("shown")
        self.generic_visit(node)

    def visit_Match(self, node: ast.Match) -> None:
        use = self._resolve(node.subject)
        for case in node.cases:
            for each in ast.walk(case.pattern):
                if use is not None and isinstance(each, ast.MatchValue):
                    use.literals.append(_constant(each.value))
                if use is not None and isinstance(each, ast.MatchClass):
                    use.types.append(ast.unparse(each.cls))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        callee = node.func
        use = self._resolve(callee) if isinstance(callee, ast.Name) else None
        if use is not None:
            use.mark("called")
            use.marks["arity"] = max(use.marks.get("arity", 0), len(node.args))
        if isinstance(callee, ast.Attribute):
            owner = self._resolve(callee.value)
            if owner is not None:
                owner.methods[callee.attr] = len(node.args)
                self._method(owner, callee.attr, node)
        self._arguments(node)
        for each in [*node.args, *(keyword.value for keyword in node.keywords)]:
            self.visit(each)
        if isinstance(callee, ast.Attribute):
            self.visit(callee.value)

    def _method(self, owner: Use, name: str, node: ast.Call) -> None:
        """Arguments of well-known methods tell what the receiver holds."""
        value = _constant(node.args[0]) if node.args else ...
        if value is not ... and name in (
            "startswith",
            "endswith",
            "split",
            "find",
            "index",
            "replace",
            "partition",
            "rpartition",
            "count",
        ):
            owner.literals.append(value)
        if name == "join":
            owner.mark("with-str")

    def _arguments(self, node: ast.Call) -> None:
        name = ast.unparse(node.func) if isinstance(node.func, ast.Name | ast.Attribute) else ""
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Constant):
            name = f"{type(node.func.value.value).__name__}.{node.func.attr}"
        if name in ("isinstance", "issubclass") and len(node.args) == 2:
            use = self._resolve(node.args[0])
            if use is not None:
                kinds = node.args[1]
                elts = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
                if name == "isinstance":
                    use.types += [ast.unparse(each) for each in elts]
                else:
                    use.mark("class")
            return
        if name in ("hasattr", "getattr") and len(node.args) >= 2:
            use, attr = self._resolve(node.args[0]), _constant(node.args[1])
            if use is not None and isinstance(attr, str) and attr.isidentifier():
                use.marks[f"maybe:{attr}"] = 1
            return
        for at, each in enumerate(node.args):
            use = self._resolve(each)
            if use is not None:
                use.passed.append((name, at))
        for keyword in node.keywords:
            use = self._resolve(keyword.value)
            if use is not None and keyword.arg is not None:
                use.passed.append((name, keyword.arg))

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.body)

    def visit_Await(self, node: ast.Await) -> None:
        use = self._resolve(node.value)
        if use is not None:
            use.mark("awaited")
        self.generic_visit(node)


def all_args(node: FunctionNode | ast.Lambda) -> Iterator[ast.arg]:
    """Every named parameter, the starred ones too."""
    spec = node.args
    yield from [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    yield from (each for each in (spec.vararg, spec.kwarg) if each is not None)


def uses_of(node: FunctionNode) -> dict[str, Use]:
    """By parameter."""
    uses = {each.arg: Use() for each in all_args(node)}
    reader = _Reader(uses)
    for statement in node.body:
        try:
            reader.visit(statement)
        except RecursionError:
            break
    return uses
