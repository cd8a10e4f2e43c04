"""Pixels, and what the weights of ready models want them to be."""

from pathlib import Path

import pytest

from advisor.code.library.pretrained import CAFFE, IMAGENET, MINUS_ONE_TO_ONE, RAW, normalisation_of
from advisor.commands.nnlint import main
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


TRAINING = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms as T
from torchvision.datasets import CIFAR10
train_data = CIFAR10("data", train=True, transform={train})
test_data = CIFAR10("data", train=False, transform={test})
test_loader = DataLoader(test_data, batch_size=100)
model = nn.Linear(9, 9)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in DataLoader(train_data, batch_size=100, shuffle=True):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""
HALF = "T.Compose([T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize((0.5,), (0.5,))])"


@pytest.mark.parametrize(
    ("train", "test", "count"),
    [
        (HALF, "T.ToTensor()", 1),
        (HALF, "T.Compose([T.ToTensor(), T.Normalize((0.4,), (0.5,))])", 1),
        ("T.ToTensor()", "T.Compose([T.ToTensor(), T.Normalize((0.5,), (0.5,))])", 1),
        (HALF, "T.Compose([T.Resize(32), T.ToTensor(), T.Normalize((0.5,), (0.5,))])", 0),
        (HALF, "T.Compose([T.ToTensor(), T.Lambda(normalise)])", 0),
        (HALF, "T.Compose([T.ToTensor(), T.Normalize(mean, std)])", 0),
        (HALF, "build()", 0),
    ],
)
def test_held_out_pictures_are_normalised_as_those_for_training(
    train: str, test: str, count: int
) -> None:
    text = TRAINING.format(train=train, test=test)
    assert sum(code == "NN509" for _, code in findings(text)) == count


def test_pictures_are_normalised_once() -> None:
    twice = HALF.replace("(0.5,))])", "(0.5,)), T.Normalize((0.4,), (0.3,))])")
    text = TRAINING.format(train=twice, test=twice)
    assert sum(code == "NN509" for _, code in findings(text)) == 2


def test_a_normalisation_may_be_undone() -> None:
    undo = "T.Normalize((0.0,), (2.0,)), T.Normalize((-0.5,), (1.0,))"
    text = TRAINING.format(train=HALF, test=HALF) + f"back = T.Compose([{undo}])\n"
    assert not [code for _, code in findings(text) if code == "NN509"]


ONCE = """\
import torch
from torch import nn
from torch.utils.data import DataLoader
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.5, 0.4, 0.3]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.2, 0.2, 0.2]).view(1, 3, 1, 1))
        self.layer = nn.Linear(3072, 43)
    def forward(self, x):
        return self.layer({forward}.flatten(1))
def main():
    data = torchvision.datasets.{data}("signs", transform=T.Compose([{steps}]))
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for images, labels in DataLoader(data, batch_size=16, shuffle=True):
        images = {batch}
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
"""
NORMALISED = "T.ToTensor(), T.Normalize([0.5, 0.4, 0.3], [0.2, 0.2, 0.2])"


@pytest.mark.parametrize(
    ("steps", "forward", "batch", "row"),
    [
        ("T.ToTensor()", "x", "images.float() / 255", 21),
        (NORMALISED, "((x - self.mean) / self.std)", "images", 15),
        ("T.PILToTensor()", "x", "images.float() / 255", None),
        ("T.ToTensor()", "((x - self.mean) / self.std)", "images", None),
        (NORMALISED, "x", "images / images.std()", None),
        (NORMALISED, "((x - x.mean()) / x.std())", "images", None),
    ],
)
def test_pixels_are_prepared_once(steps: str, forward: str, batch: str, row: int | None) -> None:
    text = ONCE.format(steps=steps, forward=forward, batch=batch, data="GTSRB")
    assert rows(text) == ([] if row is None else [row])


READ = """\
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train = x_train.astype("float32") / 255
"""
TRAINED = """\
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
model.fit(x_train, y_train, epochs=9)
model.evaluate(x_test, y_test)
"""
NETWORK = "model = keras.Sequential([{first}keras.layers.Flatten(), keras.layers.Dense(10)])\n"
PLAIN = NETWORK.format(first="")
BOTH = f"{READ}x_test = x_test / 255.0\n"


def test_a_layer_that_scales_again_what_is_scaled_already() -> None:
    again = NETWORK.format(first="keras.layers.Rescaling(1 / 255), ")
    assert len(rows(f"{BOTH}{again}{TRAINED}")) == 1
    assert not rows(f"{BOTH}{again.replace('1 / 255', '2.0, offset=-1')}{TRAINED}")
    assert not rows(f"{BOTH.replace('/ 255.0', '').replace('/ 255', '')}{again}{TRAINED}")
    assert not rows(f"{BOTH}{PLAIN}{TRAINED}")


@pytest.mark.parametrize(
    ("change", "forgotten"),
    [
        ("", True),
        ("x_test = x_test.reshape(-1, 784)", True),
        ("x_test = x_test / 255", False),
        ("x_test /= 255", False),
        ("x_test = x_test * (1 / 255)", False),
        ("x_test = prepared(x_test)", False),
        ("x_train, x_test = prepared(x_train), prepared(x_test)", False),
    ],
)
def test_pictures_are_scaled_for_the_test_as_for_the_training(change: str, forgotten: bool) -> None:
    text = f"{READ}{change}\n{PLAIN}{TRAINED}"
    assert bool(rows(text)) is forgotten
    validated = text.replace("epochs=9", "epochs=9, validation_data=(x_test, y_test)")
    assert bool(rows(validated)) is forgotten


def test_what_is_forgotten_belongs_where_the_pictures_are_prepared() -> None:
    cast = 'x_test = x_test.astype("float32")'
    text = f"{READ}{cast}\n{PLAIN}{TRAINED}"
    lines = (IMPORTS + text).splitlines()
    assert rows(text) == [row for row, line in enumerate(lines, 1) if line == cast]


def test_a_transform_outside_of_a_function_is_seen_where_its_pictures_are_loaded() -> None:
    text = """
from torch.utils.data import DataLoader
scaled = T.Compose([T.Resize(224), T.ToTensor()])
def codes(folder):
    network = models.resnet18(weights='DEFAULT')
    pictures = torchvision.datasets.ImageFolder(folder, scaled)
    return [network(each) for each, _ in DataLoader(pictures, batch_size=8)]
"""
    assert rows(text) == [7]
    assert not rows(text.replace("'DEFAULT'", "None"))


@pytest.mark.parametrize(
    ("last", "told"), [("T.ToTensor()", True), ("T.ToTensor(), T.Normalize(MEAN, SPREAD)", False)]
)
def test_a_transform_of_another_file_is_read_whole(
    last: str, told: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "preparing.py").write_text(
        "from torchvision import transforms as T\n"
        "MEAN, SPREAD = [0.5] * 3, [0.25] * 3\n"
        f"prepared = T.Compose([T.Resize(224), {last}])\n"
    )
    (tmp_path / "codes.py").write_text(
        f"""{IMPORTS}
from preparing import prepared
from torch.utils.data import DataLoader
network = models.resnet18(weights='DEFAULT')
pictures = torchvision.datasets.ImageFolder("pictures", prepared)
codes = [network(each) for each, _ in DataLoader(pictures, batch_size=8)]
"""
    )
    main(["--no-cache", "--isolated", "--output-format", "concise", str(tmp_path)])
    assert ("preparing.py:3:12: NN509" in capsys.readouterr().out) is told


PLANKTON = """import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T
class Plankton(Dataset):
    def __init__(self, names, train):
        self.names = names
        steps = [T.Resize((64, 64))]
        if train:
            steps += [T.RandomHorizontalFlip()]
        self.tf = T.Compose({steps})
    def __len__(self):
        return len(self.names)
    def __getitem__(self, i):
        picture = self.tf(Image.open(self.names[i]).convert("L"))
        return picture {then}
net = nn.Linear(4096, 2)
for x in DataLoader(Plankton(names, True), batch_size=8, shuffle=True):
    net(x.flatten(1)).sum().backward()
"""


@pytest.mark.parametrize(
    ("steps", "then", "told"),
    [
        ("steps + [T.ToTensor()]", "/ 255.0", 1),
        ("steps + [T.ToTensor()]", "* (1 / 255)", 1),
        ("steps + [T.ToTensor(), T.Normalize([0.5], [0.5])]", "/ 255", 1),
        ("[T.Resize(64), T.ToTensor(), T.Normalize([0.5], [0.5])]", "/ 255", 1),
        ("steps + [T.ToTensor()]", "* 255 / 255", 0),
        ("steps + [T.ToTensor()]", "/ 0.5 - 1", 0),
        ("steps + [T.PILToTensor()]", "/ 255.0", 0),
        ("steps + [own_step, T.ToTensor()]", "/ 255.0", 0),
    ],
)
def test_what_a_transform_has_scaled_is_not_scaled_again(steps: str, then: str, told: int) -> None:
    text = PLANKTON.format(steps=steps, then=then)
    assert len([code for _, code in findings(text) if code == "NN509"]) == told


FORGOTTEN = """\
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
model, scaler = LogisticRegression(), StandardScaler()
X_train, X_test, y_train, y_test = train_test_split(np.load("x.npy"), np.load("y.npy"))
{steps}
"""


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (
            "Z = scaler.fit_transform(X_train)\nmodel.fit(Z, y_train)\nmodel.score(X_test, y_test)",
            1,
        ),
        (
            (
                "Z = scaler.fit_transform(X_train)\nX_test = scaler.transform(X_test)\n"
                "model.fit(X_train, y_train)\nprint(model.predict(X_test))"
            ),
            1,
        ),
        (
            (
                "Z = scaler.fit_transform(X_train)\nmodel.fit(Z, y_train)\n"
                "model.score(scaler.transform(X_test), y_test)"
            ),
            0,
        ),
        ("Z = scaler.fit_transform(X_train)\nmodel.fit(Z, y_train)\nmodel.score(Z, y_train)", 0),
        ("make_pipeline(scaler, model).fit(X_train, y_train).score(X_test, y_test)", 0),
        (
            (
                "Z = scaler.fit_transform(X_train)\nmodel.fit(Z, y_train)\n"
                "X_test = prepared(X_test)\nmodel.score(X_test, y_test)"
            ),
            0,
        ),
        ("model.fit(X_train, y_train)\nmodel.score(X_test, y_test)", 0),
        (
            (
                "mean, std = X_train.mean(axis=0), X_train.std(axis=0)\nZ = (X_train - mean) / std\n"
                "model.fit(Z, y_train)\nmodel.score(X_test, y_test)"
            ),
            1,
        ),
        (
            (
                "mean, std = X_train.mean(axis=0), X_train.std(axis=0)\nZ = (X_train - mean) / std\n"
                "model.fit(Z, y_train)\nmodel.score((X_test - mean) / std, y_test)"
            ),
            0,
        ),
        (
            (
                "mean = X_train.mean(axis=0)\nX_train -= mean\nnp.save('mean.npy', mean)\n"
                "X_test -= np.load('mean.npy')\nmodel.fit(X_train, y_train)\nmodel.score(X_test, y_test)"
            ),
            0,
        ),
        # Only the labels are shifted.
        (
            "model.fit(X_train, (y_train - y_train.mean()) > 0)\nmodel.score(X_test, y_test)",
            0,
        ),
        (
            (
                "for part in (X_train, X_test):\n    part[:] = scaler.fit(X_train).transform(part)\n"
                "model.fit(X_train, y_train)\nmodel.score(X_test, y_test)"
            ),
            0,
        ),
    ],
)
def test_both_parts_of_a_split_are_scaled_or_neither(steps: str, told: int) -> None:
    text = FORGOTTEN.format(steps=steps)
    assert len([code for _, code in findings(text) if code == "NN509"]) == told


FED = """
import timm
import torch
from torch.utils.data import DataLoader
from torchvision import datasets
from torchvision.transforms import v2

def prepare(train):
    crop = [v2.RandomResizedCrop(224)] if train else [v2.Resize(256), v2.CenterCrop(224)]
    return v2.Compose([v2.ToImage(), *crop, v2.ToDtype(torch.float32, scale=True){rest}])

data = datasets.{data}, transform=prepare(True))
net = timm.create_model("{name}", pretrained={ready}, num_classes=37)
step = torch.optim.AdamW(net.parameters())
for pictures, labels in DataLoader(data, 32, shuffle=True):
    step.zero_grad()
    torch.nn.functional.cross_entropy(net(pictures), labels).backward()
    step.step()
"""


@pytest.mark.parametrize(
    ("data", "rest", "ready", "told"),
    [
        ("DTD('data', split='train'", "", True, 1),
        ("OxfordIIITPet('data'", "", True, 1),
        ("OxfordIIITPet('data', 'trainval', 'category'", "", True, 1),
        ("StanfordCars('data', download=True", "", True, 1),
        ("DTD('data'", ", v2.Normalize([0.5] * 3, [0.5] * 3)", True, 0),
        ("DTD('data'", "", False, 0),
        # Masks come with these pictures: nobody knows what the model is given.
        ("OxfordIIITPet('data', target_types='segmentation'", "", True, 0),
    ],
)
def test_pictures_of_any_catalogue_go_into_ready_models(
    data: str, rest: str, ready: bool, told: int
) -> None:
    text = FED.format(data=data, rest=rest, ready=ready, name="convnext_tiny")
    assert len([code for _, code in findings(text) if code == "NN509"]) == told


AGAIN = """
import keras
from keras import layers
from keras.preprocessing.image import ImageDataGenerator
scaled = layers.Rescaling(1 / 255)
def read(part):
    return keras.utils.image_dataset_from_directory(part, image_size=(64, 64))
def net(*first):
    return keras.Sequential([
        keras.Input((64, 64, 3)), *first, layers.Conv2D(8, 3, activation="relu"),
        layers.Flatten(), layers.Dense(3, activation="softmax"),
    ])
{steps}
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(data, epochs=3)
"""


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (
            "data = read('a').map(lambda x, y: (x / 255.0, y))\nmodel = net(layers.Rescaling(1 / 255))",
            1,
        ),
        (
            "data = read('a').map(lambda x, y: (scaled(x), y))\nmodel = net(layers.Rescaling(1 / 127.5, -1))",
            1,
        ),
        (
            (
                "data = ImageDataGenerator(rescale=1 / 255).flow_from_directory('a', (64, 64))\n"
                "model = net(layers.RandomFlip(), layers.Rescaling(1 / 255))"
            ),
            1,
        ),
        ("data = read('a')\nmodel = net(layers.Rescaling(1 / 255))", 0),
        (
            "data = read('a').map(lambda x, y: (x / 255.0, y))\nmodel = net(layers.Rescaling(2.0, -1))",
            0,
        ),
        ("data = read('a').map(lambda x, y: (scaled(x), y))\nmodel = net(layers.RandomFlip())", 0),
    ],
)
def test_a_model_of_keras_scales_what_was_scaled(steps: str, told: int) -> None:
    text = AGAIN.replace("{steps}", steps)
    assert len([code for _, code in findings(text) if code == "NN509"]) == told


OWN_PICTURES = """
from PIL import Image
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset
from torchvision import models, transforms as T
class Pictures(Dataset):
    def __init__(self, files, prepare=None):
        self.files, self.prepare = files, prepare
    def __len__(self):
        return len(self.files)
    def __getitem__(self, index):
        given = {"picture": Image.open(self.files[index]), "label": index % 2}
        if self.prepare:
            given["picture"] = self.prepare(given["picture"])
        return given
prepare = T.Compose([T.ToTensor(), T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
model = models.resnet18(pretrained=True)
model.fc = nn.Linear(512, 2)
optimizer = optim.SGD(model.parameters(), lr=0.001)
for batch in DataLoader(Pictures(files(), GIVEN), batch_size=8, shuffle=True):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(batch["picture"].float()), batch["label"]).backward()
    optimizer.step()
"""


@pytest.mark.parametrize(("given", "told"), [("prepare", []), ("T.ToTensor()", ["NN509"])])
def test_a_sample_may_be_prepared_where_it_lies_in_a_dict(given: str, told: list[str]) -> None:
    # What nobody decides is not told of.
    always = OWN_PICTURES.replace("if self.prepare:", "if True:").replace("GIVEN", given)
    assert [code for _, code in findings(always) if code == "NN509"] == told
    sometimes = OWN_PICTURES.replace("GIVEN", "prepare")
    assert "NN509" not in {code for _, code in findings(sometimes)}


TWO_PARTS = """
import keras
from elsewhere import prepare
(x, y), (x_test, y_test) = keras.datasets.cifar100.load_data()
x, x_test = x.astype("float32"), x_test.astype("float32")
mean, std = x.mean(axis=(0, 1, 2)), x.std(axis=(0, 1, 2)) + 1e-7
{lines}
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(100, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x, y, epochs=3)
print(model.evaluate(x_test, y_test))
"""


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("x = (x - mean) / std", True),
        ("x -= mean\nx /= std", True),
        ("x = (x - mean) / std\nx_test = (x_test - mean) / std", False),
        ("x -= mean\nx /= std\nx_test -= mean\nx_test /= std", False),
        ("x, x_test = [(each - mean) / std for each in (x, x_test)]", False),
        ("x = (x - mean) / std\nx_test[:] = (x_test - mean) / std", False),
        ("x = (x - mean) / std\nx_test = prepare(x_test)", False),
        ("x = (x - mean) / std\nprepare(x_test)", False),
    ],
)
def test_both_parts_of_well_known_data_are_scaled_alike(lines: str, told: bool) -> None:
    rows = [row for row, code in findings(TWO_PARTS.format(lines=lines)) if code == "NN509"]
    last = TWO_PARTS.format(lines=lines).count("\n")
    assert (last in rows) is told


def test_what_makes_both_transforms_is_told_of_once() -> None:
    text = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms as T
from torchvision.datasets import STL10
def prepared(training):
    if training:
        return T.Compose([T.RandomCrop(96, padding=8), T.ToTensor(), T.Normalize((0.4, 0.4, 0.4), (0.2, 0.2, 0.2))])
    return T.Compose([T.ToTensor(), T.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))])
train_loader = DataLoader(STL10("data", "train", transform=prepared(True)), 64, shuffle=True)
test_loader = DataLoader(STL10("data", "test", transform=prepared(False)), 256)
model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(9):
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print(sum((model(x).argmax(1) == y).sum().item() for x, y in test_loader))
"""
    assert [row for row, code in findings(text) if code == "NN509"] == [10]


SEVERAL = """
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.preprocessing.image import ImageDataGenerator

def small():
    model = keras.Sequential([layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), layers.Dense(1)])
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    return model

def ready():
    base = keras.applications.VGG16(include_top=False, input_shape=(224, 224, 3))
    model = keras.Sequential([base, layers.Flatten(), layers.Dense(1)])
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    return model

FIRST
flow = ImageDataGenerator(rescale=1 / 255)
pictures = flow.flow_from_directory("pictures", (224, 224), class_mode="binary")
GIVEN
LATER
"""


@pytest.mark.parametrize(
    ("first", "given", "later", "told"),
    [
        ("", "small().fit(pictures, epochs=9)", "model = ready()", 0),
        ("model = ready()", "small().fit(pictures, epochs=9)", "", 0),
        ("model = ready()", "small().fit(pictures)\nmodel.fit(pictures)", "", 1),
        ("model = ready()", "model.fit(pictures, epochs=9)", "small().summary()", 1),
        ("model = ready()", "train(model, pictures)", "", 1),
    ],
)
def test_pictures_for_a_model_of_ones_own_are_not_for_the_ready_one(
    first: str, given: str, later: str, told: int
) -> None:
    program = SEVERAL.replace("FIRST", first).replace("GIVEN", given).replace("LATER", later)
    assert sum(code == "NN509" for _, code in findings(program)) == told


TRIED = """
import torch
from torch.utils.data import DataLoader
from torchvision import models, transforms as T
from torchvision.datasets import ImageFolder

def accuracy(normalised):
    steps = [T.CenterCrop(224), T.ToTensor()]
    if normalised:
        steps.append(T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    loader = DataLoader(ImageFolder("flowers", T.Compose(steps)), batch_size=32)
    net = models.resnet18(weights="DEFAULT").eval()
    hits = 0
    with torch.no_grad():
        for pictures, labels in loader:
            hits += (net(pictures).argmax(1) == labels).sum().item()
    return hits / len(loader.dataset)
"""


@pytest.mark.parametrize(
    ("asked", "told"), [("accuracy(True), accuracy(False)", 0), ("accuracy(False)", 1)]
)
def test_a_model_may_be_tried_with_a_normalisation_and_without(asked: str, told: int) -> None:
    found = findings(f"{TRIED}\nprint({asked})\n")
    assert sum(code == "NN509" for _, code in found) == told


REPLACED = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import models, transforms as T
from torchvision.datasets import ImageFolder
loader = DataLoader(ImageFolder("flowers", T.Compose([T.CenterCrop(224), T.ToTensor()])), 32)
net = models.resnet18(weights="DEFAULT")
net.fc = nn.Linear(512, 5)
{loaded}
net.eval()
hits = 0
with torch.no_grad():
    for pictures, labels in loader:
        hits += (net(pictures).argmax(1) == labels).sum().item()
print(hits / len(loader.dataset))
"""


@pytest.mark.parametrize(
    ("loaded", "told"),
    [
        ("", 1),
        ("net.load_state_dict(torch.load('ours.pt'))", 0),
        ("if len(loader) > 9:\n    net.load_state_dict(torch.load('ours.pt'))", 1),
        ("net.fc.load_state_dict(torch.load('head.pt'))", 1),
    ],
)
def test_weights_of_ones_own_want_what_they_were_trained_with(loaded: str, told: int) -> None:
    found = findings(REPLACED.format(loaded=loaded))
    assert sum(code == "NN509" for _, code in found) == told


PAINTED = """
from torch.utils.data import DataLoader
pictures = torchvision.datasets.ImageFolder("pictures", T.Compose([
    T.ToTensor(), T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
]))
painter = nn.Conv2d(3, 3, 3, padding=1)
optimizer = optim.Adam(painter.parameters())
for batch, _ in DataLoader(pictures, batch_size=8, shuffle=True):
    optimizer.zero_grad()
    nn.functional.mse_loss(painter(batch), batch).backward()
    optimizer.step()
    step = T.Normalize({numbers})
    save(step(painter(batch)[0]))
"""


@pytest.mark.parametrize(
    ("numbers", "count"),
    [
        ("mean=[-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225], std=[1 / 0.229, 4.46, 4.44]", 0),
        ("[0.0, 0.0, 0.0], [1 / 0.229, 1 / 0.224, 1 / 0.225]", 0),
        ("mean=-middle / spread, std=1 / spread", 0),
        ("[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]", 1),
    ],
)
def test_a_normalisation_is_taken_back_before_pictures_are_saved(numbers: str, count: int) -> None:
    assert len(rows(PAINTED.replace("{numbers}", numbers))) == count


JUDGED_BRIGHTER = """
import torch
from torch import nn, optim
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
digits = MNIST("digits", train=True, transform=T.ToTensor())
others = MNIST("digits", train=False, transform=T.ToTensor())
net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
optimizer = optim.Adam(net.parameters())
judging = DataLoader(others, batch_size=8)
for epoch in range(3):
    for batch, labels in DataLoader(digits, batch_size=8, shuffle=True):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(batch), labels)
        loss.backward()
        optimizer.step()
for factor in {factors}:
    right = 0
    with torch.no_grad():
        for batch, labels in judging:
            right += (net(batch * factor).argmax(1) == labels).sum().item()
    print(factor, right / len(others))
"""


@pytest.mark.parametrize(("factors", "count"), [("(3.0, 1.0)", 0), ("(3.0,)", 1)])
def test_a_model_may_be_asked_about_brighter_pictures_besides(factors: str, count: int) -> None:
    found = rows(JUDGED_BRIGHTER.replace("{factors}", factors))
    assert len(found) == count


SHOWN = """
from PIL import Image
import elsewhere


def overlay(picture, mask):
    shown = picture + mask
    return shown / shown.max()


net = models.resnet18(pretrained=True)
net.eval()
picture, _ = elsewhere.samples[0]
mask = elsewhere.attribution(net)(picture)
shown = T.ToTensor()(Image.open("a.png"))
{use}
"""


@pytest.mark.parametrize(
    ("use", "is_told"),
    [
        ("torchvision.utils.save_image(overlay(shown, mask), 'b.png')", False),
        ("print(overlay(shown, mask).mean())", False),
        ("print(net(shown[None]).argmax())", True),
        ("print(net(shown.unsqueeze(0).to('cuda')).argmax())", True),
        ("print(elsewhere.classified(net, shown.unsqueeze(0)))", True),
    ],
)
def test_a_picture_that_is_drawn_upon_is_for_no_model(use: str, is_told: bool) -> None:
    assert bool(rows(SHOWN.format(use=use))) == is_told


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        ("to_pil_image(fractions)", False),
        ("T.ToPILImage()(fractions)", False),
        ("T.Compose([T.Resize(224), T.ToPILImage()])(fractions)", False),
        ("T.Resize(224)(fractions)", True),
    ],
)
def test_a_picture_that_is_made_of_fractions_holds_bytes_again(picture: str, told: bool) -> None:
    program = f"""
import numpy as np
from PIL import Image
from torchvision.transforms.functional import to_pil_image

fractions = T.ToTensor()(Image.open("sheep.png").convert("RGB"))
shown = np.asarray({picture}) / 255.0
"""
    assert bool(rows(program)) is told
