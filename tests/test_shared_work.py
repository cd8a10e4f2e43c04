"""Work that is divided among processes: who reads what, and that nothing is read twice for nothing."""

from pathlib import Path

from advisor.commands.examining import Task
from advisor.commands.workers import MOST_AT_ONCE, pieces_of


def _tasks(*folders: tuple[str, int]) -> list[tuple[int, Task]]:
    paths = [Path(folder, f"{number}.py") for folder, count in folders for number in range(count)]
    return [(index, Task(str(path), path)) for index, path in enumerate(paths)]


def test_every_task_is_given_out_once() -> None:
    for count in (0, 1, 2, 11, 12, 13, 100):
        tasks = _tasks(("a", count // 2), ("b/c", count - count // 2))
        given = [task for piece in pieces_of(tasks, 3) for task in piece]
        assert sorted(given, key=lambda task: task[0]) == tasks


def test_files_of_one_project_stay_together() -> None:
    tasks = _tasks(("small/models", 7), ("small", 2), ("large/data", 60), ("other", 12))
    pieces = pieces_of(tasks, 2)
    folders = [{task.path.parts[0] for _, task in piece if task.path} for piece in pieces]
    assert all(len(each) == 1 for each in folders)
    assert folders.count({"small"}) == 1


def test_long_pieces_are_given_out_first_and_none_is_much_longer_than_its_share() -> None:
    lengths = [len(piece) for piece in pieces_of(_tasks(("a", 90), ("b", 30)), 2)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] <= 2 * 120 // 12


def test_no_process_is_given_more_than_it_stands() -> None:
    pieces = pieces_of(_tasks(("a", 900), ("b", 300)), 1)
    assert len(pieces[0]) <= MOST_AT_ONCE
