"""What a sandbox is: its environment's fingerprint, and the limits that hold, for the host."""

import errno
import fcntl
import hashlib
import json
import math
import os
import platform
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from tracer import _harness
from tracer.harness.variants import CONFIRM, TRACE, Variant

BUILD_FACTS = Path("/opt/tracemill/environment.json")
PROTOCOL = 1

# Functions whose last bits differ between implementations of libm.
_CANARY = ("sin", "cos", "tan", "exp", "log", "atan", "sinh", "expm1", "gamma", "erf", "cbrt")


def _libm_canary() -> str:
    values = [getattr(math, name)(0.1 + step * 0.7) for name in _CANARY for step in range(16)]
    return hashlib.sha256(repr(values).encode()).hexdigest()


def _world(variant: Variant) -> dict[str, object]:
    return {
        "hashSeed": variant.hash_seed,
        "heapPadding": str(variant.heap_padding),
        "clockBaseNs": str(variant.clock_base_ns),
        "clockMonotonicNs": str(variant.clock_monotonic_ns),
        "clockNsPerFuel": variant.clock_ns_per_fuel,
        "numbersPassed": variant.numbers_passed,
    }


def environment(tracer: str, glibc_tunables: str) -> dict[str, object]:
    """The fingerprint: equal for both sandboxes of a slot and for every build of one Dockerfile."""
    built: dict[str, object] = json.loads(BUILD_FACTS.read_text(encoding="utf-8"))
    return {
        **built,
        "protocol": PROTOCOL,
        "python": platform.python_version(),
        "pythonBuild": " ".join(platform.python_build()) + " " + platform.python_compiler(),
        "tracer": tracer,
        "machine": platform.machine(),
        "libc": " ".join(platform.libc_ver()),
        "libm": _libm_canary(),
        "glibcTunables": glibc_tunables,
        "locale": "C.UTF-8",
        "timezone": "UTC",
        "switchIntervalMs": sys.getswitchinterval() * 1000,
        "recursionLimit": sys.getrecursionlimit(),
        "gc": "off",
        "cpuCount": os.cpu_count(),
        "worlds": {"trace": _world(TRACE), "confirm": _world(CONFIRM)},
    }


def _fields(path: str) -> dict[str, str]:
    lines = Path(path).read_text(encoding="ascii").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _first_of(*paths: str) -> str | None:
    for path in paths:
        try:
            return Path(path).read_text(encoding="ascii").strip()
        except OSError:
            continue
    return None


def _folder(path: str) -> dict[str, object]:
    facts = os.statvfs(path)
    return {
        "bytes": facts.f_blocks * facts.f_frsize,
        "inodes": facts.f_files,
        "readOnly": bool(facts.f_flag & os.ST_RDONLY),
    }


def _interfaces() -> list[str]:
    lines = Path("/proc/net/dev").read_text(encoding="ascii").splitlines()[2:]
    return sorted(line.partition(":")[0].strip() for line in lines)


def _personality() -> str | None:
    return _first_of("/proc/self/personality")


def _mounts() -> list[str]:
    """Where something is mounted, in the order of the names."""
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    return sorted({line.split(" ")[4] for line in lines})


def _resource_limits() -> dict[str, tuple[int, int]]:
    names = ("CORE", "NOFILE", "STACK", "MEMLOCK", "MSGQUEUE")
    limits = {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in names}
    return {name.lower(): limit for name, limit in limits.items()}


def _refused(attempt: Callable[[], object]) -> str:
    """Name of the error; `none` where the kernel does it."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error.errno))
    return "none"


def _denied() -> dict[str, str]:
    """Calls that our own profile refuses, and the engine's default one does not."""
    with BUILD_FACTS.open("rb") as file:
        locked = _refused(lambda: fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB))
    netlink = _refused(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close())
    return {"flock": locked, "netlink": netlink}


# Every fact that the kernel does not tell is null: the host refuses the sandbox, and names it.
_CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def limits(supervisor: int) -> dict[str, object]:
    """What the kernel says of this container, asked in a child that has it all from PID 1."""
    status = _fields("/proc/self/status")
    cgroup = "/sys/fs/cgroup"
    return {
        "pid": supervisor,
        "uid": os.getuid(),
        "gid": os.getgid(),
        "groups": status.get("Groups", ""),
        "capabilities": [status.get(name) for name in _CAPABILITIES],
        "noNewPrivileges": status.get("NoNewPrivs") == "1",
        "seccomp": status.get("Seccomp"),
        "denied": _denied(),
        "mounts": _mounts(),
        "resources": _resource_limits(),
        "dumpable": _harness.is_dumpable(),
        "personality": _personality(),
        "root": _folder("/"),
        "tmp": _folder("/tmp"),
        "shm": _folder("/dev/shm"),
        "interfaces": _interfaces(),
        "hostname": platform.node(),
        "memoryBytes": _first_of(f"{cgroup}/memory/memory.limit_in_bytes", f"{cgroup}/memory.max"),
        "swapBytes": _first_of(
            f"{cgroup}/memory/memory.memsw.limit_in_bytes", f"{cgroup}/memory.swap.max"
        ),
        "swapTotal": _fields("/proc/meminfo").get("SwapTotal", "").removesuffix(" kB"),
        "pids": _first_of(f"{cgroup}/pids/pids.max", f"{cgroup}/pids.max"),
        "cpu": _first_of(f"{cgroup}/cpu/cpu.cfs_quota_us", f"{cgroup}/cpu.max"),
        "cgroup": 2 if Path(f"{cgroup}/cgroup.controllers").exists() else 1,
    }
