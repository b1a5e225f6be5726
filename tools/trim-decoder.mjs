/**
 * onnx-proto's source, and that of the reader which it uses, without what importing a model never reads: the fields that
 * src/onnx/onnx-proto.d.ts does not declare, and all but decoding. Each cut is counted, so that another version of the packages,
 * with another text, fails the build.
 */
import { readFileSync } from 'node:fs';

/** The fields that src/onnx reads, by message. */
const declared = new Map(
  Array.from(
    readFileSync(new URL('../src/onnx/onnx-proto.d.ts', import.meta.url), 'utf8').matchAll(
      /^export interface (\w+) \{([^}]*)\}/gm,
    ),
    ([, message, body]) => [message, Array.from(body.matchAll(/^ +readonly (\w+):/gm), ([, field]) => field)],
  ),
);
const isRead = (message, field) => declared.get(message)?.includes(field);

/** onnx-proto 8.0.1 has 21 messages with eight functions each that are not needed; of the rest, what is declared is left. */
const expected = {
  functions: 168,
  definitions: 12,
  oneOfs: 2,
  lists: 20,
  defaults: 30,
  counted: 14,
  texts: 3,
  integers: 8,
};

/** pbjs writes each as one statement that ends at its own indentation. */
const uncalled =
  /^( +)[\w.]+\.(?:create|encode|encodeDelimited|decodeDelimited|verify|fromObject|toObject|toJSON) = function [\s\S]*?^\1\};\n/gm;

/** Messages and enumerations: those of the file, then those that stand in another. */
const definitions = [
  /^( {4})\w+\.(\w+) = \(function\(\) \{\n[\s\S]*?^\1\}\)\(\);\n/gm,
  /^( {8})\w+\.(\w+) = \(function\(\) \{\n[\s\S]*?^\1\}\)\(\);\n/gm,
];

/** Which of two fields is there. */
const oneOf = /^( +)var \$oneOfFields;\n[\s\S]*?^\1\}\);\n/gm;

/** It makes a list for each repeated field, and copies `properties`, which nobody gives. */
const constructor = /^( +)function (\w+)\(properties\) \{\n([\s\S]*?)^ +if \(properties\)\n[\s\S]*?^\1\}\n/gm;
const list = /^ +this\.(\w+) = \[\];\n/gm;

/** What an absent field reads as; for repeated ones the constructor sees to it. */
const absent = /^ +(\w+)\.prototype\.(\w+) = (?:\$util\.Long \? .* : )?(.*);\n/gm;

/** A field without its `case` is skipped. Lists are there already, and only the model comes as bytes. */
const decode = /^( +)(\w+)\.decode = function [\s\S]*?^\1\};\n/gm;
const field = /^( +)case \d+:\n[\s\S]*?message\.(\w+)[\s\S]*?^\1 {4}break;\n/gm;
const emptied = /^ +if \(!\(message\.(\w+) && message\.\1\.length\)\)\n.*\n/gm;
const wrapped = /^ +if \(!\(reader instanceof \$Reader\)\)\n.*\n/m;

/** The object that each decode function fills. */
const made = /message = (new \$root\.onnx\.[\w.]+\(\))/g;

/** A repeated text or integer, packed or not. */
const repeated = /\.push\((reader\.(string|bytes|int32|int64|uint64)\(\))\)/g;

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

/** @param {string} source onnx-proto/dist/onnx.js */
export function trimMessages(source) {
  const found = Object.fromEntries(Object.keys(expected).map((key) => [key, 0]));
  let text = source.replace(uncalled, () => (found.functions++, ''));
  for (const definition of definitions)
    text = text.replace(definition, (all, _, name) => (declared.has(name) ? all : (found.definitions++, '')));
  text = trimFields(text, found)
    .replace(made, (_, message) => (found.counted++, `message = $counted(reader, ${message})`))
    .replace(repeated, (_, read, type) => {
      const isText = type === 'string' || type === 'bytes';
      found[isText ? 'texts' : 'integers']++;
      return `.push(${isText ? '$counted' : '$countedInteger'}(reader, ${read}))`;
    });
  if (Object.keys(expected).some((key) => found[key] !== expected[key]))
    throw new Error(`onnx-proto: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  return counter + text;
}

function trimFields(source, found) {
  const decoded = new Set();
  const text = source
    .replace(oneOf, () => (found.oneOfs++, ''))
    .replace(constructor, (_, indentation, message, body) => {
      const lists = body.replace(list, (line, name) => (isRead(message, name) ? (found.lists++, line) : ''));
      return `${indentation}function ${message}() {\n${lists}${indentation}}\n`;
    })
    .replace(absent, (_, message, name, value) => {
      if (!isRead(message, name) || value === '$util.emptyArray') return '';
      found.defaults++;
      return `${message}.prototype.${name} = ${value};\n`;
    })
    .replace(decode, (all, _, message) => {
      const trimmed = all.replace(emptied, '').replace(field, (one, _indentation, name) => {
        if (!isRead(message, name)) return '';
        decoded.add(`${message}.${name}`);
        return one;
      });
      return message === 'ModelProto' ? trimmed : trimmed.replace(wrapped, '');
    });
  const wanted = [...declared].flatMap(([message, names]) => names.map((name) => `${message}.${name}`));
  const missing = wanted.filter((name) => !decoded.has(name));
  if (missing.length > 0)
    throw new Error(`onnx-proto: it decodes no ${missing.join(', ')}, which onnx-proto.d.ts declares`);
  return text;
}

const methods =
  /^(?:Reader\.prototype|utf8)\.(?:sint32|bool|fixed32|sfixed32|length|write) = function [\s\S]*?^\};\r?\n/gm;

/**
 * @param {string} source protobufjs/src/reader.js or @protobufjs/utf8/index.js
 * @param {number} count how many functions it has that the messages do not call
 */
export function trimReader(source, count) {
  const found = source.match(methods)?.length;
  if (found !== count) throw new Error(`protobufjs: found ${found} functions to cut, expected ${count}`);
  return source.replace(methods, '');
}
