"""Run while the image is built: digests of all texts and libraries that a result can depend on, as JSON on stdout."""

import hashlib
import json
import sys
from pathlib import Path

# Name in the fingerprint → root and the endings of the files that count. Byte code is left out: it holds times.
TREES: dict[str, tuple[str, tuple[str, ...]]] = {
    "library": ("/usr/lib/python3.13", (".py", ".so")),
    "packages": ("/opt/packages", (".py", ".so", ".json", ".txt", "METADATA")),
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


def main() -> None:
    """Prints the facts; the Dockerfile keeps them as /opt/tracemill/environment.json."""
    facts: dict[str, str] = {}
    for name, (root, endings) in TREES.items():
        facts[name] = tree_digest(Path(root), endings)
    for name, file in FILES.items():
        facts[name] = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    for library in ("libc.so.6", "libm.so.6"):
        found = next(Path("/usr/lib").rglob(library))
        facts[library] = hashlib.sha256(found.read_bytes()).hexdigest()
    json.dump(facts, sys.stdout, indent=1, sort_keys=True)


if __name__ == "__main__":
    main()
