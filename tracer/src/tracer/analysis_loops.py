"""How deep the loops of a function stand in one another."""

import ast

_LOOPS = ast.For | ast.AsyncFor | ast.While
_OTHER_CODE = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


def loop_depth(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Module) -> int:
    """0 without a loop, 2 and more where loops are nested.

    Loops are the statements for, async for and while of the function's own code: what stands in
    the body of a loop is one deeper, its else branch is not. Comprehensions and the functions
    that it defines do not count.
    """
    deepest = 0
    pending: list[tuple[ast.AST, int]] = [(each, 0) for each in function.body]
    while pending:
        node, depth = pending.pop()
        deepest = max(deepest, depth)
        if isinstance(node, _OTHER_CODE):
            continue
        if isinstance(node, _LOOPS):
            deepest = max(deepest, depth + 1)
            pending += [(each, depth + 1) for each in node.body]
            pending += [(each, depth) for each in node.orelse]
        else:
            pending += [(each, depth) for each in ast.iter_child_nodes(node)]
    return deepest
