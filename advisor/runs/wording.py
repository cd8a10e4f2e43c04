"""Figures in the words of the report."""

from math import isfinite

from advisor.findings import Evidence

_LARGEST_FACTOR = 1e6


def number(value: float) -> str:
    """A value with as many digits as a reader needs: `2.303`, `0.0123`, `12,346`, `8.8e+09`."""
    size = abs(value)
    if not isfinite(value):
        return str(value)
    if size < 1e6 and (value == int(value) or size >= 1e4):
        return f"{value:,.0f}"
    if 1e-3 <= size < 1e4:
        return f"{value:.4g}"
    return f"{value:.2g}"


def percent(share: float) -> str:
    """A share of 1 in percent: `7 %`, `0.4 %`."""
    value = 100 * share
    return f"{value:.0f} %" if abs(value) >= 1 or value == 0 else f"{value:.1g} %"


def step(value: int) -> str:
    """A step with its thousands told apart: `step 12,000`."""
    return f"step {value:,}"


def times(factor: float) -> str:
    """A factor: `2.4 times`, `30 times`, `more than a million times`."""
    if factor > _LARGEST_FACTOR:
        return "more than a million times"
    return f"{factor:.2g} times" if factor < 9.95 else f"{factor:,.0f} times"


def figure(name: str, value: float) -> Evidence:
    """A figure that a finding rests on."""
    return Evidence(name, number(value), float(value))


def level_of(name: str, value: float, error: float) -> Evidence:
    """A level read from a noisy curve, with its standard error: `0.1665 ± 0.0012`."""
    text = f"{number(value)} ± {error:.2g}" if error > 0 else number(value)
    return Evidence(name, text, float(value))


def figure_at(name: str, at: int) -> Evidence:
    """A step that a finding rests on."""
    return Evidence(name, f"{at:,}", float(at))


def share_of(name: str, share: float) -> Evidence:
    """A share of 1 that a finding rests on."""
    return Evidence(name, percent(share), float(share))
