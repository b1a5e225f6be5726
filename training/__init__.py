"""The training recipe of Tympan's wake-word models."""
