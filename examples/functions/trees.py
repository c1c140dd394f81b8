"""Nested data: recursion over trees, graphs and lists in lists."""


def flatten(nested):
    """Yield the leaves of lists in lists.

    >>> list(flatten([1, [2, [3, []], 4]]))
    [1, 2, 3, 4]
    """
    for item in nested:
        if isinstance(item, list):
            yield from flatten(item)
        else:
            yield item


def insert(tree, key):
    """Put a key into a search tree of dicts.

    >>> tree = {}
    >>> insert(tree, 5)
    >>> insert(tree, 2)
    >>> insert(tree, 8)
    >>> tree["left"]["key"], tree["right"]["key"]
    (2, 8)
    """
    if not tree:
        tree["key"] = key
        return
    side = "left" if key < tree["key"] else "right"
    insert(tree.setdefault(side, {}), key)


def depth(tree):
    """How many levels a search tree has.

    >>> depth({"key": 1, "right": {"key": 2}})
    2
    >>> depth({})
    0
    """
    if not tree:
        return 0
    return 1 + max(depth(tree.get("left", {})), depth(tree.get("right", {})))


def topological(graph):
    """Order tasks so that each comes after those it needs.

    >>> topological({"wear shoes": ["wear socks"], "wear socks": []})
    ['wear socks', 'wear shoes']
    >>> topological({"a": ["b"], "b": ["a"]})
    Traceback (most recent call last):
    ValueError: 'a' needs itself
    """
    order, visiting = [], set()

    def visit(task):
        if task in order:
            return
        if task in visiting:
            raise ValueError(f"{task!r} needs itself")
        visiting.add(task)
        for needed in graph[task]:
            visit(needed)
        order.append(task)

    for task in graph:
        visit(task)
    return order


def evaluate(expression):
    """Compute a nested tuple such as ("+", 1, ("*", 2, 3)).

    >>> evaluate(("+", 1, ("*", 2, 3)))
    7
    >>> evaluate(("/", 1, ("-", 2, 2)))
    Traceback (most recent call last):
    ZeroDivisionError: division by zero
    """
    match expression:
        case ("+", left, right):
            return evaluate(left) + evaluate(right)
        case ("-", left, right):
            return evaluate(left) - evaluate(right)
        case ("*", left, right):
            return evaluate(left) * evaluate(right)
        case ("/", left, right):
            return evaluate(left) / evaluate(right)
        case number:
            return number


def group_by_length(words):
    """Sort words into lists by their length.

    >>> group_by_length(["a", "bb", "c", "dd"])
    {1: ['a', 'c'], 2: ['bb', 'dd']}
    """
    groups = {}
    for word in words:
        groups.setdefault(len(word), []).append(word)
    return groups
