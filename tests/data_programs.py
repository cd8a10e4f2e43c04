"""Programs that read, change and divide data, and what is found in them before the rows are divided."""

from textwrap import dedent

from advisor.code.analysis import Project, analyze
from advisor.code.sources import Source
from advisor.findings import Finding
from advisor.rulebook import rulebook

RULES = [rule for rule in rulebook("code").rules if rule.code in {"NN501", "NN502", "NN503"}]
IMPORTS = """\
import cv2
import numpy as np
import pandas as pd
import torch
from imblearn.over_sampling import SMOTE, RandomOverSampler
from scipy import sparse
from sklearn import preprocessing
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits, load_iris, make_classification
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV, GroupKFold, KFold, StratifiedShuffleSplit, cross_val_predict, cross_val_score, train_test_split
)
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    LabelEncoder, MinMaxScaler, OneHotEncoder, OrdinalEncoder, PolynomialFeatures, StandardScaler
)
from sklearn.utils import resample
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset, TensorDataset, random_split
from torchvision import transforms
from torchvision.datasets import CIFAR10, MNIST, ImageFolder
table = pd.read_csv("table.csv")
X, y = table.drop("label", axis=1), table["label"]
"""


def found(text: str) -> list[Finding]:
    source = Source(IMPORTS + dedent(text), "program.py")
    return analyze(source, Project([source]), RULES).findings


def flagged(text: str) -> list[tuple[str, str]]:
    """The code of each finding with the line it stands at."""
    lines = (IMPORTS + dedent(text)).splitlines()
    return [(each.code, lines[each.location.row - 1].strip()) for each in found(text)]


def lines_of(text: str, code: str) -> list[str]:
    return [line for found_code, line in flagged(text) if found_code == code]


SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y)"
