/** Layers whose output nobody reads must not run. Such are left where a bias becomes a part of its dense layer. */
import type { Layer, Network, TensorLayout, ValueId } from '../model/network.js';

/** The network without them, and without their values: the others are numbered anew, in the same order. */
export function onlyLive(network: Network): Network {
  const read = new Set(network.outputs.flatMap(({ values }) => values));
  const live = [...network.layers]
    .reverse()
    .filter((layer) => {
      if (!read.has(layer.output)) return false;
      for (const value of valuesReadBy(layer)) read.add(value);
      return true;
    })
    .reverse();
  for (const { values } of [...network.inputs, ...network.states]) for (const value of values) read.add(value);
  const kept = [...network.values.keys()].filter((value) => read.has(value));
  const numbers = new Map(kept.map((value, index) => [value, index]));
  const renumbered = (value: ValueId): ValueId => numbers.get(value)!;
  const layoutOf = (layout: TensorLayout): TensorLayout => ({ ...layout, values: layout.values.map(renumbered) });
  return {
    values: kept.map((value) => network.values[value]),
    inputs: network.inputs.map(layoutOf),
    states: network.states.map(layoutOf),
    layers: live.map((layer) => withValues(layer, renumbered)),
    outputs: network.outputs.map(layoutOf),
  };
}

function valuesReadBy(layer: Layer): readonly ValueId[] {
  if (layer.kind === 'concat') return layer.inputs;
  return layer.kind === 'gru' && typeof layer.initialH === 'number' ? [layer.input, layer.initialH] : [layer.input];
}

function withValues(layer: Layer, renumbered: (value: ValueId) => ValueId): Layer {
  const output = renumbered(layer.output);
  if (layer.kind === 'concat') return { ...layer, inputs: layer.inputs.map(renumbered), output };
  const input = renumbered(layer.input);
  if (layer.kind !== 'gru') return { ...layer, input, output };
  const { initialH } = layer;
  return { ...layer, input, output, initialH: typeof initialH === 'number' ? renumbered(initialH) : initialH };
}
