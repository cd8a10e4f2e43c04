"""Models of Hugging Face `transformers`: nobody looks into them, but of some it is known that they
drop."""

import re
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library.models import Call, attribute, method
from advisor.code.values import (
    SCORES,
    TRUE,
    Activation,
    Constant,
    Scale,
    Tensor,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Under this key an unknown says that it is a model with dropout.
DROPS = ("drops",)
# Under this key an unknown says that it is a model that is to tell classes apart.
CLASSIFIES = ("classifies",)
_LIBRARY = "transformers."
_CLASSIFIERS = re.compile(r"For(Sequence|Image|Token|Audio)Classification$")
# Models that drop in training unless their configuration says otherwise.
_DROPPING = re.compile(
    r"bert|electra|gpt-?2|bart|xlnet|xlm|mpnet|longformer|big_?bird|ernie|\bt5|/t5|T5|pegasus|marian",
    re.IGNORECASE,
)


@method("module", "from_pretrained")
def with_weights(call: Call) -> Value | None:
    """`BertModel.from_pretrained(name)`, `AutoModel.from_pretrained("bert-base-cased")`."""
    made = call.unknown()
    kind = call.path.removeprefix(_LIBRARY).split(".")[0]
    if kind == call.path.split(".")[0]:
        return made
    if _CLASSIFIERS.search(kind):
        made.fields[CLASSIFIES] = TRUE
        made.fields[SCORES] = TRUE
    given = call.receiver
    name = given.value if isinstance(given, Constant) and isinstance(given.value, str) else ""
    said = name if kind.startswith("Auto") else kind
    sets_dropout = any("drop" in each for each in call.arguments.keywords)
    set_otherwise = sets_dropout or "config" in call.arguments.keywords
    if ("Model" in kind or "For" in kind) and _DROPPING.search(said) and not set_otherwise:
        made.fields[DROPS] = TRUE
    return made


@attribute("unknown", "logits")
def raw_scores(machine: "Machine", receiver: Unknown, node: cst.CSTNode) -> Value | None:
    """`model(**batch).logits`: the scores of classes, as their last layer makes them."""
    learns = receiver.fields.get(SCORES)
    if not isinstance(learns, Constant):
        return None
    place, graph = machine.place(node), learns.value is True
    scale = Scale(Activation.LOGITS, place)
    made = Tensor(scale=scale, dtype="float", graph=graph, terms=(receiver,), place=place)
    receiver.fields["logits"] = made
    return made
