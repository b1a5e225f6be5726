/** Characters of a message. */
const MAX_MESSAGE = 1000;

/**
 * The one family of errors that Tympan throws for what it was given. Wrong types and ranges of options are the
 * language's own TypeError and RangeError. Every message says what, where, what was found, what was expected and
 * what to do about it.
 */
export class TympanError extends Error {
  override name = 'TympanError';

  /** A file may give lists and names of any length. */
  constructor(message: string, options?: ErrorOptions) {
    super(message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message, options);
  }
}

/** The bytes are not an ONNX model, or a broken one. */
export class ModelFormatError extends TympanError {
  override name = 'ModelFormatError';
}

/** A well-formed model that asks for something Tympan does not do: names the operator, the node and the remedy. */
export class UnsupportedModelError extends TympanError {
  override name = 'UnsupportedModelError';
}

/** The model's contract (`tympan.*` in `metadata_props`, or the options that replace it) is missing or wrong. */
export class MetadataError extends TympanError {
  override name = 'MetadataError';
}

/** A tensor, a state or samples that do not fit: wrong shape, wrong type, not finite. Or a model file that can't be read. */
export class InputError extends TympanError {
  override name = 'InputError';
}

/** Audio that can't be read: not an audio file, empty, an unknown encoding, no microphone. */
export class AudioError extends TympanError {
  override name = 'AudioError';
}
