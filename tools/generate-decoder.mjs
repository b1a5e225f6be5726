/**
 * onnx-proto and the protobuf reader that it needs, as one ES module that decodes and does nothing else:
 * `node tools/generate-decoder.mjs [out file]`.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { trimMessages, trimReader } from './trim-decoder.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const defaultFile = resolve(root, 'dist/onnx/onnx-proto.js');

/** `protobufjs/minimal` without its writer and Buffer. */
const minimal = `
const Reader = require('./src/reader.js');
Reader._configure({ _configure() {} });
module.exports = { Reader, util: require('./src/util/minimal.js'), roots: {} };
`;

/** What the reader and the messages use of protobufjs's util/minimal; without `Long` int64 reads as a number everywhere. */
const utilities = `
const bytes = new Uint8Array(8);
const view = new DataView(bytes.buffer);
const copied = (buffer, at, count) => {
  for (let i = 0; i < count; i++) bytes[i] = buffer[at + i];
  return view;
};
class LongBits {
  constructor(lo, hi) {
    this.lo = lo;
    this.hi = hi;
  }
  toNumber(unsigned) {
    return (unsigned ? this.hi : this.hi | 0) * 2 ** 32 + this.lo;
  }
}
module.exports = {
  LongBits,
  Array: Uint8Array,
  utf8: require('@protobufjs/utf8'),
  float: {
    readFloatLE: (buffer, at) => copied(buffer, at, 4).getFloat32(0, true),
    readDoubleLE: (buffer, at) => copied(buffer, at, 8).getFloat64(0, true),
  },
  merge: Object.assign,
  newBuffer: (items) => new Uint8Array(items),
};
`;

/** What stands in for files of the packages. */
const contents = [
  [/onnx-proto[\\/]dist[\\/]onnx\.js$/, trimMessages],
  [/protobufjs[\\/]src[\\/]reader\.js$/, (source) => trimReader(source, 4)],
  [/@protobufjs[\\/]utf8[\\/]index\.js$/, (source) => trimReader(source, 2)],
  [/protobufjs[\\/]minimal\.js$/, () => minimal],
  [/protobufjs[\\/]src[\\/]util[\\/]minimal\.js$/, () => utilities],
];

const decodeOnly = {
  name: 'decode-only',
  setup(context) {
    for (const [filter, replaced] of contents)
      context.onLoad({ filter }, async ({ path }) => ({ contents: replaced(await readFile(path, 'utf8')) }));
  },
};

/** Fails the build when the bundle can't read a model: graph.node[0].attribute[0].i = 2⁴⁰ + 1, opset 17. */
async function check(file) {
  const bytes = '0800 3a13 0a11 2203 475255 2a0a 0a01 61 18 818080808020 4202 1011'.replaceAll(' ', '');
  const { ModelProto } = await import(`${pathToFileURL(file)}?${Date.now()}`);
  const model = ModelProto.decode(Uint8Array.from(bytes.match(/../g), (byte) => parseInt(byte, 16)));
  const node = model.graph?.node[0];
  if (node?.opType !== 'GRU' || node.attribute[0].i !== 2 ** 40 + 1 || model.opsetImport[0].version !== 17) {
    throw new Error(`${file}: the generated decoder does not decode`);
  }
  const text = await readFile(file, 'utf8');
  if (/\beval\b|\bnew Function\b|\brequire\b/.test(text))
    throw new Error(`${file}: eval, Function or require is left in it`);
}

/** The licence texts that both packages ask to be kept with copies of them. */
async function licences() {
  const texts = ['onnx-proto', 'protobufjs'].map(
    async (name) => `${name}\n\n${await readFile(resolve(root, 'node_modules', name, 'LICENSE'), 'utf8')}`,
  );
  return (await Promise.all(texts)).join('\n\n');
}

/** @returns {Promise<{ bytes: number, gzipped: number }>} */
export async function generateDecoder(outFile = defaultFile) {
  const result = await build({
    stdin: {
      contents: `import root from 'onnx-proto'; export const ModelProto = root.onnx.ModelProto;`,
      resolveDir: root,
    },
    plugins: [decodeOnly],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['main'],
    legalComments: 'none',
    banner: { js: '/* onnx-proto 8.0.1 (MIT), protobufjs 6.11.6 (BSD-3-Clause): the decoder of ONNX models only. */' },
  });
  await mkdir(dirname(outFile), { recursive: true });
  await writeFile(outFile, result.outputFiles[0].contents);
  await writeFile(outFile.replace(/\.js$/, '.LICENSES.txt'), await licences());
  await check(outFile);
  return { bytes: result.outputFiles[0].contents.length, gzipped: gzipSync(result.outputFiles[0].contents).length };
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) {
  const { bytes, gzipped } = await generateDecoder(argv[2] && resolve(argv[2]));
  console.log(`ONNX decoder: ${bytes} bytes, ${gzipped} with gzip`);
}
