import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { decodeNpy, encodeNpy, readNpy } from '#dist/node/npy.js';

/** A file as numpy.save writes it. */
function npy(descr: string, order: 'True' | 'False', shape: string, data: Uint8Array, version = 1): Uint8Array {
  const dict = `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
  const header = Buffer.alloc(version === 1 ? 10 : 12);
  header.write('\x93NUMPY', 'latin1');
  header[6] = version;
  if (version === 1) header.writeUInt16LE(dict.length, 8);
  else header.writeUInt32LE(dict.length, 8);
  return Buffer.concat([header, Buffer.from(dict), data]);
}

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

/** Numbers of `size` bytes, the most significant byte first. */
function bigEndian(
  size: number,
  write: (view: DataView, at: number, value: number) => void,
  values: number[],
): Uint8Array {
  const view = new DataView(new ArrayBuffer(size * values.length));
  values.forEach((value, i) => write(view, size * i, value));
  return new Uint8Array(view.buffer);
}

describe('.npy files', () => {
  it('come back as they were written', () => {
    const data = Float32Array.of(1, -2.5, 3e-30, NaN, -Infinity, 6);
    const bytes = encodeNpy([2, 3], data);
    const back = decodeNpy(bytes, 'x.npy');
    assert.deepEqual([back.shape, back.type], [[2, 3], 'f4']);
    assert.deepEqual([...back.data], [...data]);
    assert.equal((bytes.length - 24) % 64, 0, 'numpy aligns the numbers to 64 bytes');
    assert.equal(bytes[bytes.length - 25], 10, 'a line feed ends the header');
  });

  it('are the bytes that NumPy 2.4 writes for np.save(f, np.array([[1, 2]], np.float32))', () => {
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }".padEnd(117) + '\n';
    const numpy = Buffer.concat([Buffer.from('\x93NUMPY\x01\x00\x76\x00' + header, 'latin1'), floats(1, 2)]);
    assert.deepEqual(Buffer.from(encodeNpy([1, 2], Float32Array.of(1, 2))), numpy);
  });

  const types: [descr: string, data: Uint8Array, values: number[]][] = [
    ["'<f8'", new Uint8Array(Float64Array.of(0.1, -7).buffer), [0.1, -7]],
    ["'>f4'", bigEndian(4, (view, at, x) => view.setFloat32(at, x), [0.5, -7]), [0.5, -7]],
    ["'>f8'", bigEndian(8, (view, at, x) => view.setFloat64(at, x), [0.1, -7]), [0.1, -7]],
    [
      "'<f2'",
      new Uint8Array(Uint16Array.of(0x3c01, 0xc000, 0x0001, 0x7c00).buffer),
      [1 + 2 ** -10, -2, 2 ** -24, Infinity],
    ],
    ["'|i1'", Uint8Array.of(255, 127), [-1, 127]],
    ["'|u1'", Uint8Array.of(255, 127), [255, 127]],
    ["'<i2'", new Uint8Array(Int16Array.of(-300, 300).buffer), [-300, 300]],
    ["'>i2'", bigEndian(2, (view, at, x) => view.setInt16(at, x), [-300, 300]), [-300, 300]],
    ["'<u2'", new Uint8Array(Uint16Array.of(65535, 1).buffer), [65535, 1]],
    ["'>i4'", bigEndian(4, (view, at, x) => view.setInt32(at, x), [-70000, 3]), [-70000, 3]],
    ["'<u4'", new Uint8Array(Uint32Array.of(4e9, 1).buffer), [4e9, 1]],
    ["'<i8'", new Uint8Array(BigInt64Array.of(-5n, 5n).buffer), [-5, 5]],
    ["'<u8'", new Uint8Array(BigUint64Array.of(6n, 5n).buffer), [6, 5]],
  ];
  for (const [descr, data, values] of types) {
    it(`hold ${descr}`, () => {
      const { data: read } = decodeNpy(npy(descr, 'False', `(${values.length},)`, data), 'x.npy');
      assert.deepEqual([...read], values);
    });
  }

  it('may be in Fortran order, of any number of axes, and of formats 1 to 3', () => {
    for (const version of [1, 2, 3]) {
      const two = decodeNpy(npy("'<f4'", 'True', '(2, 3)', floats(1, 4, 2, 5, 3, 6), version), 'x.npy');
      assert.deepEqual([...two.data], [1, 2, 3, 4, 5, 6]);
    }
    const three = decodeNpy(npy("'<f4'", 'True', '(2, 1, 2)', floats(1, 3, 2, 4)), 'x.npy');
    assert.deepEqual(
      [three.shape, [...three.data]],
      [
        [2, 1, 2],
        [1, 2, 3, 4],
      ],
    );
  });

  it('tell how far they were rounded', () => {
    const half = decodeNpy(npy("'<f2'", 'False', '(1,)', Uint8Array.of(0, 0x54)), 'x.npy'); // 64
    assert.deepEqual([half.data[0], half.rounding], [64, 64 * 2 ** -11]);
    assert.equal(decodeNpy(npy("'|i1'", 'False', '(1,)', Uint8Array.of(3)), 'x.npy').rounding, 0.5);
  });

  const good = npy("'<f4'", 'False', '(2, 2)', floats(1, 2, 3, 4));
  const refused: [what: string, bytes: Uint8Array, message: RegExp][] = [
    ['an empty file', new Uint8Array(0), /x\.npy: the file is empty; expected an array of numbers/],
    ['text', Buffer.from('1 2 3\n'), /x\.npy: not an \.npy file; expected/],
    ['an archive', Buffer.from('PK\x03\x04rest', 'latin1'), /x\.npy: an \.npz archive of several arrays/],
    ['a cut file', good.subarray(0, good.length - 1), /truncated: 15 of 16 bytes of a f4 array \[2, 2\]/],
    ['a longer one', Buffer.concat([good, Uint8Array.of(0)]), /too long: 17 of 16 bytes/],
    ['a cut header', good.subarray(0, 30), /truncated in its header/],
    ['the beginning of one', good.subarray(0, 8), /truncated in its header/],
    ['another format', npy("'<f4'", 'False', '(1,)', floats(1), 9), /format 9 is not known; expected 1, 2 or 3/],
    ['a broken header', npy('3', 'False', '(1,)', floats(1)), /a broken \.npy header: \{'descr': 3/],
    ['Python objects', npy("'|O'", 'False', '(1,)', floats(1)), /an array of Python objects/],
    ['complex numbers', npy("'<c8'", 'False', '(1,)', floats(1, 2)), /numbers of type '<c8'; expected one of f2, f4/],
    ['records', npy("[('a', '<f4')]", 'False', '(1,)', floats(1)), /records with named fields/],
  ];
  for (const [what, bytes, message] of refused) {
    it(`are refused: ${what}`, () => assert.throws(() => decodeNpy(bytes, 'x.npy'), { name: 'InputError', message }));
  }

  it('are read from disk, or said not to be there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tympan-npy-'));
    after(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'a.npy'), good);
    assert.deepEqual([...(await readNpy(join(folder, 'a.npy'))).data], [1, 2, 3, 4]);
    await assert.rejects(readNpy(join(folder, 'b.npy')), { name: 'InputError', message: /b\.npy: no such file/ });
  });
});
