# call: run()
import array
import datetime
import functools
import io
import pathlib
import re
import uuid
from decimal import Decimal
from fractions import Fraction


def run():
    number = Decimal("1.10")
    part = Fraction(1, 3)
    day = datetime.date(2024, 2, 29)
    moment = datetime.datetime(2024, 1, 2, 3, tzinfo=datetime.UTC)
    path = pathlib.PurePosixPath("a") / "b"
    pattern = re.compile("a+", re.I)
    match = pattern.match("aA")
    ident = uuid.UUID(int=5)
    numbers = array.array("i", [1, 2])
    numbers[0] = 9
    buffer = bytearray(b"abc")
    view = memoryview(buffer)
    view[0] = 90
    stream = io.StringIO()
    stream.write("held")
    stream.close()
    partial = functools.partial(int, "11", base=2)
    cut = slice(1, None)
    span = range(0, 10, 3)
    bound = path.joinpath
    return partial(), str(number + 1), match.group(), span[cut.start], bound is None
