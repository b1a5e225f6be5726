"""Validation of a model by the protocol of the test, on the validation recordings."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from . import corpus, intervals, recordings
from .detection import HOP_LENGTH, detect, output_time, smooth
from .features import FrontEnd
from .fit import stream_posteriors
from .network import WakeWordNetwork
from .protocol import AFTER, MeasuredStream, clip_stream, score, word_stream

SMOOTHINGS = (100, 150, 200, 250)  # ms; with less, a few frames decide
THRESHOLDS = tuple(np.round(np.concatenate([np.arange(0.05, 0.9, 0.025), np.arange(0.9, 1.0001, 0.005)]), 4))
REFRACTORY = 1000  # ms
MIXED = 10  # dB of the clip above the noise over it
AT_MOST = (0, 1, 2, 3, 4)  # alarms, of the figure that networks are compared by
CLEAN, NOISY = "clean", "noisy"


def validation_streams(
    audio: Path, words: Sequence[str], own: Mapping[str, list[corpus.Clip]] | None = None
) -> dict[str, MeasuredStream]:
    """The stream of all words, the same with noise over it, and a stream for each set of negatives.

    own: clips held out of words that are not in Speech Commands.
    """
    validation = corpus.validation_set(audio, words, own)
    streams = {
        CLEAN: word_stream(validation.positives, validation.noise),
        NOISY: word_stream(validation.positives, validation.noise, MIXED),
    }
    for name, clips in validation.negatives.items():
        stream = clip_stream(clips, validation.noise)
        streams[name] = MeasuredStream(stream.samples, [])
    return streams


def posteriors_of_network(network: WakeWordNetwork, features: list[torch.Tensor]) -> list[np.ndarray]:
    """Streams of features [frames, numCoefficients] to posteriors [outputs, words], all in one padded batch."""
    period = network.architecture.period
    batch = torch.nn.utils.rnn.pad_sequence(features, batch_first=True)
    batch = batch[:, : batch.shape[1] // period * period]
    posteriors = stream_posteriors(network, batch).cpu().numpy()
    return [posteriors[b, : len(f) // period] for b, f in enumerate(features)]


def posteriors_of_file(model: Path, streams: dict[str, MeasuredStream]) -> dict[str, np.ndarray]:
    """Posteriors [outputs, labels] of an exported file for each stream, by onnxruntime, state never reset."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    front_end = FrontEnd(json.loads(metadata["tympan.frontend"]))
    return {
        name: session.run(None, {"features": front_end(torch.from_numpy(stream.samples[None])).numpy()})[0][0]
        for name, stream in streams.items()
    }


def heard_of(
    word: str, k: int, streams: dict[str, MeasuredStream], posteriors: dict[str, np.ndarray]
) -> tuple[dict[str, MeasuredStream], dict[str, np.ndarray]]:
    """Streams, and posteriors [outputs], as one word's keyword has them: the others are there to be taken for it.

    posteriors: [outputs, columns], of which the word has the k-th.
    """
    return {n: stream.of(word) for n, stream in streams.items()}, {n: p[:, k] for n, p in posteriors.items()}


def period_of(stream: MeasuredStream, posteriors: np.ndarray) -> int:
    """Frames from one posterior of a stream to the next."""
    return round(len(stream.samples) / HOP_LENGTH / len(posteriors))


def operating_point(
    streams: dict[str, MeasuredStream],
    posteriors: dict[str, np.ndarray],
    threshold: float,
    smoothing: float,
    refractory: float = REFRACTORY,
    period: int = 1,
) -> dict:
    """Misses, alarms by stream, and latency at one setting."""
    scores = {
        name: score(detect(posteriors[name], threshold, smoothing, refractory, period), stream.spans)
        for name, stream in streams.items()
    }
    latencies = scores[CLEAN].latencies
    return {
        "threshold": float(threshold),
        "smoothing": smoothing,
        "missed": len(scores[CLEAN].missed),
        "missedNoisy": len(scores[NOISY].missed),
        "alarms": {name: len(s.alarms) for name, s in scores.items()},
        "total": sum(len(s.alarms) for name, s in scores.items() if name != NOISY),
        "latency": [round(float(q)) for q in np.percentile(latencies, [50, 90])] if latencies else None,
    }


def sweep(streams: dict[str, MeasuredStream], posteriors: dict[str, np.ndarray], period: int) -> list[dict]:
    """Every threshold at every smoothing."""
    return [operating_point(streams, posteriors, t, s, period=period) for s in SMOOTHINGS for t in THRESHOLDS]


def best(points: list[dict], alarms: int) -> dict:
    """The point with the fewest misses, clean and noisy, at no more than `alarms` alarms."""
    allowed = [p for p in points if p["total"] <= alarms]
    return min(allowed, key=lambda p: (2 * p["missed"] + p["missedNoisy"], p["total"], -p["threshold"]))


def figure(points: list[dict]) -> float:
    """What networks are compared by: misses, clean and a third of the noisy, averaged over 0 to 4 alarms allowed."""
    bests = [best(points, alarms) for alarms in AT_MOST]
    return float(np.mean([p["missed"] + p["missedNoisy"] / 3 for p in bests]))


def margin(streams: dict[str, MeasuredStream], posteriors: dict[str, np.ndarray], period: int) -> float:
    """Logit of the clip that is heard worse than 95 % of them, less the mean of the ten highest seconds without; needs
    clips of the word.
    """

    def log_odds(p: np.ndarray) -> np.ndarray:
        return np.log(p + 1e-6) - np.log(1 - p + 1e-6)

    heard = {name: log_odds(smooth(p, SMOOTHINGS[0], period)) for name, p in posteriors.items()}
    times = np.array([output_time(k, period) for k in range(len(heard[CLEAN]))])
    spans = [np.searchsorted(times, (start, end + AFTER)) for start, end, _ in streams[CLEAN].spans]
    peaks = [heard[CLEAN][a:b].max() for a, b in spans]
    second = 100 // period
    others = np.concatenate(
        [h[: len(h) // second * second].reshape(-1, second).max(1) for n, h in heard.items() if n not in (CLEAN, NOISY)]
    )
    return float(np.percentile(peaks, 5) - np.sort(others)[-10:].mean())


def report(streams: dict[str, MeasuredStream], point: dict) -> str:
    """A point in words, with counts, hours and 95 % intervals."""
    clips = len(streams[CLEAN].spans)
    low, high = intervals.miss_rate(point["missed"], clips)
    lines = [
        f"threshold {point['threshold']:g}, smoothing {point['smoothing']} ms, refractory {REFRACTORY} ms",
        f"missed {point['missed']} of {clips} ({100 * low:.1f} to {100 * high:.1f} %), "
        f"with noise at {MIXED} dB {point['missedNoisy']}; latency median and 90 % {point['latency']} ms",
    ]
    hours = 0.0
    for name, alarms in point["alarms"].items():
        if name != NOISY:
            hours += streams[name].hours
        lines.append(f"  {name}: {alarms} alarms in {streams[name].hours:.3f} h")
    low, high = intervals.alarms_per_hour(point["total"], hours)
    lines.append(f"  in all, without {NOISY}: {point['total']} in {hours:.3f} h ({low:.1f} to {high:.1f} an hour)")
    return "\n".join(lines)


def main() -> None:
    """Print the trade between misses and alarms, and the model's own operating point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--audio", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--recordings", type=Path, help="of a word that is not in Speech Commands")
    parser.add_argument("--hold-out", nargs="+", default=(), help="its sessions that were held out from training")
    args = parser.parse_args()
    import onnx

    metadata = {p.key: json.loads(p.value) for p in onnx.load(args.model).metadata_props}
    detection, names = metadata["tympan.detection"], metadata["tympan.labels"]["names"]
    words = list(detection["keywords"])
    own = {words[0]: held_out_clips(args)}
    every = validation_streams(args.audio, words, own)
    outputs = posteriors_of_file(args.model, every)
    for word in words:
        print(f"{word}:")
        print_word(*heard_of(word, names.index(word), every, outputs), {**detection, **detection["keywords"][word]})


def held_out_clips(args: argparse.Namespace) -> list[corpus.Clip]:
    """The clips of the first word that were held out from training, decoded."""
    if not args.recordings:
        return []
    return recordings.clips(recordings.split(args.recordings, args.audio, args.hold_out).held_out)


def print_word(streams: dict[str, MeasuredStream], posteriors: dict[str, np.ndarray], setting: dict) -> None:
    """One keyword's trade between misses and alarms, and its own operating point."""
    period = period_of(streams[CLEAN], posteriors[CLEAN])
    for smoothing in SMOOTHINGS:
        points = [operating_point(streams, posteriors, t, smoothing, period=period) for t in THRESHOLDS]
        for alarms in (0, 1, 2, 4, 8):
            print(smoothing, "ms, at most", alarms, "alarms:", json.dumps(best(points, alarms)))
    chosen = (setting["threshold"], setting["smoothing"], setting["refractory"])
    print(report(streams, operating_point(streams, posteriors, *chosen, period)))


if __name__ == "__main__":
    main()
