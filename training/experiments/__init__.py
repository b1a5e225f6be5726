"""Experiments that answer what users ask, by figures: `python -m training.experiments`."""
