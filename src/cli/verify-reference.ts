/** onnxruntime-web, where it is installed: the same model on another engine. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '../index.js';
import type { Tensors } from '../verification/sequence.js';
import type { Reference } from '../verification/verify.js';
import { messageOf } from './failure.js';

const NAME = 'onnxruntime-web';

/** What is used of it; it is no dependency, and its types are not here where it isn't. */
interface Onnxruntime {
  readonly env: { readonly wasm: { numThreads?: number }; readonly versions: { readonly web?: string } };
  readonly Tensor: new (type: string, data: Tensor['data'], dims: readonly number[]) => Tensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: { logSeverityLevel: 4 }): Promise<Session>;
  };
}

interface Session {
  readonly inputNames: readonly string[];
  readonly inputMetadata?: readonly {
    readonly name: string;
    readonly type?: string;
    readonly shape?: readonly (number | string)[];
  }[];
  run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

export interface OpenReference {
  /** With its version; null where there is none. */
  readonly name: string | null;
  /** Why there is none. */
  readonly missing: string | null;
  readonly reference: Reference | null;
  close(): Promise<void>;
}

const without = (missing: string): OpenReference => ({
  name: null,
  missing,
  reference: null,
  close: async () => {},
});

/** The model in onnxruntime-web; weights beside the file it does not look for. */
export async function openReference(file: string): Promise<OpenReference> {
  const ort = findOnnxruntime();
  if (!ort) return without(`${NAME} is not installed: compared without it`);
  ort.env.wasm.numThreads = 1; // its threads would keep the program alive
  try {
    const session = await ort.InferenceSession.create(await readFile(file), { logSeverityLevel: 4 });
    return {
      name: [NAME, ort.env.versions.web].filter(Boolean).join(' '),
      missing: null,
      reference: { run: (inputs) => run(ort, session, inputs) },
      close: () => session.release(),
    };
  } catch (error) {
    return without(`${NAME} does not open the model (${messageOf(error)}): compared without it`);
  }
}

/** Beside tympan, or in the current folder: where tympan is installed globally, that is another place. */
function findOnnxruntime(): Onnxruntime | null {
  for (const from of [fileURLToPath(import.meta.url), join(process.cwd(), 'package.json')]) {
    const require = createRequire(from);
    try {
      require.resolve(NAME);
    } catch {
      continue;
    }
    return require(NAME) as Onnxruntime;
  }
  return null;
}

async function run(ort: Onnxruntime, session: Session, inputs: Tensors): Promise<Tensors> {
  const feeds = session.inputNames.map((name, i): [string, Tensor] => {
    const { type, data, dims } = inputs[name] ?? unused(session, i);
    return [name, new ort.Tensor(type, data, dims)];
  });
  return session.run(Object.fromEntries(feeds));
}

/** An input that reaches no output, and is none of the model's therefore. */
function unused({ inputMetadata }: Session, index: number): Tensor {
  const { type = 'float32', shape = [] } = inputMetadata?.[index] ?? {};
  const dims = shape.map((dim) => (typeof dim === 'number' ? dim : 1));
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (type === 'int64') return { type, dims, data: new BigInt64Array(count) };
  if (type === 'int32') return { type, dims, data: new Int32Array(count) };
  if (type === 'bool') return { type, dims, data: new Uint8Array(count) };
  return { type: 'float32', dims, data: new Float32Array(count) };
}
