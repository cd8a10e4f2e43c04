"""Keras's tokenizer: it learns which words there are, and numbers them."""

from advisor.code.library.models import Call, function, method
from advisor.code.library.sklearn import fit_on, transformed
from advisor.code.values import NONE, Object, Tensor, Value

_TOKENIZER = "keras.preprocessing.text.Tokenizer"


@function(_TOKENIZER)
def tokenizer(call: Call) -> Value | None:
    """A tokenizer that knows no words yet."""
    return Object(_TOKENIZER, call.arguments, call.place)


@method(_TOKENIZER, "fit_on_texts", "fit_on_sequences")
def fit_on_texts(call: Call) -> Value | None:
    """`tokenizer.fit_on_texts(texts)`."""
    texts = call.argument(0, "texts")
    if texts is not None and call.receiver is not None:
        fit_on(call, call.receiver, texts)
    return NONE


@method(_TOKENIZER, "texts_to_sequences", "texts_to_matrix", "sequences_to_matrix")
def numbered(call: Call) -> Value | None:
    """The numbers of the words in each text."""
    texts = call.argument(0, "texts")
    if texts is None or not isinstance(call.receiver, Object):
        return None
    return transformed(call, call.receiver, texts)


@function(
    "keras.preprocessing.sequence.pad_sequences",
    "keras.utils.pad_sequences",
    "keras_preprocessing.sequence.pad_sequences",
)
def padded(call: Call) -> Value | None:
    """The same rows, all of one length."""
    numbers = call.argument(0, "sequences")
    return numbers if isinstance(numbers, Tensor) and numbers.lineage is not None else None
