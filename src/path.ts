/** A model's file in Node. */
import { InputError } from './errors.js';

/**
 * What a file holds. Bundlers for browsers are told to leave the import alone: it is only reached in Node.
 *
 * @throws InputError when there is none, or it can't be read
 */
export async function* chunksAt(path: string): AsyncGenerator<Uint8Array> {
  const module = 'node:fs';
  const { createReadStream, promises } = (await import(
    /* webpackIgnore: true */ /* @vite-ignore */ module
  )) as typeof import('node:fs');
  const file = path.startsWith('file:') ? new URL(path) : path;
  try {
    const found = await promises.stat(file);
    if (found.isDirectory()) throw new InputError(`model ${path}: a folder, expected an ONNX file`);
    if (!found.isFile() && !found.isFIFO()) throw new InputError(`model ${path}: a device, expected an ONNX file`);
    yield* createReadStream(file);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = (error as { code?: string }).code === 'ENOENT' ? 'no such file' : (error as Error).message;
    throw new InputError(`model ${path}: ${reason}`, { cause: error });
  }
}
