"""Compiles the recorder in C as its own runs show the compiler: twice, with a training between.

The instrumented module traces the programs of training.py; what is compiled then knows which paths
are common. Where the compiler cannot count, or the training fails, the module is built without a
profile and says so. What a module does is the same either way.

    profiled.py instrument --folder F --compiler 'gcc …' SOURCE…
    profiled.py finish --folder F --compiler 'gcc …' --package P --peek SO --out SO SOURCE…
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

TRAINING = Path(__file__).with_name("training.py")
# The longest takes a few on a machine that does nothing else.
STEP_SECONDS = 300
COUNT = ("-fprofile-generate", "-fprofile-update=single")
# What is inlined elsewhere draws warnings of its own: the other pass has the strict ones.
USE = ("-fprofile-use", "-fprofile-correction", "-Wno-error", "-DTRACEMILL_PROFILED=1")


class BuildError(Exception):
    """A step did not end well; its text says why."""


def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=STEP_SECONDS,
    )
    if done.returncode != 0:
        raise BuildError(f"{shlex.join(command)}\n{done.stdout}{done.stderr}")


@dataclass(frozen=True)
class Build:
    """One module: how its sources are compiled and linked, and a folder for objects and counts."""

    compile: Sequence[str]
    link: Sequence[str]
    sources: Sequence[str]
    folder: Path

    def _object(self, source: str) -> Path:
        return self.folder.absolute() / f"{Path(source).stem}.o"

    def _make(self, flags: Sequence[str], out: Path) -> None:
        out.parent.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        commands = [
            [*self.compile, *flags, "-c", source, "-o", str(self._object(source))]
            for source in self.sources
        ]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(_run, commands))
        objects = [str(self._object(source)) for source in self.sources]
        _run([*self.link, *flags, *objects, "-o", str(out)])

    def instrument(self) -> None:
        """Makes the module that counts."""
        self._make(COUNT, self.folder / "package" / "tracer" / "_core.so")

    def train(self, package: Path, peek: Path) -> None:
        """Traces the programs with it, as part of the package that lies in a folder."""
        place = self.folder / "package" / "tracer"
        shutil.copytree(package, place, dirs_exist_ok=True)
        shutil.copyfile(peek, place / "_peek.so")
        environment = {
            "PYTHONPATH": str(place.parent.absolute()),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [sys.executable, "-s", "-P", str(TRAINING)]
        _run(command, environment)
        counts = [self._object(source).with_suffix(".gcda") for source in self.sources]
        missing = [path.stem for path in counts if not path.is_file()]
        if missing:
            raise BuildError(f"the training left no counts of {', '.join(missing)}")

    def finish(self, out: Path, *, with_profile: bool) -> None:
        """Makes the module itself."""
        self._make(USE if with_profile else (), out)


def _is_done(step: Callable[[], None]) -> bool:
    """Whether a step that may fail ended well."""
    try:
        step()
    except (BuildError, OSError, subprocess.TimeoutExpired) as error:
        print(f"the recorder is built without a profile: {error}", file=sys.stderr)
        return False
    return True


def build(one: Build, package: Path, peek: Path, out: Path) -> None:
    """All steps in turn."""
    can_count = _is_done(one.instrument)
    one.finish(out, with_profile=can_count and _is_done(lambda: one.train(package, peek)))


def main() -> int:
    """The steps by themselves, for a build in layers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("instrument", "finish"))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--package", type=Path)
    parser.add_argument("--peek", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("sources", nargs="+")
    options = parser.parse_args()
    compiler = shlex.split(options.compiler)
    one = Build(compiler, [*compiler, "-shared"], options.sources, options.folder)
    if options.step == "instrument":
        _is_done(one.instrument)
        return 0
    can_count = (options.folder / "package").is_dir()
    is_trained = can_count and _is_done(lambda: one.train(options.package, options.peek))
    one.finish(options.out, with_profile=is_trained)
    return 0


if __name__ == "__main__":
    sys.exit(main())
