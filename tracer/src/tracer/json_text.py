"""JSON texts of values and definitions, without the library's own Python code."""

from json.encoder import encode_basestring

from tracer.safe import protect
from tracer.shapes import Shape
from tracer.wire import Value

protect(globals())


def value_text(value: Value) -> str:
    """A JSON string, or the object of a cut, whose text is JSON already."""
    return value.text if value.cut is not None else encode_basestring(value.text)


def _list(values: list[Value]) -> str:
    return "[" + ",".join([value_text(value) for value in values]) + "]"


def definition_text(shape: Shape) -> str:
    """The JSON object of a definition, keys in the order of the format."""
    parts = [f'"type":{encode_basestring(shape.type)}']
    if shape.name is not None:
        parts.append(f'"name":{encode_basestring(shape.name)}')
    if shape.repr is not None:
        parts.append(f'"repr":{encode_basestring(shape.repr)}')
    if shape.value is not None:
        parts.append(f'"value":{value_text(shape.value)}')
    for items in (shape.items, shape.members):
        if items is not None:
            parts.append(f'"items":{_list(items)}')
    if shape.entries is not None:
        pairs = [f"[{value_text(key)},{value_text(value)}]" for key, value in shape.entries]
        parts.append(f'"entries":[{",".join(pairs)}]')
    if shape.rest is not None:
        parts.append(f'"len":{shape.rest[0]},"rest":"{shape.rest[1]:016x}"')
    if shape.names is not None:
        names = [encode_basestring(name) for name in shape.names]
        parts.append(f'"names":[{",".join(names)}]')
    parts += [f"{encode_basestring(name)}:{value_text(v)}" for name, v in shape.links.items()]
    if shape.fields:
        fields = [f"{encode_basestring(name)}:{value_text(v)}" for name, v in shape.fields.items()]
        parts.append(f'"fields":{{{",".join(fields)}}}')
    return "{" + ",".join(parts) + "}"
