"""Files of this machine behind the two calls that fsspec's file systems have too."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import IO


class LocalFiles:
    def glob(self, pattern: str) -> list[str]:
        return glob.glob(pattern)

    def open(self, path: str, mode: str) -> IO[bytes]:
        return Path(path).open(mode)
