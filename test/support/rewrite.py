"""Rewrites programs so that they do the same in other words: what a copied benchmark looks like.

Runs in the sandbox as a program. Standard input is {"mode": ..., "entry": ..., "programs": [...]},
standard output the list of the rewritten texts; a text that a mode cannot change stays as it is.
Nothing is drawn: the same program gives the same text.
"""

import ast
import json
import sys

SAFE = (
    ast.Constant,
    ast.Name,
    ast.BinOp,
    ast.Compare,
    ast.BoolOp,
    ast.UnaryOp,
    ast.operator,
)
SAFE += (ast.cmpop, ast.boolop, ast.unaryop, ast.expr_context)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def bound_names(tree):
    """Names that the program binds itself, in the order of the tree."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):
            names[node.name] = None
        elif isinstance(node, ast.arg):
            names[node.arg] = None
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names[node.id] = None
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names[node.name] = None
    return list(names)


class Rename(ast.NodeTransformer):
    def __init__(self, tree):
        self.new = {
            name: f"{name}_{i * 7 % 10}q{i}" for i, name in enumerate(bound_names(tree))
        }

    def name(self, name):
        return self.new.get(name, name)

    def visit_Name(self, node):
        node.id = self.name(node.id)
        return node

    def visit_arg(self, node):
        node.arg = self.name(node.arg)
        return node

    def visit_keyword(self, node):
        node.arg = node.arg if node.arg is None else self.name(node.arg)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node):
        node.name = self.name(node.name)
        node.returns = ast.Constant("any")
        for each in node.args.args:
            each.annotation = ast.Constant("any")
        node.body.insert(0, ast.Expr(ast.Constant("Does what it says.")))
        return self.generic_visit(node)

    def visit_ExceptHandler(self, node):
        node.name = node.name and self.name(node.name)
        return self.generic_visit(node)

    def visit_Nonlocal(self, node):
        node.names = [self.name(name) for name in node.names]
        return node

    visit_Global = visit_Nonlocal


def laid_out(text):
    """Two spaces for four, comments and blank lines between; unparse has broken no line itself."""
    lines = ["# rewritten"]
    for number, line in enumerate(text.split("\n")):
        bare = line.lstrip(" ")
        lines.append(" " * ((len(line) - len(bare)) // 2) + bare)
        if number % 3 == 1:
            lines += ["", "# and on"]
    return "\n".join(lines) + "\n"


class Whiles(ast.NodeTransformer):
    """`for x in things:` becomes a loop over places."""

    count = 0
    bound = frozenset()

    def visit_Module(self, node):
        self.bound = frozenset(bound_names(node))
        return self.generic_visit(node)

    def visit_For(self, node):
        self.generic_visit(node)
        jumps = any(isinstance(each, ast.Continue) for each in ast.walk(node))
        if node.orelse or jumps:
            return node
        self.count += 1
        things, at = f"things{self.count}", f"at{self.count}"
        head = ast.parse(f"{things} = list(None)\n{at} = 0").body
        if "list" in self.bound or "len" in self.bound:
            return node
        head[0].value.args[0] = node.iter
        loop = ast.parse(
            f"while {at} < len({things}):\n    x = {things}[{at}]\n    {at} += 1"
        ).body[0]
        loop.body[0].targets[0] = node.target
        loop.body += node.body
        return [*head, loop]


def uses(tree, name):
    return [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name]


class Inline(ast.NodeTransformer):
    """A value that is named for the next statement alone is put into it."""

    def generic_visit(self, node):
        super().generic_visit(node)
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                setattr(node, field, self.inlined(block))
        return node

    def visit_FunctionDef(self, node):
        self.function = node
        return self.generic_visit(node)

    def inlined(self, block):
        out = []
        for statement in block:
            last = out[-1] if out else None
            if isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name):
                name = last.targets[0].id
                once = (
                    len(uses(self.function, name)) == 2
                    and len(uses(statement, name)) == 1
                )
                simple = isinstance(
                    statement, (ast.Assign, ast.Return, ast.Expr, ast.AugAssign)
                )
                if once and simple:
                    out[-1] = Substitute(name, last.value).visit(statement)
                    continue
            out.append(statement)
        return out


class Substitute(ast.NodeTransformer):
    def __init__(self, name, value):
        self.target, self.value = name, value

    def visit_Name(self, node):
        return (
            self.value
            if node.id == self.target and isinstance(node.ctx, ast.Load)
            else node
        )


class Reorder(ast.NodeTransformer):
    """Neighbouring assignments that have nothing to do with each other change places."""

    def generic_visit(self, node):
        super().generic_visit(node)
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                self.swap(block)
        return node

    def swap(self, block):
        at = 0
        while at + 1 < len(block):
            one, two = block[at : at + 2]
            apart = self.names(one).isdisjoint(self.names(two))
            if apart and self.free(one) and self.free(two):
                block[at : at + 2] = two, one
                at += 1
            at += 1

    def free(self, node):
        literal = (ast.List, ast.Dict, ast.Tuple, ast.Set, *SAFE)
        return (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and all(isinstance(each, literal) for each in ast.walk(node.value))
        )

    def names(self, node):
        return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


class Comprehend(ast.NodeTransformer):
    """A comprehension that is returned or assigned becomes a loop that appends."""

    def blocks(self, block):
        out = []
        for statement in block:
            value = getattr(statement, "value", None)
            if isinstance(statement, (ast.Assign, ast.Return)) and isinstance(
                value, ast.ListComp
            ):
                loop = ast.Expr(
                    ast.Call(
                        ast.Attribute(ast.Name("found", ast.Load()), "append"),
                        [value.elt],
                        [],
                    )
                )
                for part in reversed(value.generators):
                    for test in reversed(part.ifs):
                        loop = ast.If(test, [loop], [])
                    loop = ast.For(part.target, part.iter, [loop], [])
                out += [
                    ast.Assign([ast.Name("found", ast.Store())], ast.List([])),
                    loop,
                ]
                statement.value = ast.Name("found", ast.Load())
            out.append(statement)
        return out

    def generic_visit(self, node):
        super().generic_visit(node)
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                setattr(node, field, self.blocks(block))
        return node


MODES = {
    "names": (),
    "while": (Whiles,),
    "inline": (Inline,),
    "reorder": (Reorder,),
    "comprehensions": (Comprehend,),
    "all": (Comprehend, Inline, Reorder, Whiles),
}


def rewrite(text, mode, entry):
    """The text and what the entry is called in it, or None where the mode changes nothing."""
    tree = ast.parse(text)
    before = ast.dump(tree)
    for change in MODES[mode]:
        tree = change().visit(tree)
    changed = not MODES[mode] or ast.dump(tree) != before
    rename = Rename(tree)
    new = laid_out(ast.unparse(ast.fix_missing_locations(rename.visit(tree))))
    compile(new, "<rewritten>", "exec")
    return {"source": new, "entry": rename.name(entry), "changed": changed}


request = json.load(sys.stdin)
answers = [
    rewrite(text, request["mode"], request["entry"]) for text in request["programs"]
]
print(json.dumps(answers))
