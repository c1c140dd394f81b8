"""Execution traces of Python functions: two tracers, their stream format, and a decoder.

docs/trace-format.md specifies the format. CPython 3.13.1 and later of that line is supported.
"""

import sys

__version__ = "0.1.0"

if sys.implementation.name != "cpython" or not (3, 13, 1) <= sys.version_info[:3] < (3, 14):
    _REFUSAL = (
        "tracer needs CPython 3.13.1 or a later 3.13 release, and this is "
        f"{sys.implementation.name} {'.'.join(map(str, sys.version_info[:3]))}"
    )
    # As a command (`python -m tracer`) the sentence alone, as a library an error to catch.
    raise SystemExit(_REFUSAL) if sys.argv[:1] == ["-m"] else ImportError(_REFUSAL)
