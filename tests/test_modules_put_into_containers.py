"""Containers of modules that grow and change after they were built, and what runs then."""

import pytest

from tests.abstract_programs import findings

HEADER = """
from collections import OrderedDict

import torch
from torch import nn

def conv(given, made):
    return nn.Conv2d(given, made, 3, padding=1)

images = torch.randn(8, 3, 32, 32)
"""
# Each ends with a `stack` that is given 3 channels and makes 32 of them.
STACKS = {
    "an item that is replaced": """
stack = nn.Sequential(conv(1, 8), conv(8, 32))
stack[0] = conv(3, 8)
""",
    "a module put in front": """
stack = nn.Sequential(conv(8, 32))
stack.insert(0, conv(3, 8))
""",
    "modules put behind": """
stack = nn.Sequential(conv(3, 8))
stack.extend([conv(8, 16), conv(16, 32)])
""",
    "a module taken out": """
stack = nn.Sequential(conv(3, 32), conv(32, 10))
stack.pop(-1)
""",
    "a name that is assigned anew": """
stack = nn.Sequential(OrderedDict([("stem", conv(1, 8)), ("head", conv(8, 32))]))
stack.stem = conv(3, 8)
""",
    "a new name": """
stack = nn.Sequential(OrderedDict([("stem", conv(3, 8))]))
stack.head = conv(8, 32)
""",
    "names that are counted": """
stack = nn.Sequential(conv(3, 8))
for index in (0, 1):
    setattr(stack, f"stage{index}", conv(8 * 2**index, 16 * 2**index))
""",
    "names that a class counts": """
class Stack(nn.Module):
    def __init__(self, depth):
        super().__init__()
        for index in range(depth):
            self.add_module("stage%d" % (index + 1), conv(4 * 2**index if index else 3, 8 * 2**index))
    def forward(self, x):
        for name, stage in self.named_children():
            x = stage(x)
        return x
stack = Stack(3)
""",
    "a dictionary of counted names": """
class Stack(nn.Module):
    def __init__(self, depth):
        super().__init__()
        stages, channels = OrderedDict(stem=conv(3, 8)), 8
        for index in range(depth):
            stages["stage" + str(index)] = conv(channels, channels * 2)
            channels = channels * 2
        self.stages = nn.Sequential(stages)
    def forward(self, x):
        return self.stages(x)
stack = Stack(2)
""",
    "a class of containers with names of its own": """
class Stack(nn.Sequential):
    def __init__(self):
        super().__init__(OrderedDict([("stem", conv(3, 8)), ("head", conv(8, 32))]))
stack = Stack()
""",
    "an attribute of such a class that is assigned anew": """
class Stack(nn.Sequential):
    def __init__(self, wide):
        super().__init__()
        self.stem = conv(3, 8)
        self.head = conv(8, 16)
        self.head = conv(8, 32)
stack = Stack(True)
""",
    "a class of lists": """
class Stack(nn.ModuleList):
    def forward(self, x):
        for stage in self.children():
            x = stage(x)
        return x
stack = Stack([conv(3, 8), conv(8, 32)])
""",
}
# How many modules these have, or in which order, is not known.
UNCOUNTED = {
    "too many to be counted, by attribute": """
class Stack(nn.Module):
    def __init__(self, depth):
        super().__init__()
        for index in range(depth):
            self.add_module(f"stage{index}", conv(8 if index else 3, 8))
        self.add_module("head", conv(8, 32))
    def forward(self, x):
        for stage in self.children():
            x = stage(x)
        return x
stack = Stack(30)
""",
    "too many to be counted, in a dictionary": """
class Stack(nn.Module):
    def __init__(self, depth):
        super().__init__()
        stages, channels = OrderedDict(stem=conv(3, 2)), 2
        for index in range(depth):
            stages["stage" + str(index)] = conv(channels, channels + 1)
            channels += 1
        self.stages = nn.Sequential(stages)
    def forward(self, x):
        return self.stages(x)
stack = Stack(30)
""",
    "a dictionary that is put into another one": """
stages = OrderedDict(stem=conv(3, 8))
stages.update({f"stage{index}": conv(8 + 8 * index, 16 + 8 * index) for index in range(3)})
stack = nn.Sequential(stages)
""",
    "names that are read from a file": """
stack = nn.Sequential(OrderedDict(stem=conv(3, 8), head=conv(8, 16)))
for name in open("names.txt"):
    setattr(stack, name, conv(8, 32))
""",
    "one of several, or none": """
import sys
stack = nn.Sequential(conv(3, 8), conv(8, 16))
stack.last = conv(16, 32) if len(sys.argv) > 1 else None
""",
}


def mismatches(code: str) -> int:
    return [told for _, told in findings(code)].count("NN307")


@pytest.mark.parametrize("name", STACKS)
def test_modules_run_in_the_order_they_were_put_in(name: str) -> None:
    stack = HEADER + STACKS[name]
    assert mismatches(stack + "conv(32, 4)(stack(images))\n") == 0
    assert mismatches(stack + "conv(7, 4)(stack(images))\n") == 1


@pytest.mark.parametrize("name", UNCOUNTED)
def test_nothing_is_said_of_what_cannot_be_counted(name: str) -> None:
    assert mismatches(HEADER + UNCOUNTED[name] + "conv(32, 4)(stack(images))\n") == 0


@pytest.mark.parametrize("name", ['f"a{2}{last}"', '"a%d%s" % (2, last)', '"a" + str(2) + last'])
def test_names_are_computed_of_whole_numbers_and_texts(name: str) -> None:
    code = f"{HEADER}\nlast = 'b'\nheld = {{{name}: conv(3, 8)}}\n"
    assert mismatches(code + "conv(7, 4)(held['a2b'](images))\n") == 1


@pytest.mark.parametrize("name", ['f"a{2:03}"', '"a%03d" % 2', 'f"a{2!r}"', '"a%%%d" % 2'])
def test_others_are_not(name: str) -> None:
    code = f"{HEADER}\nheld = {{{name}: conv(3, 8), 'a2': conv(3, 16)}}\n"
    assert mismatches(code + f"conv(7, 4)(held[{name}](images))\n") == 0
