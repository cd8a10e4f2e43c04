"""What programs make of the bytes of pictures on their way into a model."""

import pytest

from tests.abstract_programs import findings, marked

IMPORTS = """\
import cv2
import numpy as np
import timm
import torch
import torchvision.transforms as T
from PIL import Image
from tensorflow import keras
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import models

"""

READS = """\
class Birds(Dataset):
    def __init__(self, files, labels):
        self.files, self.labels = files, labels

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        {read}
        return {given}, self.labels[index]


def train(files, labels):
    torch.manual_seed(0)
    model = {model}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for pictures, wanted in DataLoader(Birds(files, labels), batch_size=16, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(pictures), wanted).backward()
        optimizer.step()
"""
TIMM = "timm.create_model('resnet34', pretrained=True, num_classes=37)"
OWN = "nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(37))"
ROW = 21


def told(text: str) -> list[int]:
    return [row for row, code in findings(IMPORTS + text) if code == "NN509"]


def of_reader(read: str, given: str, model: str) -> list[int]:
    return told(READS.format(read=read, given=given, model=model))


@pytest.mark.parametrize("model", [TIMM, "models.vgg16(weights='DEFAULT')"])
@pytest.mark.parametrize(
    "given",
    [
        "torch.from_numpy(picture / 255).permute(2, 0, 1).float()",
        "torch.tensor(picture.transpose(2, 0, 1), dtype=torch.float32) / 255.0",
        "torch.from_numpy(picture).float().div(255).permute(2, 0, 1)",
        "T.ToTensor()(picture)",
    ],
)
def test_ready_weights_are_given_pixels_that_they_do_not_know(model: str, given: str) -> None:
    read = "picture = cv2.resize(cv2.imread(self.files[index]), (224, 224))"
    assert of_reader(read, given, model) == [ROW]


@pytest.mark.parametrize("model", [TIMM, "models.vgg16(weights='DEFAULT')"])
def test_pixels_that_nobody_changes_are_told_where_they_are_read(model: str) -> None:
    read = "picture = cv2.resize(cv2.imread(self.files[index]), (224, 224))"
    given = "torch.from_numpy(picture.astype('float32')).permute(2, 0, 1)"
    assert of_reader(read, given, model) == [ROW - 1]


@pytest.mark.parametrize(
    "given",
    [
        "(torch.from_numpy(picture / 255).permute(2, 0, 1) - 0.45) / 0.225",
        "T.Compose([T.ToTensor(), T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])(picture)",
        "torch.from_numpy((picture / 255 - np.array([0.5, 0.4, 0.4])) / np.array([0.2, 0.2, 0.2]))",
        "own_preparation(picture)",
        "torch.from_numpy(picture / picture.max())",
    ],
)
def test_pixels_that_are_normalised_somehow_are_left_alone(given: str) -> None:
    read = "picture = cv2.resize(cv2.imread(self.files[index]), (224, 224))"
    assert of_reader(read, given, TIMM) == []
    assert of_reader(read, given, "models.vgg16(weights=None)") == []


@pytest.mark.parametrize(
    ("read", "given"),
    [
        (
            "picture = Image.open(self.files[index]).convert('RGB')",
            "torch.tensor(np.asarray(picture)).float()",
        ),
        (
            "picture = np.array(Image.open(self.files[index]), dtype=np.float32)",
            "T.ToTensor()(picture)",
        ),
    ],
)
def test_bytes_that_nobody_scales_meet_weights(read: str, given: str) -> None:
    assert len(of_reader(read, given, OWN)) == 1


@pytest.mark.parametrize(
    "model",
    [
        "nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 8, 3), nn.Flatten(), nn.LazyLinear(37))",
        "nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.LazyLinear(37))",
        "nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.BatchNorm2d(8), nn.Flatten(), nn.LazyLinear(37))",
    ],
)
def test_a_network_may_normalise_bytes_by_itself(model: str) -> None:
    read = "picture = np.asarray(Image.open(self.files[index]).convert('RGB'))"
    assert of_reader(read, "torch.tensor(picture).float()", model) == []


KERAS = """\
(x, y), _ = keras.datasets.cifar10.load_data()
{change}
model = keras.Sequential([{layers}keras.layers.Conv2D(8, 3), keras.layers.Flatten(), keras.layers.Dense(10)])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x, y, epochs=3)
"""


@pytest.mark.parametrize("change", ["", "x = x.astype('float32')", "x = x[:1000]"])
def test_keras_is_trained_with_bytes(change: str) -> None:
    assert len(told(KERAS.format(change=change, layers=""))) == 1


@pytest.mark.parametrize(
    ("change", "layers"),
    [
        ("x = x / 255.0", ""),
        ("x = x.astype('float32') * (1 / 255)", ""),
        ("x = (x - x.mean()) / x.std()", ""),
        ("", "keras.layers.Rescaling(1 / 255), "),
        ("", "keras.layers.RandomFlip(), keras.layers.Rescaling(1 / 127.5, offset=-1), "),
        ("", "keras.layers.BatchNormalization(), "),
        ("", "keras.layers.Lambda(scale), "),
    ],
)
def test_keras_is_given_scaled_pixels_or_scales_them_itself(change: str, layers: str) -> None:
    assert told(KERAS.format(change=change, layers=layers)) == []


BRANCHES = """\
(x, y), held_out = keras.datasets.cifar10.load_data()
inputs = keras.Input((32, 32, 3))
first = keras.layers.Conv2D(8, 3{bent})(inputs)
aside = keras.layers.Conv2D(8, 3)(first)
second = {behind}
outputs = keras.layers.Dense(10, activation="softmax")(keras.layers.Flatten()(second))
model = keras.Model(inputs, outputs)
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x, y, epochs=3)
"""
NORMALISED = "keras.layers.BatchNormalization()({})"


@pytest.mark.parametrize(
    ("bent", "behind", "is_wrong"),
    [
        ("", NORMALISED.format("first"), False),
        (", activation='relu'", NORMALISED.format("first"), False),
        (
            "",
            NORMALISED.format("keras.layers.MaxPooling2D()(keras.layers.ReLU()(first))"),
            False,
        ),
        ("", NORMALISED.format("keras.layers.Activation('tanh')(first)"), True),
        (", activation='sigmoid'", NORMALISED.format("first"), True),
        ("", NORMALISED.format("aside"), True),
        ("", "aside", True),
    ],
)
def test_the_scale_is_lost_where_the_first_layer_of_keras_is_normalised(
    bent: str, behind: str, is_wrong: bool
) -> None:
    assert bool(told(BRANCHES.format(bent=bent, behind=behind))) is is_wrong


FOLDER = """\
data = keras.utils.image_dataset_from_directory("dogs", image_size=(224, 224)).map({change})
base = keras.applications.{name}(include_top=False, pooling="avg")
inputs = keras.Input((224, 224, 3))
outputs = keras.layers.Dense(9, activation="softmax")(base({inner}))
other = keras.layers.Conv2D(8, 3)(keras.Input((32, 32, 3)))
model = keras.Model(inputs, outputs)
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(data.batch(8), epochs=3)
"""


@pytest.mark.parametrize(
    ("change", "name", "inner", "is_wrong"),
    [
        ("lambda x, y: (x / 255.0, y)", "MobileNetV2", "inputs", True),
        ("lambda x, y: (x / 127.5 - 1, y)", "MobileNetV2", "inputs", False),
        (
            "lambda x, y: (x, y)",
            "MobileNetV2",
            "keras.layers.Rescaling(1 / 127.5, -1)(inputs)",
            False,
        ),
        ("lambda x, y: (x, y)", "MobileNetV2", "keras.layers.Rescaling(1 / 255)(inputs)", True),
        ("lambda x, y: (x, y)", "EfficientNetB0", "inputs", False),
        ("lambda x, y: (x / 255.0, y)", "EfficientNetB0", "inputs", True),
        ("lambda x, y: (prepare(x), y)", "EfficientNetB0", "inputs", False),
    ],
)
def test_what_data_and_model_do_to_pixels_counts_together(
    change: str, name: str, inner: str, is_wrong: bool
) -> None:
    assert bool(told(FOLDER.format(change=change, name=name, inner=inner))) is is_wrong


ASKS = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.LazyLinear(9))

    def forward(self, x):
        return self.layers(x)


def prepared(path):
    return (torch.tensor(np.array(Image.open(path).convert("RGB"))).float() - 127.5) / 127.5


def train(files, labels, model):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for path, label in zip(files, labels):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(prepared(path)[None]), label).backward()
        optimizer.step()


torch.manual_seed(0)
net = Net()
train(names, labels, net)
asked = Net()
asked.load_state_dict(net.state_dict())
asked.eval()
with torch.no_grad():
    picture = {picture}
    print(asked(picture[None]).argmax(1))
"""


@pytest.mark.parametrize(
    ("picture", "is_wrong"),
    [
        ("torch.tensor(np.array(Image.open('a.png').convert('RGB'))).float()", True),
        ("torch.tensor(np.array(Image.open('a.png').convert('RGB'))).float() / 255", True),
        ("prepared('a.png')", False),
        ("T.Compose([T.ToTensor(), T.Normalize(0.5, 0.5)])(Image.open('a.png'))", False),
        ("own(Image.open('a.png'))", False),
        ("torch.tensor(np.array(Image.open('a.png').convert('RGB')))", False),
    ],
)
def test_a_model_is_asked_about_pixels_as_it_was_trained_with(picture: str, is_wrong: bool) -> None:
    assert bool(told(ASKS.format(picture=picture))) is is_wrong


READY = """
import cv2
import torch
from torch import nn
from torchvision import models
pixels = torch.from_numpy(cv2.imread("leaf.png")).float().permute(2, 0, 1).unsqueeze(0)
"""


@pytest.mark.parametrize(
    ("first", "tells"),
    [
        ("model = models.resnet34(pretrained=True)\nmodel.fc = nn.Linear(512, 3)", True),
        ("model = models.resnet34(pretrained=True)\nmodel.conv1 = nn.Conv2d(3, 64, 7)", False),
        ("model = models.vgg11(pretrained=True)\nmodel.features[0] = nn.Conv2d(3, 64, 3)", False),
        (
            "model = models.mnasnet1_0(pretrained=True)\nmodel.features[0][0] = nn.Conv2d(3, 9, 3)",
            False,
        ),
        (
            "model = models.mnasnet1_0(pretrained=True)\nmodel.features[5][0] = nn.Conv2d(3, 9, 3)",
            True,
        ),
        ("model = models.vgg11(pretrained=True)\nmodel.features[3] = nn.Conv2d(64, 128, 3)", True),
        ("model = models.vit_b_16(weights='DEFAULT')\nmodel.conv_proj = own(3, 768)", False),
    ],
)
def test_weights_that_are_new_want_no_pixels_of_their_own(first: str, tells: bool) -> None:
    found = [row for row, code in findings(f"{READY}{first}\nmodel(pixels)\n") if code == "NN509"]
    assert bool(found) is tells


SCALES = """
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
keras.utils.set_random_seed(2)
def signs(part):
    data = keras.utils.image_dataset_from_directory(f"signs/{{part}}", image_size=(64, 64))
    return data.map({change}).prefetch(2)
def network():
    first = {first}
    return keras.Sequential([keras.Input((64, 64, 3)), first, layers.Flatten(), layers.Dense(9)])
model = network()
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(signs("train"), validation_data=signs("valid"), epochs=9)
"""


@pytest.mark.parametrize(
    ("change", "first", "is_wrong"),
    [
        ("lambda x, y: (x / 255.0, y)", "layers.Rescaling(1 / 255)", True),
        ("lambda x, y: (tf.cast(x, tf.float32) / 255, y)", "layers.Rescaling(1 / 127.5, -1)", True),
        ("lambda x, y: (x / 127.5 - 1, y)", "layers.Rescaling(scale=1.0 / 255)", True),
        ("lambda x, y: (x, y)", "layers.Rescaling(1 / 255)", False),
        ("lambda x, y: (x / 255.0, y)", "layers.Rescaling(2.0, offset=-1)", False),
        ("own", "layers.Rescaling(1 / 255)", False),
    ],
)
def test_a_model_does_not_scale_what_its_data_scales(
    change: str, first: str, is_wrong: bool
) -> None:
    text = SCALES.format(change=change, first=first)
    rows = [row for row, code in findings(text) if code == "NN509"]
    line = next(row for row, each in enumerate(text.splitlines(), 1) if "first = " in each)
    assert rows == ([line] if is_wrong else [])


GENERATED = """
from tensorflow import keras
from tensorflow.keras.applications import VGG16, vgg16
from tensorflow.keras.preprocessing.image import ImageDataGenerator
keras.utils.set_random_seed(8)
class Pictures:
    def __init__(self):
        self.first = ImageDataGenerator({train}, horizontal_flip=True)
        self.other = ImageDataGenerator({test})
    def part(self, generator, name):
        return generator.flow_from_directory(f"dogs/{{name}}", target_size=(224, 224), seed=8)
pictures = Pictures()
base = VGG16(include_top=False, pooling="avg")
model = keras.Sequential([base, keras.layers.Dense(9, activation="softmax")])
model.compile("adam", "categorical_crossentropy")
model.fit(pictures.part(pictures.first, "train"), epochs=9)
print(model.evaluate(pictures.part(pictures.other, "test")))
"""
OF_VGG = "preprocessing_function=vgg16.preprocess_input"


@pytest.mark.parametrize(
    ("train", "test", "is_wrong"),
    [
        (OF_VGG, "rescale=1 / 255", True),
        (OF_VGG, "", True),
        (OF_VGG, OF_VGG, False),
        (OF_VGG, "preprocessing_function=own", False),
        (OF_VGG, "**options", False),
        ("featurewise_center=True", OF_VGG, False),
    ],
)
def test_generators_prepare_pictures_alike(train: str, test: str, is_wrong: bool) -> None:
    text = GENERATED.format(train=train, test=test)
    rows = {row for row, code in findings(text) if code == "NN509"}
    line = next(row for row, each in enumerate(text.splitlines(), 1) if "self.other = " in each)
    assert (line in rows) is is_wrong


STREAMED = """
import tensorflow as tf
import tensorflow_datasets as tfds
from tensorflow import keras
from tensorflow.keras.applications import mobilenet_v2
keras.utils.set_random_seed(8)
def read(part):
    return keras.utils.image_dataset_from_directory(f"leaves/{{part}}", image_size=(64, 64))
def shares(image, label):
    return tf.cast(image, tf.float32) / 255.0, label
def prepared(image, label):
    return mobilenet_v2.preprocess_input(image), label
{data}
model = keras.Sequential([{first}keras.layers.Conv2D(8, 3), keras.layers.Flatten(), keras.layers.Dense(9)])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(train_ds, epochs=9)
print(model.evaluate(test_ds))
"""


PREPARED = """\
train_ds = read("train").map(prepared)
test_ds = read("test")
test_ds = test_ds.map(lambda x, y: (x / 255, y))  # error
"""
WITH_INFO = """\
parts = ["train", "test"]
(train_ds, test_ds), info = tfds.load("cifar10", split=parts, as_supervised=True, with_info=True)
train_ds = train_ds.map(shares).shuffle(99).batch(64)
test_ds = test_ds.batch(64)  # error
"""


@pytest.mark.parametrize(
    ("data", "first"),
    [
        ("train_ds = read('train').map(shares)\ntest_ds = read('test').prefetch(2)  # error", ""),
        (PREPARED, ""),
        (WITH_INFO, ""),
        ("train_ds, test_ds = read('train').map(shares), read('test').map(shares)", ""),
        ("train_ds, test_ds = read('train').map(shares), read('test').map(own)", ""),
        ("train_ds, test_ds = read('train'), read('test')", "keras.layers.Rescaling(1 / 255), "),
        (
            "train_ds, test_ds = read('train').map(prepared), read('test').map(lambda x, y: (x / 127.5 - 1, y))",
            "",
        ),
    ],
)
def test_streams_prepare_pictures_alike(data: str, first: str) -> None:
    text = STREAMED.format(data=data, first=first)
    assert [each for each in findings(text) if each[1] == "NN509"] == marked(text, "NN509")


LEARNED = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.datasets import MNIST
class Standardised:
    def __init__(self, pixels):
        self.mean, self.deviation = pixels.mean(), pixels.std()
    def __call__(self, pixels):
        return (pixels - self.mean) / self.deviation
def shares(train):
    digits = MNIST("digits", train=train)
    return digits.data.float().unsqueeze(1) / 255, digits.targets
first, labels = shares(True)
standardise = Standardised(first)
last, others = shares(False)
torch.manual_seed(0)
one = DataLoader(TensorDataset(standardise(first), labels), batch_size=64, shuffle=True)
two = DataLoader({held_out}, batch_size=500)
net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
for x, y in one:
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
    print(loss.item())
net.eval()
with torch.no_grad():
    for x, y in two:
        print((net({given}).argmax(1) == y).float().mean())
"""


@pytest.mark.parametrize(
    ("held_out", "given", "is_wrong"),
    [
        ("TensorDataset(last, others)", "x", True),
        ("TensorDataset(standardise(last), others)", "x", False),
        ("TensorDataset((last - 0.1307) / 0.3081, others)", "x", False),
        ("TensorDataset(last, others)", "standardise(x)", False),
        ("TensorDataset(last, others)", "own(x)", False),
    ],
)
def test_a_mean_that_is_learned_is_taken_away_from_all(
    held_out: str, given: str, is_wrong: bool
) -> None:
    text = LEARNED.format(held_out=held_out, given=given)
    found = [row for row, code in findings(text) if code == "NN509"]
    line = next(row for row, each in enumerate(text.splitlines(), 1) if each.startswith("two = "))
    assert found == ([line] if is_wrong else [])


INTO_WEIGHTS = """
import torch
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.models import resnet18
from torchvision.transforms import v2
def steps(train):
    turned = [v2.RandomHorizontalFlip()] if train else [v2.Resize((224, 224))]
    return v2.Compose([v2.PILToTensor(), *turned, {casts}, {normalise}])
torch.manual_seed(0)
net = resnet18(weights="DEFAULT")
optimizer = torch.optim.Adam(net.parameters(), lr=0.0001)
for x, y in DataLoader(ImageFolder("hands", steps(True)), batch_size=32, shuffle=True):
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
    print(loss.item())
"""
OF_SHARES = "v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])"
OF_BYTES = "v2.Normalize([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])"


@pytest.mark.parametrize(
    ("casts", "normalise", "count"),
    [
        ("v2.ToDtype(torch.float32)", OF_SHARES, 1),
        ("v2.ToDtype(torch.float32, scale=True)", OF_SHARES, 0),
        ("v2.ToDtype(torch.float32)", OF_BYTES, 0),
        ("own", OF_SHARES, 0),
    ],
)
def test_bytes_are_not_normalised_as_shares_of_255(casts: str, normalise: str, count: int) -> None:
    found = findings(INTO_WEIGHTS.format(casts=casts, normalise=normalise))
    assert [code for _, code in found].count("NN509") == count


FRACTIONS = """
import cv2
import numpy as np


def as_fractions(image):
    kind = image.dtype
    image = image.astype(np.float32)
    if kind == np.float32:
        pass
    elif kind == np.uint8:
        image /= 255.0
    return image


image = cv2.imread("a.png"){before}
print(as_fractions(image).mean())
"""


def test_bytes_alone_are_divided_where_their_type_is_asked_for() -> None:
    for before in ("", ".astype(np.float32) / 255.0"):
        assert "NN509" not in [code for _, code in findings(FRACTIONS.format(before=before))]
    careless = FRACTIONS.replace("elif kind == np.uint8", "elif True").replace(
        "kind == np.float32", "False"
    )
    text = careless.format(before=" / 255.0")
    assert "NN509" in [code for _, code in findings(text)]


STEPS = """
import cv2
import numpy as np


class Resize:
    def __call__(self, image):
        return cv2.resize(image, (64, 64))


class Normalize:
    def __call__(self, image):
        image /= 255.0
        image -= 0.5
        image /= 0.5
        return image


def prepared(steps, image):
    for step in steps:
        image = step(image)
    return image


{order}
print(prepared(steps, cv2.imread("a.png").astype(np.float32)).mean())
"""


def test_each_of_many_steps_is_taken_once() -> None:
    for count in (1, 20):
        order = f"steps = [{'Resize(), ' * count} Normalize()]"
        assert "NN509" not in [code for _, code in findings(STEPS.format(order=order))]
    twice = "steps = [Normalize(), Normalize()]"
    assert "NN509" in [code for _, code in findings(STEPS.format(order=twice))]
