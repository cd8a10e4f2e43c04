"""The runs as they were named on the command line: paths here, and addresses of copies here."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from advisor.runs.reading import Progress

if TYPE_CHECKING:
    from advisor.runs.remote import RemoteLogs


class Inputs:
    """What was named, in order; `failures` are the addresses that gave nothing, with the reason."""

    def __init__(self, named: Sequence[str], folder: Path) -> None:
        self.paths: list[Path] = []
        self.failures: dict[str, str] = {}
        self._remote: list[RemoteLogs] = []
        for number, name in enumerate(named):
            if "://" in name:
                self._open(name, folder / str(number))
            else:
                self.paths.append(Path(name))

    def __len__(self) -> int:
        return len(self.paths)

    def _open(self, address: str, folder: Path) -> None:
        from advisor.runs.remote import RemoteLogs, StoreNotReadable

        try:
            logs = RemoteLogs(address, folder)
        except StoreNotReadable as error:
            self.failures[address] = error.reason
        else:
            self._remote.append(logs)
            self.paths.append(logs.path)

    def update(self, on_progress: Progress | None = None) -> None:
        """Bring the copies up to date."""
        if not self._remote:
            return
        from advisor.runs.remote import StoreNotReadable

        for logs in self._remote:
            try:
                logs.update(on_progress)
            except StoreNotReadable as error:
                self.failures[logs.address] = error.reason
            else:
                self.failures.pop(logs.address, None)

    def shown(self, path: Path) -> str:
        """A path as the user would write it."""
        for logs in self._remote:
            if path == logs.path or logs.path in path.parents:
                return logs.shown(path)
        return str(path)

    def is_told(self, path: Path) -> bool:
        """Whether the input at a path is among the failures already."""
        return self.shown(path) in self.failures


@contextmanager
def inputs_of(named: Sequence[str]) -> Iterator[Inputs]:
    """The inputs, with a place for copies that is gone afterwards."""
    if not any("://" in name for name in named):
        yield Inputs(named, Path())
        return
    with TemporaryDirectory(prefix="nnadvise-") as folder:
        yield Inputs(named, Path(folder))
