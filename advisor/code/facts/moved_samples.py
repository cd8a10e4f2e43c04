"""Samples that are moved within the picture, and the masks, boxes or points that go with them."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Self

import libcst as cst

from advisor.code.events import LoaderBuilt, TransformApplied
from advisor.code.facts.given_samples import (
    AREAS,
    POINTS,
    are_drawn_alike,
    labels_of_places,
    steps_of,
)
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.library.keras_data import ITERATOR
from advisor.code.library.torch_data import SUBSET, whole_behind
from advisor.code.library.transforms import (
    DRAWING_FUNCTIONS,
    MOVING_FUNCTIONS,
    WINDOW,
    leaves_in_place,
    moving_part,
)
from advisor.code.nodes import holds
from advisor.code.part_names import OTHERS, words
from advisor.code.sources import NodePlace
from advisor.code.values import Constant, Library, Object, Value, known_text, same
from advisor.lazy_dataclasses import dataclass

# Calls that leave everything in its place.
_LEAVES_IN_PLACE = re.compile(
    r"(^|\.)(tensor|as_tensor|from_numpy|array|asarray|ascontiguousarray|fromarray|len|print|float"
    r"|long|int|bool|astype|to|unsqueeze|squeeze|convert|copy|clone|numpy|contiguous|type|float32"
    r"|int64|to_tensor|pil_to_tensor|ToTensor|zeros_like|ones_like|zeros|ones|full|arange|enumerate|range|append|cast|expand_dims|Mask|Image|Tensor"
    r"|FloatTensor|LongTensor|isinstance|max|min|sum|unique|where|stack|reshape|view|item|resize"
    r"|BoundingBoxes|flatten|ravel|permute|one_hot|get|normalize|concatenate)$"
)
# A view of its own, which need not fit the others.
_ONE_OF_SEVERAL = frozenset(["left", "right", "view", "views", "query", "key", "student", "weak"])
_VIEWS = _ONE_OF_SEVERAL | {
    *("a", "b", "anchor", "positive", "negative", "pos", "neg", "other", "reference", "style"),
    *("source", "domain", "content", "second", "pair", "noise", "background"),
    *("template", "prototype", "exemplar"),
}
_READS = re.compile(r"\b(open|imread|load|read\w*)\(")
# What says something of each place of a picture, if it is moved like one.
_OF_EACH_PLACE = (
    AREAS
    | POINTS
    | {
        *("label", "labels", "target", "targets", "truth", "depth", "disparity", "hr", "high"),
        *("clean", "sharp", "matte", "alpha", "saliency", "density", "edges", "contour"),
    }
)
_BEGUN_EMPTY = re.compile(r"\b(\w+) = (?:\[\]|list\(\))")
_OF_NUMBER = re.compile(r"self\.(?P<name>\w+)\[(?P<index>\w+)\]$")
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")
# Draws that come out alike: whoever repeats the seed, or keeps what was drawn.
_DRAWN_ONCE = re.compile(r"seed|rng_state|setstate|get_params|[Rr]eplay|to_deterministic|fork_rng")
_DRAWS = re.compile(r"rand|choice|shuffle|uniform")
_WITH_POSITIONS = frozenset(["VOCSegmentation", "VOCDetection", "CocoDetection", "SBDataset"])


@dataclass(frozen=True, eq=False, slots=True)
class MovedSample(Fact):
    """Things are moved within a picture at random, and what says where they are does not move with
    them: not at all, or by `other`, a draw of its own."""

    place: NodePlace
    picture: str
    label: str
    other: NodePlace | None = None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Each function that makes samples, and each data set that is given transforms."""
        for place, picture, label, other in _found(run):
            yield cls(place, picture, label, other)


_Found = tuple[NodePlace, str, str, NodePlace | None]


def _found(run: AbstractRun) -> Iterator[_Found]:
    yield from _of_functions(run)
    yield from _of_data_sets(run)
    yield from _of_generators(run)


# --- functions ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class _Step:
    """A transform that is applied in a function, or in one that it calls; or a slice that moves things."""

    event: TransformApplied
    call: cst.Call | cst.Subscript
    subject: str

    @property
    def is_of_label(self) -> bool:
        return bool(words(self.subject) & (AREAS | POINTS))

    @property
    def draws(self) -> bool:
        """Whether each call moves things elsewhere."""
        transform = self.event.transform
        if isinstance(transform, Library):
            return transform.path in DRAWING_FUNCTIONS
        return moving_part(transform) is not None

    @property
    def moves(self) -> bool:
        """Whether things are elsewhere afterwards, whatever decides where."""
        transform = self.event.transform
        known = isinstance(transform, Library) and transform.path in MOVING_FUNCTIONS
        return known or self.draws or self.is_window

    @property
    def is_window(self) -> bool:
        """Whether a window is taken that begins where a drawn number says."""
        transform = self.event.transform
        return isinstance(transform, Library) and transform.path == WINDOW

    @property
    def stays(self) -> bool:
        """Whether nothing moves, for sure."""
        return leaves_in_place(self.event.transform)


def _of_functions(run: AbstractRun) -> Iterator[_Found]:
    seen: set[cst.CSTNode] = set()
    for code, steps in _functions(run).values():
        found = _apart(code, steps)
        if found is None:
            continue
        step, label, other = found
        node = step.call if other is None else other.call
        if node not in seen:
            seen.add(node)
            place = NodePlace(code.place.source, node)
            beside = None if other is None else NodePlace(code.place.source, step.call)
            yield place, step.subject, label, beside


class _Code:
    """The text of a function that makes samples."""

    def __init__(self, node: cst.FunctionDef, place: NodePlace) -> None:
        self.node = node
        self.place = place

    @cached_property
    def text(self) -> str:
        """The body as it is written, on one line."""
        return code_of(self.node.body)

    @cached_property
    def parts(self) -> "_Parts":
        """What the function does; it takes time to look."""
        parts = _Parts()
        self.node.body.visit(parts)
        return parts

    def source_of(self, name: str) -> str:
        """What a name is bound to, as written."""
        return " ".join(text for target, text in self.parts.bound if target == name)

    def read_from(self, name: str) -> str:
        """What a name is bound to first, as written."""
        return next((text for target, text in self.parts.bound if target == name), "")

    def labels(self, picture: "_Step", steps: "list[_Step]") -> frozenset[str]:
        """What says where things are in a picture that is moved, of what the function gives back."""
        if not words(self.text) & (AREAS | POINTS):
            return frozenset()
        others = [each for each in steps if each.call is not picture.call]
        return labels_of_places(
            steps_of(self.node.body),
            _parameters(self.node),
            code_of(picture.call),
            [each.subject for each in others],
            [code_of(each.call) for each in others],
        )


def _parameters(function: cst.FunctionDef) -> list[str]:
    given = function.params
    everything = (*given.posonly_params, *given.params, *given.kwonly_params)
    return [each.name.value for each in everything if each.name.value not in {"self", "cls"}]


class _Parts(cst.CSTVisitor):
    """What a function calls, computes, slices, says without keeping it, and gives back."""

    def __init__(self) -> None:
        self.calls: list[cst.Call] = []
        self.sums: list[str] = []
        self.slices: list[tuple[str, str]] = []
        self.returned: list[str] = []
        self.bound: list[tuple[str, str]] = []
        self.told: list[str] = []

    def visit_Assign(self, node: cst.Assign) -> None:
        self.bound.extend((code_of(each.target), code_of(node.value)) for each in node.targets)

    def visit_Call(self, node: cst.Call) -> None:
        self.calls.append(node)

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
        # What is divided is smaller, but not mirrored.
        if not isinstance(node.operator, cst.Divide):
            self.sums.append(code_of(node))

    def visit_Subscript(self, node: cst.Subscript) -> None:
        text = code_of(node)
        self.slices.append((code_of(node.value), text))

    def visit_Expr(self, node: cst.Expr) -> None:
        self.told.append(code_of(node))

    def visit_Return(self, node: cst.Return) -> None:
        if node.value is not None:
            self.returned.append(code_of(node.value))


def _functions(run: AbstractRun) -> dict[object, tuple[_Code, list[_Step]]]:
    """The transforms that are applied in each call of a function of the file."""
    found: dict[object, tuple[_Code, list[_Step]]] = {}
    for event in run.events(TransformApplied):
        context = event.context
        inner = [*(place.node for place in context.calls[1:]), event.place.node]
        first = _where_samples_are_made(event)
        for depth, function in enumerate(context.functions[first:], first):
            node, call = function.node, inner[depth]
            place = function.place
            if not isinstance(node, cst.FunctionDef):
                continue
            if not isinstance(call, (cst.Call, cst.Subscript)):
                continue
            if place is None or not run.may_tell_of(place.source):
                continue
            key = (node, context.calls[depth].node)
            if key not in found:
                found[key] = (_Code(node, place), [])
            found[key][1].append(_Step(event, call, _subject(call)))
    return found


def _where_samples_are_made(event: TransformApplied) -> int:
    """Which of the functions that are running asks a data set for a sample: those around it go through
    samples that are made already."""
    functions = event.context.functions
    asked = [depth for depth, each in enumerate(functions) if each.name == "__getitem__"]
    return asked[0] if asked else 0


def _subject(call: cst.Call | cst.Subscript) -> str:
    """What a transform is given, as written."""
    if isinstance(call, cst.Subscript):
        return code_of(call.value)
    named = {each.keyword.value: each for each in call.args if each.keyword is not None}
    chosen = named.get("image") or named.get("img") or (call.args[0] if call.args else None)
    return "" if chosen is None else code_of(chosen.value)


def _apart(code: _Code, steps: list[_Step]) -> tuple[_Step, str, _Step | None] | None:
    """The picture that moves, what stays behind, and the step that draws anew for it, if one does."""
    pictures = [each for each in steps if not each.is_of_label and each.moves]
    pictures = [each for each in pictures if not words(each.subject) & _ONE_OF_SEVERAL]
    pictures = [each for each in pictures if each.draws or _is_drawn(each)]
    labels = code.labels(pictures[0], steps) if pictures else None
    if not labels:
        # A slice draws nothing of its own.
        called = [each for each in pictures if isinstance(each.call, cst.Call)]
        return _of_one_number(code, called) or _of_two_names(code, called)
    first = pictures[0]
    if _is_joint(first.call, labels) or _is_whole_sample(first.subject, labels, code):
        return None
    if any(_comes_with(first.call, label, code) for label in labels):
        return next(_drawn_apart(first, steps, code), None)
    for step in steps:
        if step.is_of_label and step.draws and first.draws and not _DRAWN_ONCE.search(code.text):
            return first, step.subject, step
    drawn = next(_drawn_apart(first, steps, code), None)
    if drawn is not None:
        return drawn
    known = {step.call for step in steps if step.stays}
    if any(step.is_of_label and not step.stays for step in steps):
        return None
    if _is_placed_by(first.call, labels, code):
        return None
    behind = _behind_chance(code, first, labels)
    parts = code.parts if behind is None else behind
    if any(_handles(call, labels) for call in parts.calls if call not in known):
        return None
    if any(words(value) & labels and ":" in text for value, text in parts.slices):
        return None
    if labels & POINTS and any(words(each) & labels for each in parts.sums):
        return None
    if labels & POINTS and _is_shifted_alike(first.call, code):
        return None
    if behind is None and any(words(name) & labels for name in _BEGUN_EMPTY.findall(code.text)):
        return None  # they are found where things have been put
    return first, min(labels & words(code.text)), None


def _is_shifted_alike(call: cst.Call | cst.Subscript, code: _Code) -> bool:
    """Whether something that the picture does not need is computed from the drawn numbers that move it:
    `points = points - [left, top]`."""
    text = code_of(call)
    drawn = {name for name, value in code.parts.bound if _DRAWS.search(value)} & _names_in(text)
    return any(
        _names_in(value) & drawn and not _names_in(target) & _names_in(text) and target not in drawn
        for target, value in code.parts.bound
        if any(each in value for each in code.parts.sums)
    )


def _behind_chance(code: _Code, first: _Step, labels: frozenset[str]) -> "_Parts | None":
    """What a function does behind the draw that decides whether the picture is moved, if nothing was
    drawn before it, and nothing but the picture is another one for it: what has been made of the
    labels earlier is the same either way."""
    body = code.node.body.body
    place = next((n for n, each in enumerate(body) if holds(each, first.call)), None)
    moved = None if place is None else body[place]
    if place is None or not isinstance(moved, cst.If) or not _DRAWS.search(code_of(moved.test)):
        return None
    if any(_DRAWS.search(code_of(each)) for each in body[:place]):
        return None
    inside, behind = _Parts(), _Parts()
    moved.visit(inside)
    others = {target for target, _ in inside.bound} - {first.subject}
    if others or inside.told or words(code_of(moved)) & labels:
        return None
    for each in body[place + 1 :]:
        each.visit(behind)
        if " if " in code_of(each):
            return None
    return behind


def _is_placed_by(call: cst.Call | cst.Subscript, labels: frozenset[str], code: _Code) -> bool:
    """Whether the place to cut out is read off the labels themselves: one box is cut out of a picture."""
    if not isinstance(call, cst.Call):
        return False
    waiting = [code_of(each.value) for each in call.args[1:]]
    seen = set[str]()
    while waiting:
        text = waiting.pop()
        if words(text) & labels:
            return True
        names = _names_in(text) - seen
        seen |= names
        for target, value in code.parts.bound:
            if names & _names_in(target):
                waiting.append(value)
    return False


def _names_in(text: str) -> set[str]:
    """The names that a piece of code goes by, without the attributes of objects."""
    return set(_NAME.findall(text))


def _of_one_number(code: _Code, steps: list[_Step]) -> tuple[_Step, str, _Step | None] | None:
    """Two things of the same number, whatever they are called, that are given together and each moved
    by a draw of its own: `crop(self.tiles[i]), crop(self.cover[i])`."""
    found = {
        each.call: (each, match) for each in steps if (match := _OF_NUMBER.match(each.subject))
    }
    if len(found) != 2 or _DRAWN_ONCE.search(code.text) or not code.parts.returned:
        return None
    (first, one), (second, other) = found.values()
    if one["index"] != other["index"] or one["name"] == other["name"]:
        return None
    helpers = {code_of(getattr(each.call, "func", each.call)) for each in (first, second)}
    together = all("," in each for each in code.parts.returned)
    if len(helpers) != 1 or not together or words(first.subject + second.subject) & _VIEWS:
        return None
    return first, second.subject, second


def _of_two_names(code: _Code, steps: list[_Step]) -> tuple[_Step, str, _Step | None] | None:
    """Two things that are given together, one of which was read as a label of each place, or that were
    read by one name, and that are moved alike, each by a draw of its own: `turn(chip), turn(water)`."""
    found = {each.call: each for each in steps if each.subject.isidentifier()}
    if len(found) != 2 or _DRAWN_ONCE.search(code.text):
        return None
    first, second = found.values()
    helpers = {code_of(getattr(each.call, "func", each.call)) for each in (first, second)}
    names = first.subject, second.subject
    if len(helpers) != 1 or names[0] == names[1] or words(" ".join(names)) & _VIEWS:
        return None
    together = [_are_given_together(each, names, code) for each in code.parts.returned]
    draw = all(each.draws or _draws_itself(each, code) for each in (first, second))
    calls = [code_of(each.call) for each in (first, second)]
    draw = draw and are_drawn_alike(steps_of(code.node.body), names, calls)
    if not draw or not together or not all(together):
        return None
    said = [words(name + " " + code.source_of(name)) & _OF_EACH_PLACE for name in names]
    if (said[1] and not said[0]) or _are_read_by_one_name(code, names):
        return first, names[1], second
    return None


def _are_read_by_one_name(code: _Code, names: tuple[str, str]) -> bool:
    """Whether two things are all that a sample is, and were read from files that the same name of the
    function tells."""
    sources = [code.read_from(name) for name in names]
    if any(len(each.split(",")) != len(names) for each in code.parts.returned):
        return False
    read = all(_READS.search(each) for each in sources) and sources[0] != sources[1]
    bound = {target for target, _ in code.parts.bound} - set(names)
    shared = set(re.findall(r"\w+", sources[0])) & set(re.findall(r"\w+", sources[1]))
    return read and bool(shared & bound)


def _are_given_together(returned: str, names: tuple[str, str], code: _Code) -> bool:
    """Whether several things are given back, among them those of two names, or what each was made."""
    given = [set(re.findall(r"\w+", each)) for each in returned.split(",")]
    if len(given) > 1 and not all(any(name in each for each in given) for name in names):
        given = [_made_of(each, names, code) for each in given]
    return len(given) > 1 and all(any(name in each for each in given) for name in names)


def _made_of(given: set[str], names: tuple[str, str], code: _Code) -> set[str]:
    """The names that some names were made of, back to two that are looked for; none where a value may
    have been made of both."""
    found, waiting = set(given), list(given)
    while waiting:
        name = waiting.pop()
        if name not in names:
            more = set(re.findall(r"\w+", code.source_of(name))) - found
            found |= more
            waiting.extend(more)
    return set() if found >= set(names) else found


def _is_drawn(step: _Step) -> bool:
    """Whether chance decides that a picture is moved, or where to."""
    inner = step.event.context.functions[-1]
    if step.is_window:
        return True
    if not _DRAWS.search(code_of(inner.node)):
        return False
    guards = step.event.context.guards
    return bool(guards) or len(getattr(step.call, "args", ())) > 1


def _drawn_apart(
    first: _Step, steps: list[_Step], code: _Code
) -> Iterator[tuple[_Step, str, _Step | None]]:
    """The steps that move a label by a function which draws anew for it."""
    for step in steps:
        apart = step.call is not first.call and step.is_of_label
        if apart and _draws_itself(step, code) and _draws_itself(first, code):
            yield first, step.subject, step


def _comes_with(call: cst.Call | cst.Subscript, label: str, code: _Code) -> bool:
    """Whether a call gives the label along with the picture: `image, mask = turn(a, b)`."""
    written = re.escape(code_of(call))
    return any(
        label in words(match[1])
        for match in re.finditer(rf"((?:[\w.\[\]]+, )+[\w.\[\]]+) = \(?{written}", code.text)
    )


def _draws_itself(step: _Step, code: _Code) -> bool:
    """Whether a function that is called for one thing alone draws where to move it."""
    inner = step.event.context.functions[-1]
    text = code_of(inner.node)
    if inner.node is code.node or _DRAWN_ONCE.search(text + code.text):
        return False
    return step.moves and _is_drawn(step)


def _is_joint(call: cst.Call | cst.Subscript, labels: frozenset[str]) -> bool:
    """Whether a call takes the label together with the picture."""
    if isinstance(call, cst.Subscript):
        return False
    return any(words(code_of(each)) & labels for each in call.args) or any(
        each.star for each in call.args
    )


def _is_whole_sample(name: str, labels: frozenset[str], code: _Code) -> bool:
    """Whether a transform is given a sample that the label has been put into: it can move both."""
    put = [text for target, text in code.parts.bound if target == name and text[:1] in "{([d"]
    keys = [target for target, _ in code.parts.bound if target.startswith(f"{name}[")]
    return any(words(each) & labels for each in (*put, *keys))


def _handles(call: cst.Call, labels: frozenset[str]) -> bool:
    """Whether a call may move a label: one that is given it, or a method of it."""
    name = code_of(call.func)
    receiver = name.rpartition(".")[0]
    given = any(words(code_of(each.value)) & labels for each in call.args)
    if not given and not words(receiver) & labels:
        return False
    if _reads(name):
        return False
    return _LEAVES_IN_PLACE.search(name) is None


def _reads(name: str) -> bool:
    return re.search(r"(open|imread|load|read\w*|join|Path|exists)$", name) is not None


# --- data sets ----------------------------------------------------------------------------


def _of_data_sets(run: AbstractRun) -> Iterator[_Found]:
    """Data sets of masks or boxes whose transform is for the picture alone."""
    seen: set[Value] = set()
    for event in run.events(LoaderBuilt):
        data = event.loader.fields.get("dataset")
        if isinstance(data, Object) and data.path == SUBSET:
            data = whole_behind(data)
        if not isinstance(data, Object) or data in seen or not _has_positions(data):
            continue
        seen.add(data)
        given = data.arguments.keywords
        if data.arguments.unknown or "transforms" in given or data.place is None:
            continue
        if "Detection" in data.path and "target_transform" in given:
            continue  # it may leave nothing but the names of what is in the boxes
        if moving_part(given.get("transform")) is not None:
            label = "boxes" if "Detection" in data.path else "mask"
            yield data.place, "picture", label, None


def _has_positions(data: Object) -> bool:
    name = data.path.rsplit(".", 1)[-1]
    kind = known_text(data.argument(2, "target_types") or data.argument(-1, "target_type"))
    of_pets = name == "OxfordIIITPet" and kind == "segmentation"
    return data.path.startswith("torchvision.datasets.") and (name in _WITH_POSITIONS or of_pets)


# --- generators of Keras ------------------------------------------------------------------


def _of_generators(run: AbstractRun) -> Iterator[_Found]:
    """Two flows of pictures and masks that draw differently."""
    flows = [event for event in run.events(LoaderBuilt) if event.loader.path == ITERATOR]
    for event in flows:
        said = words(_subject_of_flow(event))
        named = words(_generator_of_flow(event)) & AREAS
        if not (said & AREAS or named) or said & {"images", "image"} - AREAS:
            continue
        earlier = [each for each in flows if each.index < event.index and _is_pair(each, event)]
        if not earlier or not _draw_differently(earlier[-1].loader, event.loader):
            continue
        picture = _subject_of_flow(earlier[-1])
        yield event.place, picture, _subject_of_flow(event), earlier[-1].place


def _subject_of_flow(event: LoaderBuilt) -> str:
    node = event.place.node
    return _subject(node) if isinstance(node, cst.Call) else ""


def _generator_of_flow(event: LoaderBuilt) -> str:
    node = event.place.node
    return code_of(node.func) if isinstance(node, cst.Call) else ""


def _is_pair(first: LoaderBuilt, second: LoaderBuilt) -> bool:
    one, two = _subject_of_flow(first), _subject_of_flow(second)
    other = bool(words(one + " " + _generator_of_flow(first)) & AREAS)
    sides = [words(each) & (OTHERS | {"test"}) for each in (one, two)]
    return (
        not other and sides[0] == sides[1] and first.context.functions == second.context.functions
    )


def _draw_differently(first: Object, second: Object) -> bool:
    generators = [each.fields.get("generator") for each in (first, second)]
    moves = [isinstance(each, Object) and moving_part(each) is not None for each in generators]
    if not any(moves):
        return False
    if not all(moves):
        return all(isinstance(each, Object) for each in generators)
    seeds = [each.argument(-1, "seed") for each in (first, second)]
    if any(each.arguments.unknown for each in (first, second)):
        return False
    if seeds[0] is None or seeds[1] is None:
        return True
    given = seeds[0], seeds[1]
    return not same(given[0], given[1]) and all(not isinstance(each, Constant) for each in given)
