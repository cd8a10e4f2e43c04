"""The engine of nnlint and nnadvise: it reads code and runs, and knows no rule."""

__version__ = "0.1.0"
