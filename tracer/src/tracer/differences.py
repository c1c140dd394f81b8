"""Operations from one shape of an object to the next (docs/trace-format.md §5.1)."""

from tracer.safe import protect
from tracer.shapes import Shape
from tracer.wire import NULL_VALUE, Encoder, Value, uint

protect(globals())

# Code on the wire, then operands: values, texts as str, numbers as int, in the order of §9.4.
Operand = Value | str | int | bytes
Operation = tuple[Operand, ...]
APPEND, SETITEM, SPLICE, DELITEM, PUT, CLEAR, REPLACE, DISCARD, ADD = range(1, 10)
DELATTR, SETATTR, VALUE, REST, CLASS, LINK = range(10, 16)


def _items(old: list[Value], new: list[Value]) -> list[Operation]:
    if len(old) == len(new):
        return [
            (SETITEM, index, value)
            for index, value in enumerate(new)
            if value.text != old[index].text
        ]
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start].text == new[start].text:
        start += 1
    tail = 0
    while tail < shorter - start and old[-1 - tail].text == new[-1 - tail].text:
        tail += 1
    deleted = len(old) - tail - start
    put = new[start : len(new) - tail]
    if deleted == 0 and len(put) == 1 and tail == 0:
        return [(APPEND, put[0])]
    return [(SPLICE, start, deleted, len(put), *put)]


def _without(values: list[Value], others: list[Value]) -> list[Value]:
    """Values of the first list that the second has not, each as often as it is missing."""
    left: dict[str, int] = {}
    for value in others:
        left[value.text] = left.get(value.text, 0) + 1
    missing: list[Value] = []
    for value in values:
        if left.get(value.text, 0) > 0:
            left[value.text] -= 1
        else:
            missing.append(value)
    return missing


def _members(old: list[Value], new: list[Value]) -> list[Operation]:
    if old and not new:
        return [(CLEAR,)]
    gone: list[Operation] = [(DISCARD, value) for value in _without(old, new)]
    return gone + [(ADD, value) for value in _without(new, old)]


def _entries(old: list[tuple[Value, Value]], new: list[tuple[Value, Value]]) -> list[Operation]:
    if old and not new:
        return [(CLEAR,)]
    before = {key.text: value.text for key, value in old}
    after = {key.text: value.text for key, value in new}
    kept = [key.text for key, _ in old if key.text in after]
    added = [key.text for key, _ in new if key.text not in before]
    is_plain = len(before) == len(old) and len(after) == len(new)
    if not is_plain or kept + added != [key.text for key, _ in new]:
        if [(k.text, v.text) for k, v in old] == [(k.text, v.text) for k, v in new]:
            return []
        flat = [part for pair in new for part in pair]
        return [(REPLACE, len(new), *flat)]
    gone: list[Operation] = [(DELITEM, key) for key, _ in old if key.text not in after]
    return gone + [(PUT, key, value) for key, value in new if before.get(key.text) != value.text]


def _links(old: dict[str, Value], new: dict[str, Value]) -> list[Operation]:
    found: list[Operation] = []
    for name in [*old, *(name for name in new if name not in old)]:
        value = new.get(name, NULL_VALUE)
        if name not in old or old[name].text != value.text:
            found.append((LINK, name, value))
    return found


def _fields(old: dict[str, Value], new: dict[str, Value]) -> list[Operation]:
    gone: list[Operation] = [(DELATTR, name) for name in old if name not in new]
    return gone + [
        (SETATTR, name, value)
        for name, value in new.items()
        if name not in old or old[name].text != value.text
    ]


def operations(old: Shape, new: Shape) -> list[Operation]:
    """The operations in canonical order; empty where the shapes say the same."""
    found: list[Operation] = []
    if old.type != new.type:
        found.append((CLASS, new.type))
    if new.value is not None and (old.value is None or old.value.text != new.value.text):
        found.append((VALUE, new.value))
    found += _items(old.items or [], new.items or [])
    found += _members(old.members or [], new.members or [])
    found += _entries(old.entries or [], new.entries or [])
    if old.rest != new.rest:
        if new.rest is None:
            length = len(new.items or new.members or new.entries or [])
            found.append((REST, length))
        else:
            found.append((REST, new.rest[0], new.rest[1].to_bytes(8, "little")))
    found += _links(old.links, new.links)
    return found + _fields(old.fields, new.fields)


def _operand(encoder: Encoder, operand: Operand) -> bytes:
    if isinstance(operand, Value):
        return encoder.value(operand)
    if isinstance(operand, str):
        return encoder.text(operand)
    return uint(operand) if isinstance(operand, int) else b"\x01" + operand


def encode_operations(encoder: Encoder, found: list[Operation]) -> bytes:
    """The body of §9.4 for operations."""
    parts = [uint(len(found))]
    for operation in found:
        code, *operands = operation
        assert isinstance(code, int)
        parts.append(bytes([code]))
        parts += [_operand(encoder, operand) for operand in operands]
        if code == REST and len(operands) == 1:
            parts.append(b"\x00")
    return b"".join(parts)


def encode_definition(encoder: Encoder, shape: Shape) -> bytes:
    """The body of §9.4 for a definition."""
    kind = encoder.text(shape.type)
    parts: list[bytes] = []
    if shape.name is not None:
        parts.append(b"\x01" + encoder.text(shape.name))
    if shape.repr is not None:
        parts.append(b"\x02" + encoder.text(shape.repr))
    if shape.value is not None:
        parts.append(b"\x03" + encoder.value(shape.value))
    if shape.items is not None:
        parts.append(b"\x04" + encoder.values(shape.items))
    if shape.members is not None:
        parts.append(b"\x05" + encoder.values(shape.members))
    if shape.entries is not None:
        pairs = [encoder.value(key) + encoder.value(value) for key, value in shape.entries]
        parts.append(b"\x06" + uint(len(pairs)) + b"".join(pairs))
    if shape.rest is not None:
        parts.append(b"\x07" + uint(shape.rest[0]) + shape.rest[1].to_bytes(8, "little"))
    if shape.names is not None:
        parts.append(b"\x08" + encoder.texts(shape.names))
    for name, value in shape.links.items():
        parts.append(b"\x09" + encoder.text(name) + encoder.value(value))
    if shape.fields:
        texts = [encoder.text(name) + encoder.value(value) for name, value in shape.fields.items()]
        parts.append(b"\x0a" + uint(len(texts)) + b"".join(texts))
    return kind + uint(len(parts)) + b"".join(parts)
