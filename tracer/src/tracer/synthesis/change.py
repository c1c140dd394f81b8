"""Mutation of expressions that knows their types."""

import ast
from dataclasses import replace

from tracer.synthesis.expressions import Value, literal
from tracer.synthesis.kinds import Bag, Maker

_STRING_MAX = 400


def changed(value: Value, maker: Maker, fresh: Bag) -> Value:
    """The value with one thing changed; of a type that has no change, another of its kinds."""
    chance = maker.chance
    if value.items and chance.random() < 0.6 and value.kind != "raw":
        at = chance.randrange(len(value.items))
        items = list(value.items)
        items[at] = changed(items[at], maker, Bag())
        return replace(value, items=tuple(items))
    match value.kind:
        case "lit":
            return _changed_literal(value, maker, fresh)
        case "list" | "tuple" | "set":
            return _changed_items(value, maker)
        case "dict":
            return _changed_pairs(value, maker)
    return maker.of_bag(fresh) if fresh.kinds else value


def _changed_literal(value: Value, maker: Maker, fresh: Bag) -> Value:
    chance = maker.chance
    try:
        plain = ast.literal_eval(value.head)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value
    if fresh.kinds and chance.random() < 0.12:
        return maker.of_bag(fresh)
    match plain:
        case bool():
            return literal(not plain)
        case int():
            others = (plain + 1, plain - 1, -plain, plain * 2, plain // 2, 0, plain + 10)
            own = maker.words.ints
            return literal(
                chance.choice(own) if own and chance.random() < 0.3 else chance.choice(others)
            )
        case float():
            return literal(
                chance.choice(
                    (
                        plain + 1.0,
                        -plain,
                        plain * 0.5,
                        plain * 10,
                        float(int(plain)) if abs(plain) < 1e9 else 0.0,
                    )
                )
            )
        case str():
            return literal(_changed_text(plain, maker))
        case bytes():
            at = chance.randrange(len(plain) + 1)
            middle = chance.choice((b"\x00", b"\xff", b"a", b"\n", b"0", b""))
            return literal((plain[:at] + middle + plain[at + chance.randrange(2) :])[:_STRING_MAX])
    return maker.of_bag(fresh) if fresh.kinds else value


def _changed_text(text: str, maker: Maker) -> str:
    chance = maker.chance
    at = chance.randrange(len(text) + 1)
    own = maker.words.strings
    roll = chance.randrange(9)
    if roll == 0 and own:
        return (text[:at] + str(chance.choice(own)) + text[at:])[:_STRING_MAX]
    if roll == 1:
        return text[:at] + text[at + 1 :]
    if roll == 2:
        return (text + text)[:_STRING_MAX]
    if roll == 3:
        return text.swapcase() if text.swapcase() != text else text[::-1]
    if roll == 4 and own:
        return (str(chance.choice(own)) + text)[:_STRING_MAX]
    if roll == 5 and own:
        return (text + str(chance.choice(own)))[:_STRING_MAX]
    if roll == 6:
        return text[: max(1, at)]
    letter = chance.choice("aZ0 _-.,:;/\\'\"()[]{}%$#@\n\té=<>*+!?")
    return (text[:at] + letter + text[at + (roll == 7) :])[:_STRING_MAX]


def _changed_items(value: Value, maker: Maker) -> Value:
    chance = maker.chance
    items = list(value.items)
    roll = chance.randrange(6)
    if not items:
        return replace(value, items=(maker.of_bag(Bag()),)) if value.kind != "set" else value
    at = chance.randrange(len(items))
    if roll == 0:
        items.insert(at, items[at])
    elif roll == 1:
        del items[at]
    elif roll == 2:
        items.reverse()
    elif roll == 3:
        items = (items + items)[:40]
    elif roll == 4:
        chance.shuffle(items)
    else:
        items.insert(at, changed(items[at], maker, Bag()))
    return replace(value, items=tuple(items))


def _changed_pairs(value: Value, maker: Maker) -> Value:
    chance = maker.chance
    pairs = list(zip(value.items[::2], value.items[1::2], strict=True))
    if pairs and chance.random() < 0.4:
        del pairs[chance.randrange(len(pairs))]
    else:
        key = literal(chance.choice(maker.words.strings) if maker.words.strings else "k")
        pairs = [pair for pair in pairs if pair[0].text != key.text]
        pairs.append((key, pairs[0][1] if pairs else maker.of_bag(Bag())))
    return replace(value, items=tuple(part for pair in pairs for part in pair))
