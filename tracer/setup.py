"""Builds the C modules; each takes the files of csrc that start with its name."""

import importlib
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SOURCES = Path("csrc")
# Not with the link-time optimisation that the interpreter may have been built with: gcc does not
# come to an end, and nothing is gained.
FLAGS = ["-std=c17", "-O2", "-fno-lto", "-DNDEBUG", "-Wall", "-Wextra", "-Werror"]


def extension(name: str) -> Extension:
    files = sorted(str(path) for path in SOURCES.glob(f"{name}*.c"))
    if name == "core":
        # It reads the storage of objects and iterators as the reference does.
        shared = ("peek_storage.c", "peek_itertools.c", "peek_quiet.c", "peek_hash.c")
        files += [str(SOURCES / name) for name in shared]
    return Extension(f"tracer._{name}", files, extra_compile_args=FLAGS)


class Profiled(build_ext):
    """The recorder is compiled with a profile of its own runs."""

    def build_extension(self, ext: Extension) -> None:
        """The one that speaks to the recorder is built before it."""
        if ext.name != "tracer._core":
            super().build_extension(ext)
            return
        # A build in isolation does not look here. An interpreter that is refused never comes to it.
        sys.path.insert(0, str(Path(__file__).parent))
        profiled = importlib.import_module("profiled")
        places = [f"-I{folder}" for folder in self.include_dirs]
        one = profiled.Build(
            [*self.compiler.compiler_so, *ext.extra_compile_args, *places],
            self.compiler.linker_so,
            ext.sources,
            Path(self.build_temp) / "profiled",
        )
        peek, out = (Path(self.get_ext_fullpath(f"tracer._{name}")) for name in ("peek", "core"))
        profiled.build(one, Path("src/tracer"), peek, out)


setup(
    cmdclass={"build_ext": Profiled},
    ext_modules=[
        extension(name) for name in ("harness", "peek", "core") if any(SOURCES.glob(f"{name}*.c"))
    ],
)
