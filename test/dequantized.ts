import assert from 'node:assert/strict';
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;

type Graph = onnxProto.onnx.IGraphProto;
type Tensor = onnxProto.onnx.ITensorProto;

/** The graph and all bodies in it, outer ones first. */
export function graphsOf(graph: Graph): Graph[] {
  const bodies = graph.node!.flatMap(({ attribute }) => attribute!.flatMap(({ g }) => (g ? [g] : [])));
  return [graph, ...bodies.flatMap(graphsOf)];
}

function rawOf({ rawData }: Tensor): DataView {
  return new DataView(rawData!.buffer, rawData!.byteOffset, rawData!.byteLength);
}

/** scale·q of a DequantizeLinear whose inputs are int8 and float32 initializers. */
function product(q: Tensor, scales: Tensor, axis: number): Uint8Array {
  const dims = q.dims!.map(Number);
  const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const [from, step] = [rawOf(q), rawOf(scales)];
  const data = Float32Array.from({ length: from.byteLength }, (_, i) => {
    const row = Math.floor(i / inner) % dims[axis];
    return step.getFloat32(4 * row, true) * from.getInt8(i);
  });
  return new Uint8Array(data.buffer);
}

/** Weights that a file has as int8 behind a DequantizeLinear, as float32 bytes by the name under which they are read. */
export function dequantizedWeights(graph: Graph): Map<string, Uint8Array> {
  const initializers = new Map(graph.initializer!.map((each) => [each.name!, each]));
  const found = new Map<string, Uint8Array>();
  for (const { opType, input, output, attribute } of graph.node!) {
    const q = initializers.get(input![0]);
    if (opType === 'DequantizeLinear' && q?.name?.includes('.int8'))
      found.set(output![0], product(q, initializers.get(input![1])!, Number(attribute![0].i)));
    // One of one axis more, or of directions and rows in one.
    const moved = found.get(input![0]);
    const isOwn = input!.slice(1).every((name) => name.includes('.shape'));
    if (moved && isOwn && (opType === 'Reshape' || opType === 'Flatten') && /\.(rows|stacked)/.test(input![0])) {
      found.delete(input![0]);
      found.set(output![0], moved);
    }
  }
  return found;
}

/** The original with the weights that the quantized file stands for, as float32: what that must compute. */
export function withDequantizedWeights(original: Uint8Array, quantized: Uint8Array): Uint8Array {
  const model = onnx.ModelProto.decode(original);
  const originals = graphsOf(model.graph!);
  let count = 0;
  graphsOf(onnx.ModelProto.decode(quantized).graph!).forEach((graph, i) => {
    const weights = dequantizedWeights(graph);
    const constants = originals[i].node!.flatMap(({ output, attribute }) =>
      attribute!.flatMap(({ name, t }) => (t && name === 'value' ? [[output![0], t] as const] : [])),
    );
    const tensors = [...originals[i].initializer!.map((each) => [each.name!, each] as const), ...constants];
    for (const [name, tensor] of tensors) {
      const data = weights.get(name);
      if (!data) continue;
      const count4 = 4 * tensor.dims!.reduce((product: number, dim) => product * Number(dim), 1);
      assert.equal(data.length, count4, name);
      Object.assign(tensor, { rawData: data, floatData: [] });
      count++;
    }
    assert.equal([...weights.keys()].filter((name) => !tensors.some(([own]) => own === name)).length, 0);
  });
  assert.ok(count > 0);
  return onnx.ModelProto.encode(model).finish();
}
