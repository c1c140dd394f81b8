"""Tells which lines functions of the image have, counted as the search counts them.

Reads a line of JSON, a list of `path` (of a file of the image), `qualname`, and `slice` (null, or
`source` and `entry` of the text that was made of it). Writes a JSON list: `path`; `part`, the
package that the file belongs to; `lines` of the function in its file, null where it has no code
there; and `slice_lines`, how many it has in the slice.
"""

import ast
import csv
import json
import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, "/opt/tracemill")
from tracer.synthesis.coverage import lines_of, nested_codes
from tracer.synthesis.target import NoTargetError, codes_in, find_node

PACKAGES = Path("/opt/packages")
LIBRARY = "standard library"


@cache
def _packages():
    """The name of the package of each file."""
    found = {}
    for record in PACKAGES.glob("*.dist-info/RECORD"):
        name = record.parent.name.partition("-")[0].lower().replace("_", "-")
        with record.open(encoding="utf-8", newline="") as file:
            found.update((str(PACKAGES / row[0]), name) for row in csv.reader(file) if row)
    return found


@cache
def _loaded(source):
    return ast.parse(source), compile(source, "<counted>", "exec", dont_inherit=True)


def lines_in(source, qualname):
    """Lines with events of a function and of what is defined in it; none where it is not there."""
    tree, code = _loaded(source)
    try:
        node, _ = find_node(tree, qualname)
    except NoTargetError:
        return set()
    codes = [inner for each in codes_in(code, node, qualname) for inner in nested_codes(each)]
    return {line for each in codes for line in lines_of(each)}


def counted(one):
    lines = lines_in(Path(one["path"]).read_bytes(), one["qualname"])
    part = one["slice"]
    inner = lines if part is None else lines_in(part["source"], part["entry"])
    return {
        "path": one["path"],
        "part": _packages().get(one["path"], LIBRARY),
        "lines": sorted(lines) or None,
        "slice_lines": len(inner),
    }


def main():
    json.dump([counted(one) for one in json.loads(sys.stdin.readline())], sys.stdout)


if __name__ == "__main__":
    main()
