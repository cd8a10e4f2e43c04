"""What functions change that a library is given to call (NN212)."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings, program

PROGRAM = """
import pandas as pd
import torch
from torch import nn
table = pd.read_csv("songs.csv")
{filled}
model = nn.Linear(3, len(genres))
for x, y in torch.utils.data.DataLoader(torch.load("rows.pt"), shuffle=True):
    nn.CrossEntropyLoss()(model(x), y).backward()
"""

FILLED = {
    "for each row of a table": """
        genres = {"other": 0}
        def count(row):
            for genre in row["genre"].split():
                if genre not in genres:
                    genres[genre] = len(genres)
        table.apply(count, axis=1)
        """,
    "for each item of a column, by a lambda": """
        genres = {"other": 0}
        table["genre"].map(lambda genre: genres.setdefault(genre, len(genres)))
        """,
    "by a helper of the function": """
        genres = {"other": 0}
        def add(genre):
            genres.update({genre: 1})
        def count(row):
            add(row["genre"])
        table.apply(count, axis=1)
        """,
    "by a library that is not modelled": """
        import birdsong
        genres = ["other"]
        def note(genre):
            genres.append(genre)
        birdsong.visit(on_genre=note)
        """,
    "by a method of the list": """
        import birdsong
        genres = ["other"]
        birdsong.visit("songs", genres.append)
        """,
    "by a method of an object": """
        class Counter:
            def __init__(self):
                self.found = {"other": 0}
            def note(self, genre):
                self.found[genre] = len(self.found)
        counter = Counter()
        table["genre"].apply(counter.note)
        genres = counter.found
        """,
    "through a method that a lambda calls": """
        class Counter:
            def __init__(self):
                self.found = {"other": 0}
            def note(self, genre):
                self.found[genre] = len(self.found)
        counter = Counter()
        table["genre"].apply(lambda genre: counter.note(genre))
        genres = counter.found
        """,
}

LEFT_ALONE = {
    "that the function only reads": """
        genres = {"other": 0}
        def look_up(genre):
            return genres.get(genre, 0)
        table["genre"].apply(look_up)
        """,
    "of the same name inside of the function": """
        genres = {"other": 0}
        def count(row):
            genres = {}
            genres[row["genre"]] = 1
            return genres
        table.apply(count, axis=1)
        """,
    "where another one is filled": """
        genres, words = {"other": 0}, {}
        def count(row):
            words[row["text"]] = len(words)
        table.apply(count, axis=1)
        """,
    "where the function is called by nobody": """
        genres = {"other": 0}
        def count(row):
            genres[row["genre"]] = len(genres)
        """,
}


@pytest.mark.parametrize("name", FILLED)
def test_nobody_knows_what_a_called_function_has_put_in(name: str) -> None:
    assert "NN212" not in _told(FILLED[name])


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_no_called_function_changes_stays_known(name: str) -> None:
    assert "NN212" in _told(LEFT_ALONE[name])


def test_numbers_that_a_called_function_counts_are_not_known() -> None:
    counted = program(
        """
        import birdsong
        seen, kept, last = 0, 5, None
        def note(song):
            global seen, last
            kept = 6
            seen += 1
            last = song
        birdsong.visit(note)
        """
    )
    assert [counted[each] for each in ("seen", "kept", "last")] == ["?", "5", "?"]


def _told(filled: str) -> list[str]:
    return [code for _, code in findings(PROGRAM.format(filled=dedent(filled)))]
