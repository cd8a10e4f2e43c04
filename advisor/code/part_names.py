"""What programs call the parts of their data: those to learn from, to choose by, and to test by.

These words are only the second thing to go by; `facts.sides` says what is known of rows first.
"""

import re

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

TRAINING = frozenset(["train", "training"])
# The same for short, as the halves of a split are called.
SHORT_TRAINING = frozenset(["tr", "trn"])
VALIDATION = frozenset(["val", "vali", "valid", "validation", "dev"])
TEST = frozenset(["test", "tests", "testing", "testloader", "testset", "testdata"])
SHORT_TEST = frozenset(["te", "tst"])
# What nobody tests by in the end.
OTHERS = TRAINING | VALIDATION
# Words that folders, parts of published data and options go by which choose samples to judge by.
PUBLISHED = frozenset(["val", "valid", "validation", "test", "testing", "eval", "evaluation"])
# Words that functions go by which judge, and what they are told.
JUDGING = PUBLISHED | VALIDATION | {"evaluate", "validate"}
# Words that data to judge by, and code that judges, go by.
HELD_OUT = JUDGING | frozenset(
    [
        *("tests", "tst", "validating", "evaluating", "holdout", "heldout", "testset", "testdata"),
        *("testloader", "testds", "testdl", "valset", "valdata", "valloader", "valds", "valdl"),
        *("validset", "validloader", "validdl", "evalloader", "devloader"),
        *("xte", "xtest", "xval", "xvalid", "xdev", "va", "xva", "yva"),
    ]
)


def words(text: str) -> set[str]:
    """The words that names in a text are made of, in lower case."""
    return {each.lower() for each in _WORD.findall(text)}


def say_test(said: set[str]) -> bool:
    """Whether words speak of test data, and of no other data."""
    return bool(said & TEST) and not said & OTHERS


def say_validation(said: set[str]) -> bool:
    """Whether words speak of data to choose by, and not of a test."""
    return bool(said & VALIDATION) and not said & TEST
