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
# What a file speaks of that trains a network with nothing but numpy, or judges what one puts out.
_BY_HAND = (rb"soft_?max", rb"sigmoid", rb"cross_?entropy", rb"logits", rb"back_?prop", rb"neural")
_UNKNOWN = (b"caffe2?", b"chainer", b"mindspore", b"mxnet", b"oneflow", b"paddle", b"theano")
_MENTION = re.compile(rb"\b(?:" + b"|".join(_LIBRARIES) + rb")\b")
_PREPARES = re.compile(rb"\b(?:" + b"|".join(_PREPARING) + rb")\b")
_NUMPY = re.compile(rb"^\W*(?:import|from) numpy\b", re.MULTILINE)
_TRAINS = re.compile(b"|".join(_BY_HAND), re.IGNORECASE)
_FOREIGN = re.compile(rb"\b(?:" + b"|".join(_UNKNOWN) + rb")\b")


def mentions_training_library(content: bytes) -> bool:
    """Whether a source file or notebook names a library that trains models or reads what they
    are trained on, as a whole word; one that prepares pictures or sounds, or does with numpy what
    networks do, unless it is for a library that rules do not know."""
    if _MENTION.search(content) is not None:
        return True
    if _PREPARES.search(content) is None and (
        _NUMPY.search(content) is None or _TRAINS.search(content) is None
    ):
        return False
    return _FOREIGN.search(content) is None
