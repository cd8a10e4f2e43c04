"""What programs call the targets and predictions that they hand to losses."""

import re

import libcst as cst

# What programs call targets, and what they call predictions.
TARGETS = re.compile(
    r"(\w+_)?(y_?true|labels?|targets?|tgts?|ground_?truths?|gts?|y_(train|test|val|batch))"
    r"|targets?_(tensor|batch|ids|seq(uence)?|tokens|labels?|var(iable)?|ind(ices|ex))"
    r"|y|yb|y_?b?atch|((gt|true)_)?masks?",
    re.IGNORECASE,
)
PREDICTIONS = re.compile(
    r"(\w+_)?(y_?hats?|y_?preds?|preds?|predictions?|predicted|outputs?|logits?|probs?|y_?logits?)"
    r"|out|probabilities",
    re.IGNORECASE,
)
# What autoencoders are given, and what they make of it.
ORIGINALS = re.compile(r"x|data|inputs?|im(age|g)s?|originals?|batch_?x?|x_?batch", re.IGNORECASE)
RECONSTRUCTIONS = re.compile(r"(x_?)?recon(struction|structed|s|_\w+)?|\w+_recon", re.IGNORECASE)


def name_of(node: cst.BaseExpression) -> str:
    """The name behind an expression: `labels` of `labels.long()`, of `batch["labels"]`, of
    `self.labels[:, 0]`, of `torch.sigmoid(labels)`."""
    match node:
        case cst.Name():
            return node.value
        case cst.Call(func=cst.Attribute(value=cst.Name(value=("torch" | "F" | "tf")))) if (
            node.args
        ):
            return name_of(node.args[0].value)
        case cst.Call(func=cst.Attribute()):
            return name_of(cst.ensure_type(node.func, cst.Attribute).value)
        case cst.Attribute():
            return node.attr.value
        case cst.Subscript():
            index = node.slice[0].slice if len(node.slice) == 1 else None
            if isinstance(index, cst.Index) and isinstance(index.value, cst.SimpleString):
                return str(index.value.evaluated_value)
            return name_of(node.value)
    return ""
