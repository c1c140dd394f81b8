"""Run while the image is built: unpacks the wheels of a lock file; nothing of them is executed."""

import hashlib
import re
import sys
import zipfile
from pathlib import Path, PurePosixPath

LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;]+)((?:\s+--hash=sha256:[0-9a-f]{64})+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# Parts of a wheel that an installer moves beside the packages; scripts and headers are left out.
MOVED = {"purelib", "platlib"}


def locked(text: str) -> dict[str, set[str]]:
    """Digests of each requirement. Raises ValueError where a line is not a version with digests."""
    found: dict[str, set[str]] = {}
    for line in re.sub(r"\\\n", " ", text).splitlines():
        bare = re.sub(r"(^|\s)#.*", "", line).strip()
        if not bare:
            continue
        match = LINE.fullmatch(bare)
        if match is None:
            raise ValueError(f"not name==version --hash=sha256:…: {bare}")
        found[f"{match[1]}=={match[2]}"] = set(HASH.findall(match[3]))
    return found


def place(name: str) -> PurePosixPath | None:
    """Where a member of a wheel goes. Raises ValueError where it would leave the folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"a wheel names {name!r}")
    if not path.parts[0].endswith(".data"):
        return path
    if len(path.parts) < 3 or path.parts[1] not in MOVED:
        return None
    return PurePosixPath(*path.parts[2:])


def unpack(wheel: Path, target: Path) -> None:
    """Writes the files of one wheel. Raises FileExistsError where another has written one."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            path = None if member.is_dir() else place(member.filename)
            if path is None:
                continue
            file = target / path
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("xb") as out:
                out.write(archive.read(member))


def main() -> None:
    """Arguments: lock file, folder of wheels, target. Raises SystemExit where they do not fit."""
    lock, wheels, target = (Path(argument) for argument in sys.argv[1:])
    wanted = locked(lock.read_text(encoding="utf-8"))
    digests = {
        hashlib.sha256(wheel.read_bytes()).hexdigest(): wheel
        for wheel in sorted(wheels.glob("*.whl"))
    }
    target.mkdir(parents=True, exist_ok=True)
    for requirement, allowed in wanted.items():
        found = allowed & digests.keys()
        if len(found) != 1:
            sys.exit(f"{requirement}: {len(found)} wheels fit the lock file")
        unpack(digests.pop(found.pop()), target)
    if digests:
        sys.exit(f"not in the lock file: {', '.join(wheel.name for wheel in digests.values())}")


if __name__ == "__main__":
    main()
