"""Programs that are written for a Keras of long ago, and what that did otherwise."""

import re

# What was no longer there in Keras 2, or left it in one of its first releases.
_OLD_KERAS = re.compile(
    r"^\s*from keras[.\w]* import [^\n#]*\b(?:Merge|merge|Convolution[123]D|MaxoutDense|Highway)\b"
    r"|\b(?:nb_epoch|nb_filter|border_mode|samples_per_epoch)\s*=",
    re.MULTILINE,
)


def is_for_old_keras(text: str) -> bool:
    """Whether a program may run on a Keras before 2.0.7, whose backend took the predictions of
    `K.binary_crossentropy` before the labels."""
    return "keras" in text and _OLD_KERAS.search(text) is not None
