"""What the image can import, found without importing anything."""

import functools
import importlib.machinery
import sys


@functools.cache
def can_import(name: str) -> bool:
    """Whether a dotted module name is one of the image's; packages are looked into, not run."""
    if name in sys.builtin_module_names:
        return True
    path: list[str] | None = None
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        if end > 1 and path is None:
            # `os.path` and the like: made by code, of a module that is there.
            return parts[0] in sys.stdlib_module_names
        try:
            spec = importlib.machinery.PathFinder.find_spec(".".join(parts[:end]), path)
        except (ImportError, ValueError):
            return False
        if spec is None:
            is_made = parts[0] in sys.builtin_module_names or ".".join(parts[:end]) == "os.path"
            return is_made and end > 1
        locations = spec.submodule_search_locations
        path = None if locations is None else list(locations)
    return True
