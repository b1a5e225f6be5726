"""Labels of frames and samples: a word that has just ended, or what else is heard.

The k-th of a model's words, counted from 1, has the label k.
"""

from __future__ import annotations

IGNORED, NEGATIVE = -1, 0  # doesn't count; no word
SPOKEN, SILENT = 126, 127  # no word either: surely other speech, surely none


def is_negative(labels):
    """Where no word is. labels: int8 array or tensor of any shape; bool of the same."""
    return (labels == NEGATIVE) | (labels >= SPOKEN)


def is_word(labels):
    """Where a word has just ended. labels: int8 array or tensor of any shape; bool of the same."""
    return (labels > NEGATIVE) & (labels < SPOKEN)
