"""The MFCC front end, driven by the JSON object that goes into the model's `tympan.frontend` metadata."""

from __future__ import annotations

import numpy as np
import torch

MFCC_40_20 = {
    "version": 1,
    "preset": "mfcc",
    "sampleRate": 16000,
    "windowLength": 400,
    "hopLength": 160,
    "fftSize": 512,
    "window": "hann",
    "spectrum": "power",
    "numMels": 40,
    "melScale": "htk",
    "melNorm": "none",
    "lowFrequency": 20,
    "highFrequency": 7600,
    "log": "ln",
    "logFloor": 1e-6,
    "dct": "ortho",
    "numCoefficients": 20,
}
IMPLEMENTED = {
    "preset": "mfcc",
    "window": "hann",
    "spectrum": "power",
    "melScale": "htk",
    "melNorm": "none",
    "log": "ln",
    "dct": "ortho",
}


def hann(length: int) -> np.ndarray:
    """Periodic Hann window, [length]."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)


def mel_filterbank(config: dict) -> np.ndarray:
    """HTK triangles of peak 1, linear in Hz, at the bin frequencies: [numMels, fftSize / 2 + 1]."""
    low, high = (2595 * np.log10(1 + config[f] / 700) for f in ("lowFrequency", "highFrequency"))
    edges = 700 * (10 ** (np.linspace(low, high, config["numMels"] + 2) / 2595) - 1)  # Hz
    bins = np.arange(config["fftSize"] // 2 + 1) * config["sampleRate"] / config["fftSize"]  # Hz
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins - left) / (centre - left)
    falling = (right - bins) / (right - centre)
    return np.maximum(0, np.minimum(rising, falling))


def dct_ortho(num_mels: int, num_coefficients: int) -> np.ndarray:
    """First rows of the orthonormal DCT-II: [numCoefficients, numMels]."""
    k = np.arange(num_coefficients)[:, None]
    rows = np.sqrt(2 / num_mels) * np.cos(np.pi * k * (np.arange(num_mels) + 0.5) / num_mels)
    rows[0] /= np.sqrt(2)
    return rows


class FrontEnd:
    """Samples in [-1, 1) to features; frame t covers samples [hop t, hop t + window), with no padding."""

    def __init__(self, config: dict):
        for field, value in IMPLEMENTED.items():
            if config.get(field) != value:
                raise ValueError(
                    f"frontend.{field}: got {config.get(field)!r}, expected {value!r}; "
                    "the recipe trains this one front end"
                )
        self.config = config
        self.window = torch.from_numpy(hann(config["windowLength"])).float()
        self.mel = torch.from_numpy(mel_filterbank(config).T.copy()).float()  # [bins, numMels]
        rows = dct_ortho(config["numMels"], config["numCoefficients"])
        self.dct = torch.from_numpy(rows.T.copy()).float()  # [numMels, numCoefficients]

    def log_mel(self, samples: torch.Tensor) -> torch.Tensor:
        """[batch, samples] to [batch, frames, numMels] natural log energies."""
        frames = samples.unfold(-1, self.config["windowLength"], self.config["hopLength"])
        spectrum = torch.fft.rfft(frames * self.window, n=self.config["fftSize"])
        power = spectrum.real.square() + spectrum.imag.square()
        return torch.log(torch.clamp(power @ self.mel, min=self.config["logFloor"]))

    def cepstra(self, samples: torch.Tensor) -> torch.Tensor:
        """[batch, samples] to [batch, frames, numCoefficients], before mean and scale."""
        return self.log_mel(samples) @ self.dct

    def normalize(self, cepstra: torch.Tensor) -> torch.Tensor:
        """(cepstrum - mean) * scale, the features a model is fed."""
        mean = torch.tensor(self.config["mean"], dtype=torch.float32, device=cepstra.device)
        scale = torch.tensor(self.config["scale"], dtype=torch.float32, device=cepstra.device)
        return (cepstra - mean) * scale

    def to(self, device: str) -> FrontEnd:
        """This front end with its tables on a device."""
        self.window, self.mel, self.dct = (table.to(device) for table in (self.window, self.mel, self.dct))
        return self

    def __call__(self, samples: torch.Tensor) -> torch.Tensor:
        """[batch, samples] to [batch, frames, numCoefficients] features."""
        return self.normalize(self.cepstra(samples))


def with_normalization(config: dict, cepstra: torch.Tensor) -> dict:
    """The configuration with mean and scale (1 / standard deviation) of cepstra [frames, numCoefficients]."""
    mean = cepstra.mean(0)
    scale = 1 / cepstra.std(0)
    return {**config, "mean": [round(float(m), 6) for m in mean], "scale": [round(float(s), 6) for s in scale]}


def to_float(samples: np.ndarray) -> np.ndarray:
    """int16 samples to float32 in [-1, 1)."""
    return samples.astype(np.float32) / 32768
