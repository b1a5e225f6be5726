"""Exact 95 % confidence intervals for counts."""

from __future__ import annotations

from scipy.stats import beta, chi2


def miss_rate(misses: int, clips: int, confidence: float = 0.95) -> tuple[float, float]:
    """Clopper-Pearson interval of a proportion."""
    tail = (1 - confidence) / 2
    low = 0.0 if misses == 0 else float(beta.ppf(tail, misses, clips - misses + 1))
    high = 1.0 if misses == clips else float(beta.ppf(1 - tail, misses + 1, clips - misses))
    return low, high


def alarms_per_hour(alarms: int, hours: float, confidence: float = 0.95) -> tuple[float, float]:
    """Poisson interval of a rate; for no alarms the one-sided upper bound, -ln(1 - confidence) / hours."""
    if alarms == 0:
        return 0.0, float(chi2.ppf(confidence, 2) / 2 / hours)
    tail = (1 - confidence) / 2
    low = float(chi2.ppf(tail, 2 * alarms) / 2 / hours)
    return low, float(chi2.ppf(1 - tail, 2 * alarms + 2) / 2 / hours)
