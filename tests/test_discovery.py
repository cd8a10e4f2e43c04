"""Which files below a path are event files, and what is said where there is none."""

import os
from pathlib import Path

import pytest

from advisor.runs.discovery import RunNotReadable, find_logs, natural_order
from tests.event_bytes import event_file, scalar

LOGGED = scalar("loss", 1, 1.0)
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def why_not(path: Path) -> str:
    with pytest.raises(RunNotReadable) as caught:
        find_logs(path)
    assert str(caught.value) == f"`{path}` {caught.value.reason}"
    assert "\n" not in str(caught.value)
    return caught.value.reason


def test_event_files_are_found_at_any_depth_in_the_order_of_their_names(tmp_path: Path) -> None:
    later = event_file(tmp_path / "b" / "deep", LOGGED)
    first = event_file(tmp_path / "a", LOGGED)
    (tmp_path / "a" / "notes.txt").write_text("nothing")
    assert find_logs(tmp_path).files == [first, later]


def test_a_file_that_is_named_itself_may_be_called_anything(tmp_path: Path) -> None:
    path = event_file(tmp_path, LOGGED, name="log")
    assert find_logs(path).files == [path]


def test_copies_and_environments_are_not_searched(tmp_path: Path) -> None:
    kept = event_file(tmp_path / "runs", LOGGED)
    for folder in (".ipynb_checkpoints", "node_modules", ".git"):
        event_file(tmp_path / folder / "runs", LOGGED)
    assert find_logs(tmp_path).files == [kept]


def test_links_are_followed_once_and_loops_end(tmp_path: Path) -> None:
    real = event_file(tmp_path / "elsewhere", LOGGED)
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "linked").symlink_to(real.parent)
    (runs / "again").symlink_to(real.parent)
    (runs / "loop").symlink_to(runs)
    (runs / "above").symlink_to(tmp_path)
    found = find_logs(runs).files
    assert [path.resolve() for path in found] == [real]


def test_a_path_that_does_not_exist_is_named_with_a_remedy(tmp_path: Path) -> None:
    assert why_not(tmp_path / "nowhere").startswith("does not exist: give an event file")


def test_a_folder_without_event_files_is_named_with_a_remedy(tmp_path: Path) -> None:
    assert why_not(tmp_path).startswith("holds no event file (`*tfevents*`) and no other log: give")


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        (POINTER, "is a git-lfs pointer, not the data: fetch it with `git lfs pull`"),
        (b"/annex/objects/SHA256E-s12--4d7a", "is a git-annex pointer, not the data"),
        (b"", "is empty (0 bytes)"),
        (b"\x1f\x8b\x08\x00", "is compressed with gzip: unpack it first"),
    ],
)
def test_what_should_be_an_event_file_but_is_not_is_explained(
    tmp_path: Path, contents: bytes, reason: str
) -> None:
    path = tmp_path / "events.out.tfevents.1700000000.host"
    path.write_bytes(contents)
    assert why_not(path).startswith(reason)
    assert why_not(tmp_path).startswith(f"holds no readable log: `{path.name}` {reason}")


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("../.git/annex/objects/Xx/SHA256E-s12--4d7a", "is a git-annex pointer"),
        ("nowhere", "is a link to a file that does not exist"),
    ],
)
def test_a_link_to_nothing_is_explained(tmp_path: Path, target: str, reason: str) -> None:
    (tmp_path / "events.tfevents").symlink_to(target)
    assert reason in why_not(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "._events.out.tfevents.1700000000.host",
        "events.out.tfevents.1700000000.host.profile-empty",
        "events.out.tfevents.1700000000.host.meta",
    ],
)
def test_files_that_merely_share_the_name_do_not_count(tmp_path: Path, name: str) -> None:
    path = event_file(tmp_path, LOGGED, name=name)
    why_not(tmp_path)
    kept = event_file(tmp_path, LOGGED)
    found = find_logs(tmp_path)
    assert found.files == [kept]
    assert [lookalike for lookalike, _ in found.lookalikes] == [path]
    assert not found.rejected


def test_a_pipe_with_the_name_of_an_event_file_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "events.tfevents")
    assert "is not a regular file" in why_not(tmp_path)


def test_a_file_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    kept = event_file(tmp_path / "good", LOGGED)
    pointer = tmp_path / "bad.tfevents"
    pointer.write_bytes(POINTER)
    found = find_logs(tmp_path)
    assert found.files == [kept]
    assert [path for path, _ in found.rejected] == [pointer]


def test_numbers_in_names_are_ordered_as_numbers() -> None:
    paths = [Path(f"version_{number}") for number in (10, 2, 1)]
    assert sorted(paths, key=natural_order) == paths[::-1]
