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

const root = fileURLToPath(new URL('..', import.meta.url));
const defaultFile = resolve(root, 'dist/onnx/onnx-proto.js');

/** What a reader of models never calls. pbjs writes each as one statement that ends at its own indentation. */
const unread =
  /^( +)[\w.]+\.(?:create|encode|encodeDelimited|decodeDelimited|verify|fromObject|toObject|toJSON) = function [\s\S]*?^\1\};\n/gm;

/** The object that each decode function fills. */
const made = /message = (new \$root\.onnx\.[\w.]+\(\))/g;

/** A repeated text or integer, packed or not. */
const repeated = /\.push\((reader\.(string|bytes|int32|int64|uint64)\(\))\)/g;

/** onnx-proto 8.0.1 has 21 messages with eight functions each that are not needed, and one that is. */
const expected = { cuts: 168, counted: 21, texts: 7, integers: 12 };

/**
 * An empty message takes 2 bytes of a file and 200 of memory, an integer 1 and 20: a forged file of megabytes could take
 * gigabytes. Integers are shapes and indices, or the float16 weights of a small network; float32 takes 4 bytes of a file.
 */
const counter = `
function $counted(reader, part) {
  reader.parts = (reader.parts || 0) + 1;
  if (reader.parts > 1e6) throw Error('it has more than a million parts');
  return part;
}
function $countedInteger(reader, value) {
  reader.integers = (reader.integers || 0) + 1;
  if (reader.integers > 4e6) throw Error('it has more than 4 million integers outside of raw_data');
  return value;
}
`;

/** `protobufjs/minimal` without its writer, without Buffer, and without `Long`: int64 reads as a number everywhere. */
const reader = `
const util = require('protobufjs/src/util/minimal.js');
const Reader = require('protobufjs/src/reader.js');
util.Long = null;
util._configure();
Reader._configure({ _configure() {} });
module.exports = { Reader, util, roots: {} };
`;

const decodeOnly = {
  name: 'decode-only',
  setup(context) {
    context.onResolve({ filter: /^protobufjs\/minimal$/ }, () => ({ path: 'reader', namespace: 'tympan' }));
    context.onLoad({ filter: /^reader$/, namespace: 'tympan' }, () => ({ contents: reader, resolveDir: root }));
    // It looks for `long` and `buffer` at run time, with require behind eval in some versions.
    context.onLoad({ filter: /@protobufjs[\\/]inquire[\\/]/ }, () => ({ contents: 'module.exports = () => null;' }));
    context.onLoad({ filter: /onnx-proto[\\/]dist[\\/]onnx\.js$/ }, async ({ path }) => {
      const found = { cuts: 0, counted: 0, texts: 0, integers: 0 };
      const source = await readFile(path, 'utf8');
      const decoder = source
        .replace(unread, () => (found.cuts++, ''))
        .replace(made, (_, message) => (found.counted++, `message = $counted(reader, ${message})`))
        .replace(repeated, (_, read, type) => {
          const isText = type === 'string' || type === 'bytes';
          found[isText ? 'texts' : 'integers']++;
          return `.push(${isText ? '$counted' : '$countedInteger'}(reader, ${read}))`;
        });
      if (Object.keys(expected).some((key) => found[key] !== expected[key])) {
        throw new Error(`${path}: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
      }
      const contents = counter + decoder;
      return { contents };
    });
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
