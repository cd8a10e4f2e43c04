"""Whether a file can matter at all, decided on its bytes before anything is parsed."""

import re

# Whatever trains, prepares rows for training or drives a training; rule packs know no others.
_LIBRARIES = (
    b"accelerate",
    b"albumentations",
    b"catboost",
    b"deepspeed",
    b"fastai",
    b"flax",
    b"imblearn",
    b"jax",
    b"keras",
    b"lightgbm",
    b"lightning",
    b"optax",
    b"pytorch_lightning",
    b"sklearn",
    b"tensorflow",
    b"timm",
    b"torch",
    b"torchaudio",
    b"torchmetrics",
    b"torchvision",
    b"transformers",
    b"xgboost",
)
# What prepares pictures and sounds, for whichever library trains on them.
_PREPARING = (b"cv2", b"librosa", b"skimage")
_UNKNOWN = (b"caffe2?", b"chainer", b"mindspore", b"mxnet", b"oneflow", b"paddle", b"theano")
_MENTION = re.compile(rb"\b(?:" + b"|".join(_LIBRARIES) + rb")\b")
_PREPARES = re.compile(rb"\b(?:" + b"|".join(_PREPARING) + rb")\b")
_FOREIGN = re.compile(rb"\b(?:" + b"|".join(_UNKNOWN) + rb")\b")


def mentions_training_library(content: bytes) -> bool:
    """Whether a source file or notebook names a library that trains models or reads what they
    are trained on, as a whole word; one that prepares pictures or sounds, unless it is for a library
    that rules do not know."""
    if _MENTION.search(content) is not None:
        return True
    return _PREPARES.search(content) is not None and _FOREIGN.search(content) is None
