import { InputError } from './errors.js';
import { concatBytes, typeName } from './typed-arrays.js';

/** Where a model's bytes come from: a path (in Node) or URL, a Response, or the bytes themselves. */
export type ModelSource = string | URL | Response | ArrayBuffer | Uint8Array;

/** Wake-word models have kilobytes; this keeps an endless source from filling memory. */
const MOST_BYTES = 64 * 2 ** 20;

/** @throws InputError when the source can't be read or does not end; TypeError when it is none */
export async function readSource(source: ModelSource): Promise<Uint8Array> {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const type = typeName(source);
  if (type === 'ArrayBuffer') return new Uint8Array(source as ArrayBuffer);
  if (type === 'Response') return readResponse(source as Response, (source as Response).url || 'a response');
  if (type !== 'string' && type !== 'URL')
    throw new TypeError(`model: got ${type}, expected a path, a URL, a Response or bytes`);
  const text = String(source);
  if (text === '') throw new InputError('model: got an empty path');
  const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined;
  if (inNode && !/^(https?|data|blob):/.test(text)) return collect((await import('./path.js')).chunksAt(text), text);
  const response = await fetch(text).catch((error: unknown) => {
    throw new InputError(`model ${text}: can't be fetched: ${(error as Error).message}`, { cause: error });
  });
  return readResponse(response, text);
}

/**
 * Reads what is in the folder of a model that has one: of a path or a URL, not of bytes. All files together may have as many
 * bytes as a model.
 */
export function readerBeside(source: ModelSource): ((name: string) => Promise<Uint8Array>) | null {
  const type = typeName(source);
  if (type !== 'string' && type !== 'URL') return null;
  const text = String(source);
  if (/^(data|blob):/.test(text)) return null;
  const isUrl = /^\w{2,}:/.test(text);
  const folder = text.replace(isUrl ? /[^/]*$/ : /[^\\/]*$/, '');
  let size = 0;
  return async (name) => {
    const bytes = await readSource(folder + (isUrl ? encodeURI(name) : name));
    size += bytes.byteLength;
    if (size > MOST_BYTES) throw tooLarge(`${text} with its data`);
    return bytes;
  };
}

async function readResponse(response: Response, name: string): Promise<Uint8Array> {
  if (!response.ok) throw new InputError(`model ${name}: the server answered ${response.status}`);
  return response.body ? collect(chunksOf(response.body), name) : new Uint8Array(0);
}

/** A stream's chunks; not every browser iterates a ReadableStream by itself. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}

/** @throws InputError when there is more than a model may have: a pipe or a server may never end */
async function collect(chunks: AsyncIterable<Uint8Array>, name: string): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > MOST_BYTES) throw tooLarge(name);
    blocks.push(chunk);
  }
  return concatBytes(blocks);
}

function tooLarge(name: string): InputError {
  return new InputError(`model ${name}: has more than ${MOST_BYTES / 2 ** 20} MiB, expected a wake-word model`);
}
