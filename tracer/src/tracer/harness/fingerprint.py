"""Run while the image is built: digests of all texts and libraries that a result depends on."""

import hashlib
import json
import sys
from pathlib import Path

# Name in the fingerprint → root, and endings of the files that count. Byte code is made of these.
TREES: dict[str, tuple[str, tuple[str, ...]]] = {
    "library": ("/usr/lib/python3.13", (".py", ".so")),
    # Data files and libraries with versions in their names too.
    "packages": ("/opt/packages", ("",)),
    "tracerPackage": ("/opt/tracemill/tracer", (".py",)),
}
FILES = {
    "interpreter": "/usr/bin/python3.13",
    "tracerSources": "/opt/tracemill/sources.sha256",
    "modules": "/opt/tracemill/allowed-modules.txt",
}


def tree_digest(root: Path, endings: tuple[str, ...]) -> str:
    """Digest over relative names and contents, in the order of the names."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")) if root.is_dir() else []:
        if path.is_file() and path.name.endswith(endings) and "__pycache__" not in path.parts:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(root)}\0{content}\n".encode())
    return digest.hexdigest()


def package_list(root: Path) -> str:
    """Names and versions of what the lock file brought, ascending; empty without one."""
    folders = [path.name.removesuffix(".dist-info") for path in root.glob("*.dist-info")]
    return " ".join(name.replace("-", "==", 1) for name in sorted(folders))


def main() -> None:
    """Prints the facts; the Dockerfile keeps them as /opt/tracemill/environment.json."""
    facts: dict[str, str] = {}
    for name, (root, endings) in TREES.items():
        facts[name] = tree_digest(Path(root), endings)
    facts["packageList"] = package_list(Path("/opt/packages"))
    for name, file in FILES.items():
        facts[name] = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    for library in ("libc.so.6", "libm.so.6"):
        found = next(Path("/usr/lib").rglob(library))
        facts[library] = hashlib.sha256(found.read_bytes()).hexdigest()
    json.dump(facts, sys.stdout, indent=1, sort_keys=True)


if __name__ == "__main__":
    main()
