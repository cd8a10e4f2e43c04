"""Programs that are written for a torch of long ago, and what that did by itself."""

import re

# A loss has no axis to take the first number along, since torch 0.5.
_OLD_TORCH = re.compile(r"^[^#\n]*loss\w*\.data\[0\]", re.MULTILINE | re.IGNORECASE)
_TORCHTEXT = re.compile(r"^\s*(?:from|import) torchtext\b", re.MULTILINE)


def is_for_old_torch(text: str) -> bool:
    """Whether a program runs on no torch from 0.5 on."""
    return _OLD_TORCH.search(text) is not None


def leaves_gradients_out(text: str) -> bool:
    """Whether a program has gradients left out in the way there was before `no_grad`: it says so, or the
    iterators of torchtext did for all batches but those to train on."""
    if "volatile=True" in text:
        return True
    if "torchtext" not in text:
        return False
    return _TORCHTEXT.search(text) is not None and is_for_old_torch(text)
