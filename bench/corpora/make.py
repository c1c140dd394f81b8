"""Corpora of a given number of small records, for the bench of memory: python3 make.py FOLDER COUNT."""

import gzip
import json
import subprocess
import sys
import zipfile
from pathlib import Path

BODY = "def f{n}(x):\n    # {pad}\n    return x + {n}\n"


def source(number: int) -> str:
    return BODY.format(n=number, pad="x" * 400)


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    for number in range(count):
        path = folder / "files" / f"p{number // 500}" / f"m{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source(number))
        problem = folder / "codenet" / f"p{number}"
        problem.mkdir(parents=True, exist_ok=True)
        (problem / "a.py").write_text("print(input())\n")
        (problem / "1.in").write_text(f"{number}\n")
    with gzip.open(folder / "rows.jsonl.gz", "wt") as rows:
        for number in range(count):
            row = {
                "source": source(number),
                "entry": f"f{number}",
                "calls": [f"f{number}(1)"],
            }
            rows.write(json.dumps(row) + "\n")
    with zipfile.ZipFile(
        folder / "big-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED
    ) as wheel:
        for number in range(count):
            wheel.writestr(f"big/p{number // 500}/m{number}.py", source(number))
    commit(folder / "repository", count)


def commit(repository: Path, count: int) -> None:
    """A repository of one commit, without a working tree."""
    subprocess.run(["git", "init", "--quiet", "--bare", str(repository)], check=True)
    command = ["git", "-C", str(repository), "fast-import", "--quiet"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as git:
        assert git.stdin is not None
        head = "commit refs/heads/master\ncommitter Bench <bench@host.example> 0 +0000\ndata 0\n"
        git.stdin.write(head)
        for number in range(count):
            text = source(number)
            path = f"p{number // 500}/m{number}.py"
            git.stdin.write(f"M 100644 inline {path}\ndata {len(text)}\n{text}\n")
    (repository / "HEAD").write_text("ref: refs/heads/master\n")


if __name__ == "__main__":
    main()
