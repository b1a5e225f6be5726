/** A utility process: Node's microphone beside the main process, which it can neither block nor take down. */
import { fileURLToPath } from 'node:url';
import { hearMicrophone, type Port } from './hear-microphone.js';

const { parentPort } = process as typeof process & { readonly parentPort: Port };
await hearMicrophone(parentPort, fileURLToPath(new URL('page/happy.onnx', import.meta.url)));
