"""Ready models whose trained weights meet something else than the pictures that are prepared."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings

TORCH = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models, transforms
from torchvision.datasets import ImageFolder

prepare = transforms.Compose([transforms.Resize((224, 224)), transforms.ToTensor()])
loader = DataLoader(ImageFolder("leaves", prepare), batch_size=16, shuffle=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.before = {before}
        self.ready = models.resnet18(weights="DEFAULT")
        {then}

    def forward(self, pictures):
        return self.ready(self.before(pictures))


net = Net()
{loaded}
optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)
for pictures, labels in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(pictures), labels).backward()
    optimizer.step()
{behind}
"""


def told(text: str) -> int:
    return sum(code == "NN509" for _, code in findings(text))


def torch_program(**parts: str) -> str:
    return TORCH.format_map(
        {"before": "nn.Identity()", "then": "pass", "loaded": "", "behind": ""} | parts
    )


@pytest.mark.parametrize("before", ["nn.BatchNorm2d(3)", "nn.Conv2d(3, 3, 1)"])
def test_what_a_layer_makes_of_pictures_is_of_its_own_scale(before: str) -> None:
    assert told(torch_program(before=before)) == 0
    alone = torch_program().replace("self.before(pictures)", "pictures")
    assert told(alone) == 1


def test_a_first_layer_that_is_new_wants_nothing() -> None:
    alone = torch_program().replace("self.before(pictures)", "pictures")
    assert told(alone.replace("pass", "self.ready.conv1 = nn.Conv2d(3, 64, 5, 2)")) == 0


@pytest.mark.parametrize(
    ("part", "code", "count"),
    [
        ("loaded", "net.load_state_dict(torch.load('ours.pt'))", 0),
        ("loaded", "net.load_state_dict(torch.load('ours.pt')['model'], strict=False)", 0),
        (
            "loaded",
            "import sys\nif len(sys.argv) > 1:\n    net.load_state_dict(torch.load('a'))",
            1,
        ),
        ("behind", "net.load_state_dict(torch.load('best.pt'))", 1),
    ],
)
def test_a_training_may_begin_with_weights_of_somebody_else(
    part: str, code: str, count: int
) -> None:
    alone = torch_program(**{part: code}).replace("self.before(pictures)", "pictures")
    assert told(alone) == count


def test_detectors_normalise_by_themselves() -> None:
    text = """
    import torch
    from torch.utils.data import DataLoader
    from torchvision import models, transforms
    from torchvision.datasets import CocoDetection
    from torchvision.models.detection import FasterRCNN

    pictures = CocoDetection("streets", "boxes.json", transforms.Compose([transforms.ToTensor()]))
    loader = DataLoader(pictures, batch_size=2, shuffle=True, collate_fn=lambda batch: zip(*batch))
    backbone = models.mobilenet_v2(weights="DEFAULT").features
    backbone.out_channels = 1280
    detector = FasterRCNN(backbone, num_classes=4)
    optimizer = torch.optim.SGD(detector.parameters(), lr=1e-3)
    for images, boxes in loader:
        optimizer.zero_grad()
        sum(detector(list(images), list(boxes)).values()).backward()
        optimizer.step()
    """
    assert told(dedent(text)) == 0


KERAS = """
from tensorflow import keras
from tensorflow.keras.preprocessing.image import ImageDataGenerator

scaled = ImageDataGenerator(rescale=1 / 255)
pictures = scaled.flow_from_directory("leaves", target_size=(224, 224))
{other}
base = keras.applications.VGG16(include_top=False, pooling="avg")
model = keras.Sequential([base, keras.layers.Dense(5, activation="softmax")])
{loaded}
model.compile("adam", "categorical_crossentropy")
model.fit(pictures, epochs=3)
{behind}
"""


@pytest.mark.parametrize(
    ("parts", "count"),
    [
        ({}, 1),
        ({"loaded": "model.load_weights('ours.h5')"}, 0),
        ({"loaded": "base.load_weights('faces.h5')"}, 0),
        ({"behind": "model.load_weights('best.h5')"}, 1),
    ],
)
def test_weights_of_keras_may_be_others_or_see_other_pictures(
    parts: dict[str, str], count: int
) -> None:
    assert told(KERAS.format_map({"other": "", "loaded": "", "behind": ""} | parts)) == count


def test_a_generator_that_nobody_asks_gives_no_pictures() -> None:
    text = KERAS.format(other="", loaded="", behind="")
    other = "centred = ImageDataGenerator(samplewise_center=True)\npictures = centred.flow_from"
    assert told(text.replace("pictures = scaled.flow_from", other)) == 0
