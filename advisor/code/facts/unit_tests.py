"""Files that test code rather than train a model."""

import re
from functools import lru_cache

from advisor.code.facts.run import AbstractRun
from advisor.code.sources import Source

_TEST_FILE = re.compile(r"(^|/)test_[^/]*\.py$|conftest")
_AMONG_TESTS = re.compile(r"(^|/)tests?/")
# A script may be called after its last step as well: `train_and_test.py`.
_CALLED_AFTER_TEST = re.compile(r"_test\.py$")
_ASSERTS = re.compile(r"\bassert|pytest|^ *def test_", re.MULTILINE)


def is_unit_test(run: AbstractRun) -> bool:
    """Whether a file is itself a test of other code, not only kept among tests as what they read."""
    return _tests(run.source) or "import pytest" in run.source.text


def holds_unit_tests(run: AbstractRun) -> bool:
    """Whether a file tests other code, or is kept among tests: its models are toys."""
    return _AMONG_TESTS.search(run.source.display_name) is not None or _tests(run.source)


# A long text is searched once, not for each of its functions.
@lru_cache(maxsize=2)
def _tests(source: Source) -> bool:
    if _TEST_FILE.search(source.display_name) is not None or "unittest" in source.text:
        return True
    called_so = _CALLED_AFTER_TEST.search(source.display_name) is not None
    return called_so and _ASSERTS.search(source.text) is not None
