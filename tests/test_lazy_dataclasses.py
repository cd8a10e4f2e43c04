"""Dataclasses that wait with their methods are what the standard library's are."""

import copy
import dataclasses
import pickle
from dataclasses import field, replace
from typing import Any

import pytest

from advisor.lazy_dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2


@dataclass(frozen=True, slots=True)
class Named(Point):
    name: str = "origin"
    notes: list[str] = field(default_factory=list, compare=False)


@dataclass(eq=False, slots=True)
class Counted:
    where: Point
    number: int = field(default=-1, init=False)
    seen: list[int] = field(default_factory=list, init=False)


@dataclass
class Plain:
    value: int

    def __repr__(self) -> str:
        return "plain"


def test_fields_are_given_by_place_by_name_or_by_default() -> None:
    assert (Point(1).x, Point(1).y) == (1, 2)
    assert Point(y=5, x=4) == Point(4, 5)
    assert Named(1, 2, "corner").name == "corner"


def test_each_object_has_a_list_of_its_own() -> None:
    Named(1).notes.append("only here")
    assert Named(1).notes == []


def test_fields_that_are_not_given_have_their_defaults() -> None:
    counted = Counted(Point(1))
    assert (counted.number, counted.seen) == (-1, [])
    assert Counted(Point(1)).seen is not counted.seen


@pytest.mark.parametrize("values", [(), (1, 2, 3)])
def test_too_few_or_too_many_values_are_refused(values: tuple[int, ...]) -> None:
    made: Any = Point
    with pytest.raises(TypeError, match="__init__"):
        made(*values)


def test_objects_of_one_class_with_equal_fields_are_equal() -> None:
    assert Point(1, 2) == Point(1)
    assert Point(1) != Point(2)
    assert Named(1, notes=["a"]) == Named(1, notes=["b"])
    assert Point(1, 2) != Named(1, 2)
    assert Plain(1) == Plain(1)


def test_frozen_ones_are_keys_and_those_that_may_change_are_not() -> None:
    assert {Point(1): "found"}[Point(1, 2)] == "found"
    with pytest.raises(TypeError, match="unhashable"):
        hash(Plain(1))


def test_objects_that_are_not_compared_are_equal_to_themselves_alone() -> None:
    first, second = Counted(Point(1)), Counted(Point(1))
    assert first != second
    assert len({first, second}) == 2


def test_they_are_written_as_they_are_made() -> None:
    assert repr(Named(1, notes=["a"])) == "Named(x=1, y=2, name='origin', notes=['a'])"
    assert repr(Plain(1)) == "plain"


def test_they_are_replaced_copied_and_pickled() -> None:
    assert replace(Named(1), x=3) == Named(3)
    assert copy.deepcopy(Named(1)) == Named(1)
    assert pickle.loads(pickle.dumps(Point(7))) == Point(7)
    assert [each.name for each in dataclasses.fields(Named)] == ["x", "y", "name", "notes"]


def test_they_are_taken_apart_by_patterns() -> None:
    match Point(3, 4):
        case Point(x, y):
            assert (x, y) == (3, 4)


def test_a_class_that_does_more_when_it_is_made_cannot_wait() -> None:
    with pytest.raises(TypeError, match="cannot wait"):

        @dataclass
        class Checked:
            value: int

            def __post_init__(self) -> None:
                self.value += 1
