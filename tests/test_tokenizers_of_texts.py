"""Tokenizers of Keras: which texts they learn their words from."""

import pytest

from tests.abstract_programs import findings

TEXT = """\
import pandas as pd
from sklearn.model_selection import train_test_split
from tensorflow.keras.preprocessing.sequence import pad_sequences
from tensorflow.keras.preprocessing.text import Tokenizer
table = pd.read_csv("texts.csv")
X_train, X_test, y_train, y_test = train_test_split(table.text, table.label, random_state=0)
"""
TWICE = """
words = Tokenizer(num_words=5000)
words.fit_on_texts(X_train)
X_train = pad_sequences(words.texts_to_sequences(X_train), maxlen=100)
words.fit_on_texts(X_test)
X_test = pad_sequences(words.texts_to_sequences(X_test), maxlen=100)
"""
ONE_EACH = """
def numbers_of(texts):
    words = Tokenizer(num_words=5000)
    words.fit_on_texts(texts)
    return words.texts_to_sequences(texts)
X_train, X_test = numbers_of(X_train), numbers_of(X_test)
"""
ONCE = """
words = Tokenizer(num_words=5000)
words.fit_on_texts(X_train)
X_train = pad_sequences(words.texts_to_sequences(X_train), maxlen=100)
X_test = pad_sequences(words.texts_to_sequences(X_test), maxlen=100)
"""
WHOLE = """
words = Tokenizer(num_words=5000)
words.fit_on_texts(table.text)
X_train = words.texts_to_sequences(X_train)
X_test = words.texts_to_sequences(X_test)
"""


@pytest.mark.parametrize(("text", "rows"), [(TWICE, [5]), (ONE_EACH, [6]), (ONCE, []), (WHOLE, [])])
def test_the_words_of_test_texts_are_not_learned_anew(text: str, rows: list[int]) -> None:
    first = TEXT.count("\n")
    told = [(row - first, code) for row, code in findings(TEXT + text) if code[:3] == "NN5"]
    assert told == [(row, "NN519") for row in rows]


def test_a_folder_of_pictures_holds_nothing_out() -> None:
    text = """
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms
data = datasets.ImageFolder("flowers", transform=transforms.ToTensor())
loader = DataLoader(data, batch_size=32, shuffle=True)
model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 5))
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(9):
    right = 0
    for x, y in loader:
        optimizer.zero_grad()
        outputs = model(x)
        nn.functional.cross_entropy(outputs, y).backward()
        optimizer.step()
        right += (outputs.argmax(1) == y).sum().item()
    print(epoch, right / len(data))
"""
    assert "NN512" in [code for _, code in findings(text)]
