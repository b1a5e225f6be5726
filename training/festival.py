"""festival's voices, many utterances a process: loading a voice takes longer than a word."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

# Debian's packages. Its female voice, festvox-us-slt-hts, is the speaker of models/samples and kept out of training.
VOICES = {"kal_diphone": "festvox-kallpc16k", "ked_diphone": "festvox-kdlpc16k"}
# Means and deviations of the pitch are linear maps of a model's 170 and 34 Hz: festival's manual, "Intonation".
PRELUDE = r"""
(define (edge word side) (item.feat word (string-append "R:SylStructure.daughter" side)))
(define (say voice text stretch mean deviation path)
  (eval (list (intern (string-append "voice_" voice))))
  (Parameter.set 'Duration_Stretch stretch)
  (set! int_lr_params (list (list 'target_f0_mean mean) (list 'target_f0_std deviation)
                            (list 'model_f0_mean 170) (list 'model_f0_std 34)))
  (let ((utt (utt.synth (eval (list 'Utterance 'Text text)))))
    (mapcar (lambda (word) (format t "%s:%f:%f\t" (item.name word)
                            (edge word "1.daughter1.segment_start") (edge word "n.daughtern.segment_end")))
            (utt.relation.items utt 'Word))
    (format t "\n")
    (utt.save.wave utt path 'riff)))
"""
SpokenWord = tuple[str, float, float]  # name, start and end in s


@cache
def installed() -> frozenset[str]:
    """The names of all voices festival has here, none where there is no festival."""
    if not shutil.which("festival"):
        return frozenset()
    command = ["festival", "--batch", "(mapcar (lambda (name) (format t \"%s\\n\" name)) (voice.list))"]
    return frozenset(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def quoted(text: str) -> str:
    """A Scheme string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def line(voice: str, text: str, stretch: float, mean: float, deviation: float, path: str) -> str:
    """The call that speaks one text into a WAV file; pitches in Hz."""
    return f"(say {quoted(voice)} {quoted(text)} {stretch:.3f} {mean:.0f} {deviation:.0f} {quoted(path)})"


def run(lines: list[str], folder: Path) -> list[list[SpokenWord]]:
    """Speak all lines in one process that starts in `folder`; the words of each and where they stand."""
    script = folder / "script.scm"
    script.write_text(PRELUDE + "\n".join(lines), encoding="utf-8")
    done = subprocess.run(["festival", "--batch", str(script)], capture_output=True, text=True, cwd=folder)
    spoken = [printed.split("\t")[:-1] for printed in done.stdout.splitlines()]
    if done.returncode or len(spoken) != len(lines):
        missing = f"{len(spoken)} of {len(lines)} texts"
        raise ValueError(f"festival spoke {missing} and ended with {done.returncode}: {done.stderr.strip()}")
    return [[spoken_word(word) for word in words] for words in spoken]


def spoken_word(printed: str) -> SpokenWord:
    """A word as PRELUDE prints it."""
    name, start, end = printed.rsplit(":", 2)
    return name, float(start), float(end)


def word_times(words: list[SpokenWord], phrase: str) -> tuple[float, float]:
    """Start and end in s of a word or phrase among the words of a text."""
    part, names = phrase.lower().split(), [name.lower() for name, _, _ in words]
    found = [k for k in range(len(names)) if names[k : k + len(part)] == part]
    if len(found) != 1:
        raise ValueError(f"festival says {phrase!r} {len(found)} times in {' '.join(names)!r}, expected once")
    return words[found[0]][1], words[found[0] + len(part) - 1][2]
