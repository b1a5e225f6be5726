/** What is suspicious about the shapes of a model that is to run on a stream. */
import { elementTypeOf, type Network, type Port } from '../model/network.js';
import type { Analysis } from './analyze.js';
import type { StreamingSettings } from './settings.js';
import { slotsOf } from './slots.js';
import type { WindowShapes } from './window-shapes.js';

export function streamingWarnings(
  network: Network,
  analysis: Analysis,
  settings: StreamingSettings,
  window: WindowShapes | null,
): string[] {
  if (analysis.timeAxes.size === 0) return [];
  return [
    ...network.inputs.flatMap((port) => batchWarnings(port, analysis)),
    ...featureWarnings(network, analysis),
    ...stateWarnings(network, analysis),
    ...overlapWarnings(network, analysis, settings),
    ...lengthWarnings(analysis, settings, window),
  ];
}

/** A batch that the file fixes is one sequence on a stream, where the network allows it. */
function batchWarnings({ name, value, dims }: Port, { inputDims, timeAxes }: Analysis): string[] {
  const axis = (dims ?? []).findIndex(
    (dim, at) => typeof dim === 'number' && dim > 1 && inputDims.get(value)?.[at] === 1,
  );
  if (axis < 0 || !timeAxes.has(value)) return [];
  return [
    `input "${name}": the file fixes a batch of ${dims![axis]} sequences, which model.run takes; a stream runs one. ` +
      'Export the model with a batch of 1, or an open one',
  ];
}

function featureWarnings(network: Network, analysis: Analysis): string[] {
  const { inputs } = slotsOf(network, analysis, null);
  const [port] = network.inputs.filter(({ value }) => analysis.timeAxes.has(value));
  // A whole number is an index of an embedding.
  if (inputs.length !== 1 || inputs[0].size !== 1 || elementTypeOf(port.type) !== 'float') return [];
  return [
    `input "${inputs[0].name}": a frame of it is one number, as if it took raw sound or a batch of single numbers; a front ` +
      'end makes several coefficients a frame. If another axis is time, say so with timeAxis',
  ];
}

/** Where every run is one frame, an input that nothing carries stays what it was when the stream began. */
function stateWarnings({ inputs, outputs }: Network, { timeAxes, carried, stepwise }: Analysis): string[] {
  const free = outputs.filter(({ value }) => ![...carried.values()].includes(value));
  if (!stepwise || free.length < 2) return [];
  return inputs
    .filter(({ value }) => !timeAxes.has(value) && !carried.has(value))
    .map(
      ({ name }) =>
        `input "${name}": no output is clearly its next value, so that it stays what stream.reset makes it; if one is, name ` +
        `it: { streaming: { states: { "${name}": one of ${free.map((port) => `"${port.name}"`).join(', ')} } } }`,
    );
}

/** Windows that overlap can't hand their states on. */
function overlapWarnings({ inputs }: Network, { carried }: Analysis, settings: StreamingSettings): string[] {
  if (settings.mode !== 'windowed' || settings.hopFrames === settings.windowFrames) return [];
  return inputs
    .filter(({ value }) => carried.has(value))
    .map(
      ({ name }) =>
        `input "${name}": every window starts from what stream.reset gives it; with hopFrames ${settings.windowFrames} it is ` +
        'handed on from one to the next',
    );
}

function lengthWarnings(
  { fixedFrames, bakedFrames }: Analysis,
  settings: StreamingSettings,
  window: WindowShapes | null,
): string[] {
  if (bakedFrames !== null)
    return [
      `the network fits sequences of ${bakedFrames} frames alone, though its inputs leave their number open: the exporter wrote the ` +
        `length of its example into a Reshape. model.run takes no other${settings.mode === 'stateful' ? ', a stream any' : ''}; ` +
        'export with -1 there (from PyTorch: with dynamo=False)',
    ];
  if (settings.mode !== 'windowed' || settings.windowFrames === fixedFrames) return [];
  const misfit = window?.misfit ?? null;
  const expected = fixedFrames === null ? '' : `the file fixes ${fixedFrames} frames, and windows have `;
  if (misfit !== null)
    return [`${expected}${settings.windowFrames}${expected ? '' : ' frames a window'}: that does not fit: ${misfit}`];
  return fixedFrames === null
    ? []
    : [`${expected}${settings.windowFrames}: it was made, and likely trained, for ${fixedFrames}`];
}
