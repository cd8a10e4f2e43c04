"""Files that test code rather than train a model."""

import re
from functools import lru_cache

from advisor.code.events import ObjectLoaded
from advisor.code.facts.run import AbstractRun
from advisor.code.sources import Source

_TEST_FILE = re.compile(r"(^|/)test_[^/]*\.py$|conftest")
_AMONG_TESTS = re.compile(r"(^|/)tests?/")
# A script may be called after its last step as well: `train_and_test.py`.
_CALLED_AFTER_TEST = re.compile(r"_test\.py$")
_ASSERTS = re.compile(r"\bassert|pytest|^ *def test_", re.MULTILINE)
# What a script may do besides that goes through test data: it may call that `test_epoch`.
_ASSERTS_FOR_SURE = re.compile(r"\bassert|pytest|unittest")


def is_unit_test(run: AbstractRun) -> bool:
    """Whether a file is itself a test of other code, not only kept among tests as what they read."""
    return run.once(_is_test_of_code) or "import pytest" in run.source.text


def holds_unit_tests(run: AbstractRun) -> bool:
    """Whether a file tests other code, or is kept among tests: its models are toys."""
    return run.once(_is_among_tests) or run.once(_is_test_of_code)


def _is_among_tests(run: AbstractRun) -> bool:
    return _AMONG_TESTS.search(run.source.display_name) is not None


def _is_test_of_code(run: AbstractRun) -> bool:
    return _tests(run.source) and not _tests_trained_model(run)


def _tests_trained_model(run: AbstractRun) -> bool:
    """Whether a script loads weights and asserts nothing: what it tests is how well a model has learned,
    though it may be called `test_model.py`."""
    if not run.is_script or next(run.events(ObjectLoaded), None) is None:
        return False
    return _ASSERTS_FOR_SURE.search(run.source.text) is None


# A long text is searched once, not for each of its functions.
@lru_cache(maxsize=2)
def _tests(source: Source) -> bool:
    if _TEST_FILE.search(source.display_name) is not None or "unittest" in source.text:
        return True
    called_so = _CALLED_AFTER_TEST.search(source.display_name) is not None
    return called_so and _ASSERTS.search(source.text) is not None
