"""The installed rule packs: packages that have registered themselves under an entry point.

`importlib.metadata` knows them as well, but to import it takes as long as to look at a small file.
"""

import os
import sys
from collections.abc import Iterator

GROUP = "nnlint.rules"


def rule_packs() -> list[str]:
    """The names of the packages that hold rules, each once."""
    found: dict[str, str] = {}
    for folder in sys.path:
        if os.path.isfile(folder):
            return _told_by_the_library()
        for distribution in _distributions(folder or "."):
            name = os.path.basename(distribution).rpartition(".")[0].partition("-")[0].lower()
            for number, module in enumerate(_registered(distribution)):
                found.setdefault(f"{name} {number}", module)
    return list(dict.fromkeys(found.values()))


def _told_by_the_library() -> list[str]:
    """The same for packages that do not lie in folders."""
    from importlib.metadata import entry_points

    return list(dict.fromkeys(point.module for point in entry_points(group=GROUP)))


def _distributions(folder: str) -> Iterator[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            yield os.path.join(folder, name)


def _registered(distribution: str) -> Iterator[str]:
    """The modules that a distribution registers in our group."""
    try:
        with open(os.path.join(distribution, "entry_points.txt"), encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, ValueError):
        return
    group = ""
    for line in map(str.strip, lines):
        if line.startswith("["):
            group = line.strip("[] ")
        elif group == GROUP and "=" in line and not line.startswith(("#", ";")):
            yield line.partition("=")[2].partition(":")[0].partition("[")[0].strip()
