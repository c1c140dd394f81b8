"""Run while the image is built: unpacks wheels and source trees, of which nothing is executed, and
lets every interpreter note lines.
"""

import re
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

# Ten times what the largest of the pinned packages has.
_UNPACKED_MAX = 256 * 1024 * 1024
LIBRARY = "libpython3.13-stdlib"


def version(status):
    """The version of the library in the list of Debian's packages."""
    for entry in status.read_text(encoding="utf-8").split("\n\n"):
        if entry.startswith(f"Package: {LIBRARY}\n"):
            return re.search(r"^Version: (.*)$", entry, re.MULTILINE)[1]
    return None


def unpack(archive, target):
    """Writes a source tree without the folder around it; names that lead elsewhere are refused."""
    with tarfile.open(archive, "r:gz") as tree:
        if sum(member.size for member in tree) > _UNPACKED_MAX:
            sys.exit(f"{archive.name} is too large")
        tree.extractall(target, filter="data")
    inner = list(target.iterdir())
    if len(inner) != 1 or not inner[0].is_dir():
        sys.exit(f"{archive.name} has no folder around everything")
    draft = target.with_name(f"{target.name}.draft")
    inner[0].rename(draft)
    target.rmdir()
    draft.rename(target)


def main():
    suite = version(Path("/opt/suite-status"))
    own = version(Path("/var/lib/dpkg/status"))
    if suite != own:
        sys.exit(f"the tests are those of {LIBRARY} {suite}, and the image has {own}")
    for wheel in sorted(Path("/opt/wheels").glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall("/opt/pytest")
    trees = Path("/opt/trees")
    trees.mkdir()
    for archive in sorted(Path("/opt/sdists").glob("*.tar.gz")):
        unpack(archive, trees / archive.name.removesuffix(".tar.gz"))
    site = Path("/usr/lib/python3.13/sitecustomize.py")
    site.unlink(missing_ok=True)
    shutil.copyfile("/opt/own-tests/recorder.py", site)


main()
