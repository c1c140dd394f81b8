"""Builds the C modules; each takes the files of csrc that start with its name."""

from pathlib import Path

from setuptools import Extension, setup

SOURCES = Path("csrc")
FLAGS = ["-std=c17", "-O2", "-DNDEBUG", "-Wall", "-Wextra", "-Werror"]


def extension(name: str) -> Extension:
    files = sorted(str(path) for path in SOURCES.glob(f"{name}*.c"))
    if name == "core":
        # It reads the storage of objects and iterators as the reference does.
        shared = ("peek_storage.c", "peek_itertools.c", "peek_quiet.c", "peek_hash.c")
        files += [str(SOURCES / name) for name in shared]
    return Extension(f"tracer._{name}", files, extra_compile_args=FLAGS)


setup(
    ext_modules=[
        extension(name) for name in ("harness", "peek", "core") if any(SOURCES.glob(f"{name}*.c"))
    ]
)
