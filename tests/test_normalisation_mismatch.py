"""Pixels, and what the weights of ready models want them to be."""

from pathlib import Path

import pytest

from advisor.code.library.pretrained import CAFFE, IMAGENET, MINUS_ONE_TO_ONE, RAW, normalisation_of
from tests.abstract_programs import findings

IMPORTS = """\
import torchvision
from tensorflow import keras
from tensorflow.keras.preprocessing.image import ImageDataGenerator
from torchvision import models, transforms as T
"""


def rows(text: str) -> list[int]:
    return [row for row, code in findings(IMPORTS + text) if code == "NN509"]


@pytest.mark.parametrize(
    ("path", "normalisation"),
    [
        ("torchvision.models.resnet50", IMAGENET),
        ("torchvision.models.vit_b_16", IMAGENET),
        ("torchvision.models.detection.fasterrcnn_resnet50_fpn", None),
        ("torchvision.models.segmentation.fcn_resnet50", None),
        ("keras.applications.VGG16", CAFFE),
        ("keras.applications.ResNet50", CAFFE),
        ("keras.applications.ResNet50V2", MINUS_ONE_TO_ONE),
        ("keras.applications.MobileNetV2", MINUS_ONE_TO_ONE),
        ("keras.applications.MobileNetV3Small", RAW),
        ("keras.applications.EfficientNetB3", RAW),
        ("timm.create_model", None),
    ],
)
def test_each_ready_model_has_one_normalisation(path: str, normalisation: object) -> None:
    assert normalisation_of(path) is normalisation


@pytest.mark.parametrize(
    "made", ["models.vgg16(pretrained=True)", "models.resnet18(weights='DEFAULT')"]
)
@pytest.mark.parametrize("pipeline", ["T.Compose([T.Resize(224), T.ToTensor()])", "T.ToTensor()"])
def test_pixels_from_zero_to_one_are_not_what_weights_want(made: str, pipeline: str) -> None:
    assert rows(f"prepare = {pipeline}\nmodel = {made}\n") == [5]


@pytest.mark.parametrize(
    "text",
    [
        "prepare = T.Compose([T.ToTensor(), T.Normalize(mean, std)])\nmodel = models.vgg16(pretrained=True)",
        "prepare = T.ToTensor()\nmodel = models.vgg16()",
        "prepare = T.ToTensor()\nmodel = models.vgg16(pretrained=False)",
        "prepare = T.ToTensor()\nmodel = models.detection.fasterrcnn_resnet50_fpn(pretrained=True)",
        "prepare = T.Compose([T.ToTensor(), own])\nmodel = models.vgg16(pretrained=True)",
        "prepare = T.Resize(224)\nmodel = models.vgg16(pretrained=True)",
        "prepare = T.ToTensor()\nmodel = models.vgg16(pretrained=True)\nx = (x - 0.485) / 0.229",
        "flow = ImageDataGenerator(rescale=1 / 255)\nmodel = keras.applications.VGG16(weights=None)",
        "flow = ImageDataGenerator()\nmodel = keras.applications.EfficientNetB0()",
    ],
)
def test_what_may_be_normalised_elsewhere_is_not_reported(text: str) -> None:
    assert not rows(text)


def test_a_model_may_normalise_itself(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "from torch import nn\nfrom torchvision import models\nclass Net(nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n"
        "        self.ready = models.vgg16(pretrained=True)\n        self.mean = 0.485\n"
        "    def forward(self, x):\n        return self.ready((x - self.mean) / 0.229)\n"
    )
    text = IMPORTS + "from net import Net\nprepare = T.ToTensor()\nmodel = Net()\n"
    assert findings(text, tmp_path / "train.py") == []


def test_pixels_are_not_scaled_for_a_model_that_scales_them() -> None:
    text = "flow = ImageDataGenerator(rescale=1.0 / 255)\nmodel = keras.applications.EfficientNetB0()\n"
    assert rows(text) == [5]
