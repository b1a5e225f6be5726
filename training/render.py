"""Streams rendered once to log-mel energies on disk, so that several passes and runs train on the same sound.

A shard is `SEGMENTS` consecutive segments of all streams. It is made from its own seed, so shards can be made by
several processes, in any order, with the same result.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from . import corpus, recordings, synthesis
from .corpus import Clip
from .features import MFCC_40_20, FrontEnd
from .pieces import Composer, Library
from .recipe import Recipe
from .streams import Streams

SEGMENTS = 20  # of a shard
UNKNOWN = 10400  # samples at a shard's start in which a word cut off before may still have its target; 0.65 s


@dataclass(frozen=True)
class Rendering:
    """What a folder of shards is made from. `name` is the folder's; `mined` a file of excerpts, or none."""

    name: str
    words: tuple[str, ...]
    audio: str
    synthetic: str  # with a folder a word; none of them: no synthesized speech
    shards: int
    recordings: str | None = None  # of the first word, where they are not in Speech Commands
    held_out: tuple[str, ...] = ()  # sessions of these
    others: str | None = None  # recordings in which no word is said, such as false alarms
    without: tuple[str, ...] = ()  # folders of community recordings that are not heard
    batch: int = 64
    num_frames: int = 300
    seed: int = 1
    recipe: Recipe = Recipe()
    mined: str | None = None
    left_out: tuple[str, ...] = ()  # names of positives that don't hold the word
    keep_samples: bool = False  # write int16 samples too, from which mistakes are mined


def hashed(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def spoken_folders(rendering: Rendering) -> list[Path]:
    """The folders of synthesized speech that there are."""
    return [folder for word in rendering.words if (folder := Path(rendering.synthetic) / word).exists()]


def fingerprint(rendering: Rendering) -> str:
    """A hash of all that the shards depend on, but for the corpora."""
    paths = ("name", "shards", "audio", "synthetic", "recordings", "others")
    fields = {key: value for key, value in asdict(rendering).items() if key not in paths}
    fields["own"] = [hashed(path) for path in own_clips(rendering).training]
    fields["other"] = [hashed(path) for path in other_clips(rendering)]
    fields["said"] = [hashed(folder / synthesis.TEXTS) for folder in spoken_folders(rendering)]
    if rendering.mined:
        fields["mined"] = hashed(Path(rendering.mined))
    return hashlib.sha256(json.dumps(fields, sort_keys=True, default=str).encode()).hexdigest()


def own_clips(rendering: Rendering) -> recordings.Recordings:
    """The files of the first word's recordings, none where there are only those of Speech Commands."""
    if not rendering.recordings:
        return recordings.Recordings()
    return recordings.split(Path(rendering.recordings), Path(rendering.audio), rendering.held_out)


def other_clips(rendering: Rendering) -> tuple[Path, ...]:
    """The files of one's own recordings in which none of the words is said."""
    if not rendering.others:
        return ()
    return recordings.split(Path(rendering.others), Path(rendering.audio)).training


def synthetic_speech(rendering: Rendering) -> dict[str, dict[str, list[Clip]]]:
    """Synthesized parts by word, those without any other of the words."""
    return {
        folder.name: synthesis.load(folder, [word for word in rendering.words if word != folder.name])
        for folder in spoken_folders(rendering)
    }


def training_recordings(rendering: Rendering) -> corpus.TrainingSet:
    """The training recordings, without the positives left out."""
    own = {rendering.words[0]: recordings.clips(own_clips(rendering).training)}
    training = corpus.training_set(Path(rendering.audio), rendering.words, own, rendering.without)
    training.words["own"] = recordings.pieces(other_clips(rendering))
    left_out = set(rendering.left_out)
    for clips in training.positives.values():
        clips[:] = [clip for clip in clips if clip.name not in left_out]
    return training


def library(rendering: Rendering) -> Library:
    """The training recordings with synthetic speech and mined mistakes."""
    mined = [Clip("mined", samples) for samples in load_mined(rendering.mined)]
    return Library(training_recordings(rendering), synthetic_speech(rendering), mined)


def load_mined(path: str | None) -> list[np.ndarray]:
    """Mined excerpts, each [samples] int16, from a file of `mining.save`."""
    if not path:
        return []
    with np.load(path) as archive:
        return np.split(archive["samples"], archive["ends"][:-1])


def shard_paths(folder: Path, shard: int) -> tuple[Path, Path, Path]:
    """Log-mels [SEGMENTS, batch, frames, numMels] float16, samples int16 (where kept), labels int8."""
    return tuple(folder / f"{kind}-{shard:04}.npy" for kind in ("mel", "samples", "labels"))


def render_shard(sounds: Library, rendering: Rendering, shard: int, folder: Path) -> None:
    """Write one shard; its labels come last, so a shard with labels is whole."""
    seeds = np.random.SeedSequence([rendering.seed, shard]).spawn(rendering.batch)
    composers = [Composer(sounds, rendering.recipe, seed) for seed in seeds]
    streams = Streams(composers, rendering.num_frames, UNKNOWN)
    front_end = FrontEnd(MFCC_40_20)
    mels, labels, heard = [], [], []
    for _ in range(SEGMENTS):
        samples, marks = streams.segment()
        # Stream by stream: the spectra of one stay in the cache, twice as fast as all at once.
        mel = torch.cat([front_end.log_mel(stream) for stream in torch.from_numpy(samples).split(1)])
        mels.append(mel.half().numpy())
        labels.append(marks)
        if rendering.keep_samples:
            heard.append(np.round(samples[:, : rendering.num_frames * 160] * 32767).astype(np.int16))
    written = [np.stack(mels), np.stack(heard) if heard else None, np.stack(labels)]
    for path, array in zip(shard_paths(folder, shard), written):
        if array is not None:
            unfinished = path.with_suffix(".part")
            with unfinished.open("wb") as file:
                np.save(file, array)
            unfinished.rename(path)


def work(jobs: list[tuple[Rendering, str]], worker: int, workers: int) -> None:
    """Render every `workers`-th shard that is missing, folder after folder, while the parent process lives."""
    torch.set_num_threads(1)
    for rendering, folder in jobs:
        sounds = None
        for shard in range(worker, rendering.shards, workers):
            parent = multiprocessing.parent_process()
            if parent is not None and not parent.is_alive():
                return
            if not shard_paths(Path(folder), shard)[2].exists():
                sounds = sounds or library(rendering)
                render_shard(sounds, rendering, shard, Path(folder))


class Shards:
    """A folder of shards that other processes are filling; reading one waits until it is there."""

    def __init__(self, rendering: Rendering, root: Path):
        self.rendering, self.folder = rendering, root / rendering.name
        self.processes: list[multiprocessing.Process] | None = []
        self.folder.mkdir(parents=True, exist_ok=True)
        mark, made_from = self.folder / "fingerprint", fingerprint(rendering)
        if mark.exists() and mark.read_text() != made_from:
            raise ValueError(
                f"{self.folder}: rendered from other recordings, another recipe, seed or word, expected {made_from[:12]}; "
                "remove the folder, or train under another --name"
            )
        mark.write_text(made_from)

    def wait(self, shard: int) -> tuple[Path, Path, Path]:
        """Paths of a shard, once it is there."""
        paths = shard_paths(self.folder, shard)
        while not paths[2].exists():
            ended = self.processes is not None and not any(process.is_alive() for process in self.processes)
            if ended and not paths[2].exists():
                codes = [process.exitcode for process in self.processes]
                raise RuntimeError(
                    f"{self.folder}: shard {shard} is missing and its renderers have ended (exit codes {codes}), "
                    "expected them to make it; their error stands above"
                )
            time.sleep(0.2)
        return paths

    def read(self, shard: int) -> tuple[np.ndarray, np.ndarray]:
        """Log-mels [SEGMENTS, batch, frames, numMels] float16, mapped from disk, and labels int8."""
        mel, _, labels = self.wait(shard)
        return np.load(mel, mmap_mode="r"), np.load(labels)

    def samples(self, shard: int) -> np.ndarray:
        """Samples [SEGMENTS, batch, hop x frames] int16, mapped from disk."""
        return np.load(self.wait(shard)[1], mmap_mode="r")


def start(folders: list[Shards], workers: int) -> None:
    """Start processes that fill folders one after the other and end with this one; none: another run fills them."""
    context = multiprocessing.get_context("spawn")
    jobs = [(shards.rendering, str(shards.folder)) for shards in folders]
    processes = [context.Process(target=work, args=(jobs, k, workers), daemon=True) for k in range(workers)]
    for process in processes:
        process.start()
    for shards in folders:
        shards.processes = processes or None
