/**
 * The fields of a recipe: the one source of its TypeScript type (recipe.ts), of what is checked when one is read, and, with these
 * comments, of the JSON schema and the table of docs/front-ends.md (tools/front-ends.mjs).
 */

/** One of some words or numbers. */
export interface Choice<Value extends string | number = string | number> {
  readonly choices: readonly Value[];
  /** What an absent field means where no preset says otherwise; without one, a custom recipe must give it. */
  readonly absent?: Value;
}

/** A number; `whole` ones have no fraction. */
export interface Range {
  readonly least: number;
  readonly greatest: number;
  readonly whole: boolean;
  readonly absent?: number;
}

export interface Flag {
  readonly flag: true;
  readonly absent: boolean;
}

/** A number a feature. */
export interface PerFeature {
  readonly perFeature: true;
}

export type Field = Choice | Range | Flag | PerFeature;

const choice = <const Value extends string | number>(
  choices: readonly Value[],
  absent?: NoInfer<Value>,
): Choice<Value> => ({
  choices,
  absent,
});
const whole = (least: number, greatest: number, absent?: number): Range => ({ least, greatest, whole: true, absent });
const real = (least: number, greatest: number, absent?: number): Range => ({ least, greatest, whole: false, absent });
const flag: Flag = { flag: true, absent: false };
const perFeature: PerFeature = { perFeature: true };

/** Every recipe has these. */
const COMMON = {
  /** Of this form of a recipe. */
  version: choice([1], 1),
  /** Hz of the samples. */
  sampleRate: whole(1000, 192_000),
  /** Samples of a window. */
  windowLength: whole(2, 8192),
  /** Samples from one frame to the next. */
  hopLength: whole(1, 8192),
  /** Filters of the bank. */
  numMels: whole(1, 512),
  /** Hz at which the first filter begins. */
  lowFrequency: real(0, 96_000),
  /** Hz at which the last filter ends, at most half of `sampleRate` (`melShape` "sonopy": all of it). */
  highFrequency: real(1, 96_000),
  /** What every feature is multiplied with, before `outputOffset`. */
  outputScale: real(-1e6, 1e6, 1),
  /** What is added to every feature. */
  outputOffset: real(-1e6, 1e6, 0),
  /** Frames that come out side by side as one, the oldest first; the first comes when there are as many. */
  stack: whole(1, 512, 1),
  /** Frames from one stack to the next. */
  stackStride: whole(1, 512, 1),
  /** Subtracted from the features of a frame after `outputScale`, deltas included; 0 where absent. */
  mean: perFeature,
  /** What the features of a frame are multiplied with after `mean`: 1 / √variance; 1 where absent. */
  scale: perFeature,
} as const;

export const SPECTRAL_FIELDS = {
  ...COMMON,
  /** Where absent fields take their values from; "custom" takes them from this table. */
  preset: choice(
    [
      'mfcc',
      'librosa',
      'torchaudio',
      'kaldi',
      'kaldi-fbank',
      'sherpa',
      'tensorflow',
      'kws-streaming',
      'mlperf-tiny',
      'arm-ml-kws',
      'precise',
      'python-speech-features',
      'openwakeword',
      'custom',
    ],
    'mfcc',
  ),
  /** What full scale is: 1, or 32,768 as of int16. Samples are given in either form. */
  sampleScale: choice(['unit', 'int16'], 'unit'),
  /** "peak": a clip is divided by its largest sample, sign and all (MLPerf Tiny). A stream has none: refused there. */
  normalize: choice(['none', 'peak'], 'none'),
  /**
   * Where frame t lies. "whole": it begins at t·hopLength, and windows that are not full are dropped. "padded": the same, and
   * zeros fill the last. "uncentred": as "whole", but of fftSize samples, with the window in their middle (librosa's and
   * torch.stft's center=False). "centred": its middle is t·hopLength, t = 0 … ⌊samples / hopLength⌋ (librosa, torch.stft).
   * "rounded": its middle is (t + ½)·hopLength, as many frames as samples / hopLength rounds to (Kaldi without snip_edges).
   */
  framing: choice(['whole', 'padded', 'uncentred', 'centred', 'rounded'], 'whole'),
  /** What lies beyond the ends of a clip, in the words of numpy.pad. */
  padding: choice(['zeros', 'reflect', 'symmetric'], 'zeros'),
  /** Whether the mean of a frame is subtracted from it. */
  removeDc: flag,
  /** x[n] − preEmphasis·x[n − 1] */
  preEmphasis: real(0, 1, 0),
  /** What comes before a frame's first sample: the signal's sample before it, or that first sample again (Kaldi). */
  preEmphasisOver: choice(['signal', 'frame'], 'signal'),
  /** "hann" and "hamming" are periodic, of period windowLength; the others symmetric; "povey" is hann-symmetric^0.85 (Kaldi). */
  window: choice(['hann', 'hann-symmetric', 'hamming', 'hamming-symmetric', 'povey', 'rectangular']),
  /**
   * Points of the Fourier transform; powers of two are fastest. Zeros are behind a window that is shorter; of one that is longer,
   * only the first fftSize samples count.
   */
  fftSize: whole(2, 4096),
  /** |X|² or |X|. */
  spectrum: choice(['power', 'magnitude']),
  /** "fftSize": |X|² is divided by fftSize. */
  spectrumScale: choice(['none', 'fftSize'], 'none'),
  /** 2595·log10(1 + f / 700), or Slaney's, which is linear below 1 kHz. */
  melScale: choice(['htk', 'slaney']),
  /**
   * Triangles that are linear in Hz or in mel, or on whole bins: "bins" at ⌊(fftSize + 1)·f / sampleRate⌋
   * (python_speech_features), "sonopy" at ⌊(fftSize / 2 + 1)·f / sampleRate⌋. "tensorflow": linear in mel, without the bins
   * below ⌊1.5 + lowFrequency·fftSize / sampleRate⌋ (TensorFlow's Mfcc op).
   */
  melShape: choice(['hertz', 'mel', 'bins', 'sonopy', 'tensorflow'], 'hertz'),
  /** "slaney": a filter is divided by half its width in Hz. "none": its peak is 1. */
  melNorm: choice(['none', 'slaney'], 'none'),
  /** "db" is 10·log10. */
  log: choice(['ln', 'log10', 'db', 'none']),
  /** The logarithm of max(energy, logFloor), or of energy + logFloor; energies without a logarithm have no floor. */
  floorKind: choice(['max', 'add'], 'max'),
  /** The least energy, or what is added to it: see `floorKind`. */
  logFloor: real(1.2e-38, 1e6),
  /** Energies this many dB below the loudest of a clip are raised to it; 0: none. A stream goes without. */
  topDb: real(0, 400, 0),
  /** DCT-II with orthonormal rows; "tf" has √(2 / numMels) before every row; "none": the features are the log energies. */
  dct: choice(['none', 'ortho', 'tf']),
  /** Cepstra that are kept, 1 to numMels; numMels without a DCT. */
  numCoefficients: whole(1, 512),
  /** L: cepstrum c is multiplied with 1 + L / 2·sin(πc / L); 0: none. */
  lifter: whole(0, 512, 0),
  /** What cepstrum 0 is replaced by: ln of Σ x² of a frame after removeDc, or of the sum of its spectrum. */
  energy: choice(['none', 'samples', 'spectrum'], 'none'),
  /** How many orders of slopes follow the features: Σ n·(c[t + n] − c[t − n]) / 2Σ n², n = 1 … deltaWindow, ends repeated. */
  deltas: choice([0, 1, 2], 0),
  /** Frames on either side that a slope is taken over: a stream lags by as many an order. */
  deltaWindow: whole(1, 50, 2),
} as const;

/** The fixed-point front end of TensorFlow Lite for Microcontrollers (tensorflow/lite/experimental/microfrontend). */
export const MICROFRONTEND_FIELDS = {
  ...COMMON,
  /** The only preset with these fields. */
  preset: choice(['microfrontend']),
  /** Bits of fraction of the noise estimate. */
  smoothingBits: whole(0, 14),
  /** How fast the noise estimate of even filters follows. */
  evenSmoothing: real(0, 1),
  /** The same of odd filters. */
  oddSmoothing: real(0, 1),
  /** The part of a filter's energy that noise reduction leaves. */
  minSignalRemaining: real(0, 1),
  /** Whether gain is controlled in each filter (PCAN, Wang et al. 2017). */
  pcan: flag,
  /** The power of the noise estimate that energies are divided by. */
  pcanStrength: real(0, 4),
  /** Added to the noise estimate. */
  pcanOffset: real(0, 1e6),
  /** Bits of fraction of the gain. */
  pcanGainBits: whole(0, 31),
  /** Whether the logarithm is taken. */
  log: flag,
  /** The logarithm is multiplied with 2^logScaleShift. */
  logScaleShift: whole(0, 14),
} as const;
