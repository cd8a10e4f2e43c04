"""Whatever the program, branches are undone and joined, and no name is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.code.analysis import Project, analyze
from advisor.code.interpreter.machine import Machine
from advisor.code.sources import Source
from advisor.rulebook import rulebook

SNIPPETS = [
    "x = [1, 2, 3]",
    "x = x[0]",
    "x, y = y, x",
    "a, *b = x",
    "x = {**x, 'k': y}",
    "x[y] = z",
    "x[1:2] = y",
    "del x[0]",
    "x += y",
    "x @= y",
    "x = y if z else x",
    "x = lambda *a, **k: (a, k)",
    "x = x(*y, **z)",
    "x = [v for v in y if v for w in v]",
    "x = {k: v for k, v in y}",
    "x = (yield_ for yield_ in y)",
    "x = f'{y!r:>{z}}'",
    "x = not y",
    "x = y < z < 3",
    "x = (y := z)",
    "assert x, y",
    "global q",
    "import os.path as x",
    "from torch import *",
    "from . import nothing",
    "import torch, torch.nn as nn",
    "x = torch.zeros(2, 3, 4)",
    "x = x.view(y, -1)",
    "x = x.view(4, 3, 2).permute(2, 0, 1).softmax(-1)",
    "b, t, c = x.shape",
    "x = nn.Linear(3, 4)(x)",
    "x = nn.Sequential(nn.Linear(3, 4), *y)",
    "y = torch.optim.SGD(x.parameters(), lr=z)",
    "y.step(); y.zero_grad()",
    "x.sum().backward()",
    "z = torch.optim.lr_scheduler.StepLR(y, 30)",
    "z.step()",
    "loss = nn.CrossEntropyLoss()(x, y)",
    "print(x, file=y)",
    "x = sorted(y, key=lambda v: v[0])",
    "x = dict(zip(y, z))",
    "x = 7 // 0 + 5 % 0",
    "x = 1 << 70 | ~y",
    "x = 10 ** 400 * 1e308 * 10",
    "x = float('inf') // 2",
    "x = super().y",
    "x = type(y)(z)",
    "pass",
]


BLOCKS = [
    "if x:\n{body}\nelse:\n    pass",
    "for x in y:\n{body}",
    "for i, (x, *y) in enumerate(z):\n{body}",
    "for epoch in range(10):\n{body}\nelse:\n    x = 1",
    "while x:\n{body}\n    break",
    "while True:\n{body}\n    continue",
    "try:\n{body}\nexcept (ValueError, E) as x:\n    raise\nfinally:\n    y = 1",
    "with x as (y, z), y:\n{body}",
    "def f(x, /, y=x, *z, k=1, **rest):\n{body}\n    return f",
    "async def g(x):\n{body}\n    return await x",
    "def h(x):\n{body}\n    yield x\n    yield from h(x)",
    "class A(x, metaclass=y):\n{body}\n    def __init__(self):\n        super().__init__()",
    "class B(nn.Module):\n{body}\n    def forward(self, x):\n        return self(x)",
    "match x:\n    case [1, *y]:\n    {body}\n    case {{'k': z}} if z:\n        pass",
    "@x\n@y.z(1)\ndef d(x):\n{body}",
]


def indented(body: str) -> str:
    return "\n".join(f"    {line}" for line in body.splitlines())


def with_body(block: str, body: str) -> str:
    extra = indented(body) if not block.startswith("match") else indented(indented(body)).lstrip()
    return block.format(body=extra if not block.startswith("match") else f"    {extra}")


programs = st.recursive(
    st.lists(st.sampled_from(SNIPPETS), min_size=1, max_size=4).map("\n".join),
    lambda parts: st.lists(
        st.builds(with_body, st.sampled_from(BLOCKS), parts) | parts, min_size=1, max_size=3
    ).map("\n".join),
    max_leaves=8,
)


class TestAnyProgram:
    @pytest.mark.parametrize("block", BLOCKS)
    def test_each_block_is_python(self, block: str) -> None:
        compile(with_body(block, "pass\nx = 1"), "block", "exec")

    @settings(max_examples=150, deadline=None)
    @given(programs)
    def test_no_program_makes_the_analysis_fail(self, text: str) -> None:
        source = Source(text + "\n", "program.py")
        analyze(source, Project([source]), rulebook("code").rules)

    @settings(max_examples=50, deadline=None)
    @given(programs)
    def test_the_same_program_always_gives_the_same_findings(self, text: str) -> None:
        source = Source(text + "\n", "program.py")
        first = analyze(source, Project([source]), rulebook("code").rules)
        again = analyze(source, Project([source]), rulebook("code").rules)
        assert first.findings == again.findings


def test_every_branch_is_undone_before_the_next_one_runs() -> None:
    source = Source("", "program.py")
    machine = Machine(Project([source]), None)  # type: ignore[arg-type]
    fields = {"x": 1}
    machine.begin()
    machine.store(fields, "x", 2)
    machine.store(fields, "y", 3)
    machine.undo()
    assert fields == {"x": 1}
