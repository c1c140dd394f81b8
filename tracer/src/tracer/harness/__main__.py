"""PID 1 of a sandbox: imports what children share, freezes it, and forks one per request."""

import fcntl
import importlib
import json
import os
import sys
from pathlib import Path

from tracer import _harness
from tracer.harness import child, facts
from tracer.harness.backend import PRODUCT
from tracer.harness.settle import settle
from tracer.harness.variants import VARIANTS, Variant

MODULES_FILE = Path("/opt/tracemill/allowed-modules.txt")
# Above the limit of open files that children get.
HOST_FD = 950
# What the launcher needed and no program should see or hand on.
HIDDEN = (
    "LD_PRELOAD",
    "LD_BIND_NOW",
    "PYTHONHASHSEED",
    "PYTHONPATH",
    "PYTHON_CPU_COUNT",
    "GLIBC_TUNABLES",
)
# For libraries of packages, which choose instructions by the processor: the same last bits on
# every x86-64.
NATIVE = {
    "NPY_DISABLE_CPU_FEATURES": "AVX F16C FMA3 AVX2 AVX512F AVX512CD AVX512_SKX AVX512_CLX "
    "AVX512_CNL AVX512_ICL AVX512_SPR X86_V3 X86_V4",
    "OPENBLAS_CORETYPE": "Nehalem",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


def _preload_modules() -> list[str]:
    lines = MODULES_FILE.read_text(encoding="ascii").splitlines()
    names = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    for name in names:
        importlib.import_module(name)
    return names


def _take_host_stream() -> tuple[int, int]:
    """Moves the attached stream away from descriptors 0 and 1, which belong to children."""
    fd_in = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, HOST_FD)
    fd_out = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, HOST_FD)
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    return fd_in, fd_out


def _greet(variant: Variant, host: int, *, tunables: str) -> None:
    """Tells the host what this container is like, and closes PID 1 to its children on the way.

    The facts are found in a process of its own: their texts are of other lengths in each container,
    and the heap of PID 1, on which addresses of objects depend, must not know them.
    """
    facts_in, facts_out = os.pipe()
    closed_in, closed_out = os.pipe()
    if os.fork() == 0:
        hello = {
            "protocol": facts.PROTOCOL,
            "variant": variant.name,
            "environment": facts.environment(PRODUCT, tunables),
            "limits": facts.limits(os.getppid()),
            "dumpable": os.read(closed_in, 1) != b"0",
        }
        os.write(facts_out, json.dumps(hello).encode())
        _harness.leave(0)
    os.close(facts_out)
    _harness.become_supervisor()
    os.write(closed_out, b"1" if _harness.is_dumpable() else b"0")
    _harness.greet(facts_in, host)
    for fd in (facts_in, closed_in, closed_out):
        os.close(fd)
    os.wait()


def main() -> None:
    """Serves until the host closes its side; what follows runs in children only."""
    variant = VARIANTS[sys.argv[1]]
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    fd_in, fd_out = _take_host_stream()
    _preload_modules()
    _greet(variant, fd_out, tunables=tunables)
    for name in HIDDEN:
        os.environ.pop(name, None)
    for name, value in NATIVE.items():
        # Not in os.environ: programs do not see it.
        os.putenv(name, value)
    sys.argv = [""]
    sys.orig_argv[:] = ["python3.13"]
    settle(variant, (fd_in, fd_out, tunables))
    command, document, seed = _harness.serve(fd_in, fd_out)
    child.run(variant, command, document, seed)


main()
