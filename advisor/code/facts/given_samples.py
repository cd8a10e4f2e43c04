"""What a function gives back as a sample, thing by thing, and what each of them was made of."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import field

import libcst as cst

from advisor.code.facts.run import code_of
from advisor.code.part_names import words
from advisor.lazy_dataclasses import dataclass

# What says where something is in a picture: an area, or places.
AREAS = frozenset(
    [
        *("mask", "masks", "msk", "msks", "segmentation", "segmentations", "segm", "segmap"),
        *("seg", "segs", "trimap", "heatmap", "gt", "groundtruth"),
        *("annotation", "annotations", "annot"),
    ]
)
POINTS = frozenset(
    [
        *("box", "boxes", "bbox", "bboxes", "keypoint", "keypoints", "kpts", "landmark"),
        *("landmarks", "joints", "polygon", "polygons", "corners", "points", "pts", "kps"),
    ]
)
# Names of places that nothing else is called by.
_SURELY_PLACES = frozenset(["boxes", "bboxes", "keypoints", "kpts", "landmarks", "polygons", "kps"])
# Names that a function has for one argument among others only if it is a picture.
_SURELY_AREAS = frozenset(["mask", "masks", "msk", "segmentation", "trimap"])
# A name with one of these says what something is, how many there are, or where it is kept.
_OF_ANOTHER_KIND = frozenset(
    [
        *("label", "labels", "class", "classes", "cls", "id", "ids", "index", "idx", "category"),
        *("count", "counts", "num", "n", "number", "score", "scores", "type", "name", "names"),
        *("has", "with", "without", "is", "flag", "attention", "padding", "pad", "key", "valid"),
        *("size", "shape", "weight", "weights", "ratio", "area", "areas", "caption", "text"),
    ]
)
_KEPT = frozenset(["path", "paths", "file", "files", "filename", "filenames", "dir", "root", "url"])
_NAME = re.compile(r"(?<![\w.\"'])[^\W\d]\w*\b(?! *=[^=])")
_NAME_AND_KEY = re.compile(r"(?<![\w.\"'])([^\W\d]\w*)\b(?! *=[^=])(?:\[[\"'](\w+)[\"']\])?")
_TOKEN = re.compile(r"[^\W\d]\w*")
_OF_PICTURES = re.compile(
    r"(?<!json\.)(?<!yaml\.)(?<!pickle\.)"
    r"\b(open|imread|imdecode|(load|read|decode)\w*|fromarray|annToMask|fillPoly|get_fdata|zeros|ones"
    r"|unsqueeze|permute|transpose|expand_dims|convert|resize)\("
    r"|\w(2|[tT]o|_to)_?[mM]ask\w*\(|\[None|\[\.\.\.|, None\]|\[:, *:|[<>]=? *\d"
)
_OF_PLACES = re.compile(
    r"\b(reshape|view|stack|vstack|append|array|flatten)\(|\[:, |\(\w+, \w+\)|, 2\)"
    r"|self\.(points|pts|corners|joints)\["
)
_ONE_NUMBER = re.compile(r"^(len|int|float|bool|str|sum)\(|\.(sum|any|mean|item|size|shape)\b")
_DRAWS = re.compile(r"rand|choice|shuffle|uniform")
_CUTS_OUT = re.compile(r"\bcrop\(|\w\[[^\[\]]*:[^\[\]]*,[^\[\]]*:[^\[\]]*\]")


@dataclass(frozen=True, slots=True)
class Binding:
    """What a name, or several together, are bound to, as it is written."""

    names: frozenset[str]
    text: str
    value: cst.CSTNode

    def under(self, key: str) -> "Binding":
        """What is under a key of it, where that was given by the same name:
        `prepared(image=a, mask=b)["mask"]`."""
        if not isinstance(self.value, cst.Call):
            return self
        for each in self.value.args:
            if key and each.keyword is not None and each.keyword.value == key:
                call = f"{code_of(self.value.func)}({code_of(each)})"
                return Binding(self.names, call, each.value)
        return self


@dataclass(slots=True)
class Steps:
    """The bindings of a function in the order they are written in, and what it returns after how many."""

    bindings: list[Binding] = field(default_factory=list)
    returned: list[tuple[int, cst.BaseExpression]] = field(default_factory=list)

    def made_of(self, text: str, until: int) -> dict[int, Binding]:
        """The bindings that what is written was made by, from the first on up to a number of them."""
        found: dict[int, Binding] = {}
        waiting = [(*asked, until) for asked in _NAME_AND_KEY.findall(text)]
        while waiting:
            name, key, end = waiting.pop()
            for number in range(end):
                each = self.bindings[number]
                if name in each.names and number not in found:
                    found[number] = each = each.under(key)
                    waiting.extend((*asked, number) for asked in _NAME_AND_KEY.findall(each.text))
        return found


class _Walk(cst.CSTVisitor):
    def __init__(self) -> None:
        self.steps = Steps()

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return False

    def _bind(self, target: cst.CSTNode, value: cst.CSTNode) -> None:
        names = frozenset(_NAME.findall(code_of(target)))
        if isinstance(target, cst.Subscript):
            # What is put under a key changes what holds the key.
            names = frozenset(_NAME.findall(code_of(target.value)))
            text = f"{code_of(target)} = {code_of(value)}"
        else:
            text = code_of(value)
        self.steps.bindings.append(Binding(names, text, value))

    def leave_Assign(self, original_node: cst.Assign) -> None:
        for each in original_node.targets:
            ours, theirs = _elements(each.target), _elements(original_node.value)
            if ours and len(ours) == len(theirs):
                for target, value in zip(ours, theirs, strict=True):
                    self._bind(target, value)
            else:
                self._bind(each.target, original_node.value)

    def leave_AnnAssign(self, original_node: cst.AnnAssign) -> None:
        if original_node.value is not None:
            self._bind(original_node.target, original_node.value)

    def leave_AugAssign(self, original_node: cst.AugAssign) -> None:
        self._bind(original_node.target, original_node.value)

    def visit_For(self, node: cst.For) -> None:
        self._bind(node.target, node.iter)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self._bind(node.target, node.iter)

    def visit_WithItem(self, node: cst.WithItem) -> None:
        if node.asname is not None:
            self._bind(node.asname.name, node.item)

    def leave_Expr(self, original_node: cst.Expr) -> None:
        # `boxes.append(box)`
        match original_node.value:
            case cst.Call(func=cst.Attribute(value=cst.Name() as receiver)):
                self._bind(receiver, original_node.value)

    def leave_Return(self, original_node: cst.Return) -> None:
        if original_node.value is not None:
            self.steps.returned.append((len(self.steps.bindings), original_node.value))


def steps_of(body: cst.CSTNode) -> Steps:
    """What a function does, in order."""
    walk = _Walk()
    body.visit(walk)
    return walk.steps


def _elements(node: cst.CSTNode) -> list[cst.BaseExpression]:
    if isinstance(node, (cst.Tuple, cst.List)):
        return [each.value for each in node.elements]
    return []


@dataclass(frozen=True, slots=True)
class Thing:
    """One of the things that a sample consists of: its key, where it has one, with what it is, and the
    bindings that it was made by."""

    key: str
    text: str
    made_by: dict[int, Binding]

    @property
    def texts(self) -> list[str]:
        """All that was done to make it, as written."""
        return [self.text, *(each.text for each in self.made_by.values())]

    @property
    def story(self) -> str:
        """The same in one text."""
        return "; ".join(self.texts)


def samples(steps: Steps) -> Iterator[list[Thing]]:
    """What each `return` gives together."""
    for end, value in steps.returned:
        found = list(_things(steps, "", value, end))
        if len(found) > 1:
            yield found


def _things(steps: Steps, key: str, value: cst.CSTNode, end: int) -> Iterator[Thing]:
    elements = _elements(value)
    for element in elements:
        yield from _things(steps, key, element, end)
    if isinstance(value, cst.Dict):
        for item in value.elements:
            if isinstance(item, cst.DictElement):
                yield from _things(steps, code_of(item.key), item.value, end)
    elif isinstance(value, cst.Call) and code_of(value.func) == "dict":
        for given in value.args:
            if given.keyword is not None:
                yield from _things(steps, given.keyword.value, given.value, end)
    elif isinstance(value, cst.Name) and (held := _put_into(steps, value.value, end)):
        for number, name, made in held:
            yield from _things(steps, name, made, number)
    elif not elements:
        text = code_of(value)
        yield Thing(key, text, steps.made_of(text, end))


def _put_into(steps: Steps, name: str, end: int) -> list[tuple[int, str, cst.CSTNode]]:
    """What a dictionary or a tuple has been made of, and what was put into it under a key."""
    found: list[tuple[int, str, cst.CSTNode]] = []
    for number, each in enumerate(steps.bindings[:end]):
        if each.names != {name}:
            continue
        keyed = re.match(rf"{name}\[([\"'])(\w+)\1\] = ", each.text)
        if keyed is not None:
            found.append((number, keyed[2], each.value))
        elif isinstance(each.value, (cst.Dict, cst.Tuple)) or each.text.startswith("dict("):
            found = [] if each.text in {"dict()", "{}"} else [(number, "", each.value)]
        else:
            found = []
    return found


def draws_for(texts: Iterable[str], moves: list[str]) -> set[str]:
    """What draws random numbers to make a thing, but not to move it by one of some calls."""
    for call in moves:
        texts = [each.replace(call, "") for each in texts]
    return {text for text in texts if _DRAWS.search(text)}


def are_drawn_alike(steps: Steps, names: Iterable[str], moves: list[str]) -> bool:
    """Whether what the names stand for was chosen by the same draws, if by any."""
    end = len(steps.bindings)
    made = [[each.text for each in steps.made_of(name, end).values()] for name in names]
    return len({frozenset(draws_for(texts, moves)) for texts in made}) == 1


def labels_of_places(
    steps: Steps,
    parameters: Iterable[str],
    moved: str,
    transformed: Iterable[str],
    moves: Iterable[str],
) -> frozenset[str]:
    """The words for what says where things are in the picture that is moved by a call, as written: what is
    given back together with it, was made of what the function is told of the sample and by no draw of its
    own, and is a picture or places for sure. `transformed` are things that go through transforms of
    pictures, `moves` the calls that they go through, as written."""
    told, pictures, calls = frozenset(parameters), list(transformed), [moved, *moves]
    found: set[str] = set()
    for things in samples(steps):
        moving = [each for each in things if moved in each.story]
        if not moving:
            continue
        drawn = {text for each in moving for text in draws_for(each.texts, calls)}
        cut_out = any(_CUTS_OUT.search(each.story.replace(moved, "")) for each in moving)
        for each in things:
            ours = set(_NAME.findall(each.story)) & told
            if moved in each.story or not ours or not draws_for(each.texts, calls) <= drawn:
                continue
            found |= _words_for_places(each, pictures, told, cut_out)
    return frozenset(found)


def _words_for_places(
    thing: Thing, pictures: list[str], told: frozenset[str], cut_out: bool
) -> set[str]:
    """The words in a name of something that say that it is an area or places, if it is."""
    is_picture = _OF_PICTURES.search(thing.story) is not None
    found: set[str] = set()
    for token in {*_TOKEN.findall(thing.key), *_TOKEN.findall(thing.text)}:
        said = words(token)
        areas, points = said & AREAS, said & POINTS
        bound = {token, thing.text}
        direct = [each.text for each in thing.made_by.values() if each.names & bound]
        if any(_ONE_NUMBER.search(text) for text in (thing.text, *direct)):
            continue
        if said & _KEPT or not areas | points:
            continue
        goes_through = any(re.search(rf"\b{token}\b", text) for text in pictures)
        of_another_kind = bool(said & _OF_ANOTHER_KIND)
        if areas and (goes_through or is_picture or (token in told and areas & _SURELY_AREAS)):
            found |= areas if goes_through or is_picture or not of_another_kind else set()
        surely = any(words(text) & _SURELY_PLACES for text in (token, *direct))
        surely = surely or token in told or _OF_PLACES.search(thing.story) is not None
        if points and surely and not of_another_kind and not cut_out:
            found |= points
    return found
