"""Whether a file can matter at all, decided on its bytes before anything is parsed."""

import re

# Whatever trains, prepares rows for training or drives a training, be it by hand; rule packs know no others.
_LIBRARIES = (
    b"accelerate",
    b"albumentations",
    b"catboost",
    b"cv2",
    b"deepspeed",
    b"fastai",
    b"flax",
    b"imblearn",
    b"jax",
    b"keras",
    b"librosa",
    b"lightgbm",
    b"lightning",
    b"optax",
    b"pytorch_lightning",
    b"skimage",
    b"sklearn",
    b"softmax",
    b"tensorflow",
    b"timm",
    b"torch",
    b"torchaudio",
    b"torchmetrics",
    b"torchvision",
    b"transformers",
    b"xgboost",
)
_MENTION = re.compile(rb"\b(?:" + b"|".join(_LIBRARIES) + rb")\b")


def mentions_training_library(content: bytes) -> bool:
    """Whether a source file or notebook names a library that trains models or reads what they
    are trained on, as a whole word."""
    return _MENTION.search(content) is not None
