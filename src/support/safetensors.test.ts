import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors, readSafetensors, readSafetensorsHeader } from './safetensors.js';

/** A file with this header text, and a payload of this many bytes. */
function file(header: string, payloadLength: number, claimed = Buffer.byteLength(header)): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(claimed));
  return Buffer.concat([prefix, Buffer.from(header), Buffer.alloc(payloadLength)]);
}

const one = (entry: object) => JSON.stringify({ a: entry });

describe('encode and decode', () => {
  const tensors = {
    'layers.0.weight': { shape: [2, 3], data: Float32Array.of(1, -2.5, Number.NaN, 0, -0, Number.POSITIVE_INFINITY) },
    steps: { shape: [], data: Int32Array.of(-7) },
    mask: { shape: [3], data: Uint8Array.of(1, 0, 255) },
    moments: { shape: [2], data: Float64Array.of(Math.PI, 1e-300) },
    tracked: { shape: [1], data: BigInt64Array.of(2n ** 60n) },
    empty: { shape: [0, 4], data: new Float32Array() },
  };

  test('give every dtype, shape and value back', () => {
    const { tensors: read, metadata } = decodeSafetensors(encodeSafetensors(tensors, { model: 'f1' }), 'x');
    expect(read).toEqual({ ...tensors });
    const digest = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(metadata).toEqual({ model: 'f1', sha256: digest, headerSha256: digest });
  });

  test('put every tensor at a multiple of its element size', () => {
    const bytes = encodeSafetensors(tensors);
    const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + Number(bytes[8 - 8]! + bytes[1]! * 256))).toString());
    for (const [name, { data }] of Object.entries(tensors)) {
      expect(header[name].data_offsets[0] % data.BYTES_PER_ELEMENT).toBe(0);
    }
  });

  test('read a file whose payload is not aligned', () => {
    const header = one({ dtype: 'F32', shape: [1], data_offsets: [0, 4] });
    const bytes = file(`${header} `.padEnd(header.length % 2 === 0 ? header.length + 1 : header.length), 4);
    bytes.writeFloatLE(1.5, bytes.length - 4);
    expect((bytes.length - 4) % 4).not.toBe(0);
    expect(decodeSafetensors(bytes, 'x').tensors.a!.data).toEqual(Float32Array.of(1.5));
  });

  test('keep a tensor named __proto__ a tensor', () => {
    const header = '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}';
    expect(Object.keys(decodeSafetensors(file(header, 1), 'x').tensors)).toEqual(['__proto__']);
  });

  test('refuse a shape that does not hold the values', () => {
    expect(() => encodeSafetensors({ a: { shape: [2], data: new Float32Array(3) } })).toThrow(/shape \[2\]/);
  });
});

const F32 = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
const U8 = { dtype: 'U8', shape: [1], data_offsets: [0, 1] };

describe('a malformed file is refused:', () => {
  test.each<[string, Buffer, RegExp]>([
    ['empty', Buffer.alloc(0), /only 0 bytes/],
    ['text', Buffer.from('experiment: c\n'), /this is no safetensors file: it does not begin as one$/],
    ['shorter than its prefix', Buffer.alloc(7), /only 7 bytes/],
    ['a header beyond the cap', file(one(F32), 8, 100_000_001), /more than the 100000000/],
    ['a header length near 2^64', Buffer.alloc(16, 0xff), /this is no safetensors file/],
    ['a header beyond the end', file(one(F32), 0, 5000), /cut short/],
    ['no JSON object', file('[]', 0), /does not begin with "\{"/],
    ['an empty header', file('', 0), /does not begin with "\{"/],
    ['not UTF-8', Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff]), /UTF-8/],
    ['not JSON', file('{"a": }', 0), /not valid JSON/],
    ['deep nesting', file(`{"a":${'['.repeat(200_000)}`, 0), /not valid JSON|shape/],
    ['a key twice', file(`{"a":${JSON.stringify(U8)},"a":${JSON.stringify(U8)}}`, 1), /names "a" twice/],
    ['a key twice, once escaped', file(`{"a":${JSON.stringify(U8)},"\\u0061":${JSON.stringify(U8)}}`, 1), /"a" twice/],
    ['an inner key twice', file('{"a":{"dtype":"U8","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4), /twice/],
    ['metadata that is no text', file('{"__metadata__":{"epoch":3}}', 0), /must map names to strings/],
    ['a dtype that is no name', file(one({ ...F32, dtype: 16 }), 8), /a has dtype 16; expected a name such as F32/],
    ['no entry', file('{"a":null}', 0), /a has no dtype; expected a name/],
    ['no offsets', file(one({ dtype: 'F32', shape: [2] }), 8), /a has no data_offsets; expected \[begin, end\]/],
    ['no shape', file(one({ dtype: 'F32', data_offsets: [0, 8] }), 8), /a has no shape; expected whole numbers/],
    ['a negative extent', file(one({ ...F32, shape: [-2] }), 8), /shape \[-2\]/],
    ['a broken extent', file(one({ ...F32, shape: [0.5] }), 8), /shape \[0.5\]/],
    ['offsets backwards', file(one({ ...F32, data_offsets: [8, 0] }), 8), /data_offsets \[8,0\]/],
    ['three offsets', file(one({ ...F32, data_offsets: [0, 8, 9] }), 8), /data_offsets/],
    ['a shape that does not fit', file(one({ ...F32, shape: [3] }), 8), /12 bytes, but its offsets span 8/],
    ['a shape that overflows', file(one({ ...F32, shape: [2 ** 52, 2 ** 52] }), 8), /its offsets span 8/],
    ['overlap', file(JSON.stringify({ a: F32, b: { ...F32, data_offsets: [4, 12] } }), 12), /bytes of b overlap/],
    ['a hole', file(JSON.stringify({ a: U8, b: { ...U8, data_offsets: [2, 3] } }), 3), /bytes 1 to 2 belong to no/],
    ['a tensor cut short', file(one(F32), 7), /take 8 bytes, but only 7/],
    ['trailing bytes', file(one(F32), 9), /1 bytes follow/],
  ])('%s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, 'c.safetensors')).toThrow(message);
    expect(() => decodeSafetensors(bytes, 'c.safetensors')).toThrow(
      expect.objectContaining({ code: 'CHECKPOINT_INVALID', message: expect.stringMatching(/^c\.safetensors: /) }),
    );
  });

  test('any flipped bit of a file that was written here, in its length, its header or its tensors', () => {
    const tensors = { a: { shape: [2], data: Float32Array.of(1, 2) }, n: { shape: [], data: Int32Array.of(3) } };
    const good = encodeSafetensors(tensors, { model: 'f1', place: '{"updates":7}' });
    const missed = Array.from({ length: 8 * good.length }, (_, bit) => bit).filter((bit) => {
      const bytes = Uint8Array.from(good);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      try {
        decodeSafetensors(bytes, 'c.safetensors');
        return true;
      } catch (error) {
        return !String((error as Error).message).startsWith('c.safetensors: ');
      }
    });
    expect(missed).toEqual([]);
  });

  test('not a header that another program wrote from metadata of ours', () => {
    const { metadata } = decodeSafetensors(encodeSafetensors({}, { model: 'f1' }), 'x');
    const { headerSha256, ...rest } = metadata;
    const theirs = file(JSON.stringify({ __metadata__: { ...rest, headerSha256 } }), 0);
    expect(decodeSafetensors(theirs, 'x').metadata.model).toBe('f1');
  });

  test.each([
    ['a zip archive', Buffer.from('PK\x03\x04\x00\x00\x08\x08archive/data.pkl')],
    ['a Python pickle', Buffer.from([0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20])],
    ['a Python pickle', Buffer.from([0x80, 0x04, 0x95, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x7d])],
  ])('%s, with a hint', (what, bytes) => {
    expect(() => decodeSafetensors(bytes, 'model.pth')).toThrow(
      expect.objectContaining({ message: expect.stringContaining(what), hint: expect.stringContaining('save_file') }),
    );
  });

  test('a header of 640 bytes is not taken for a pickle', () => {
    const header = one(F32).padEnd(640);
    expect(file(header, 8).subarray(0, 2)).toEqual(Buffer.from([0x80, 0x02]));
    expect(decodeSafetensors(file(header, 8), 'x').tensors.a!.shape).toEqual([2]);
  });
});

test('readSafetensors reads from disk and names a file that is not there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-safetensors-'));
  const path = join(folder, 'a.safetensors');
  await writeFile(path, encodeSafetensors({ a: { shape: [1], data: Float32Array.of(3) } }));
  expect((await readSafetensors(path)).tensors.a!.data).toEqual(Float32Array.of(3));
  await expect(readSafetensors(join(folder, 'b'))).rejects.toThrow(
    expect.objectContaining({ code: 'CHECKPOINT_INVALID', message: expect.stringContaining('there is no such file') }),
  );
});

test('the header of a file is read without its tensors', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-safetensors-'));
  const whole = encodeSafetensors({ a: { shape: [2], data: Float32Array.of(1, 2) } }, { model: 'f1' });
  await writeFile(join(folder, 'whole'), whole);
  expect(await readSafetensorsHeader(join(folder, 'whole'))).toEqual({
    bytes: { a: 8 },
    metadata: { model: 'f1', sha256: expect.any(String), headerSha256: expect.any(String) },
  });
  for (const length of [0, 7, 8, 9, 50, whole.length - 1]) {
    await writeFile(join(folder, 'cut'), whole.subarray(0, length));
    await expect(readSafetensorsHeader(join(folder, 'cut'))).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
  }
});

describe('other programs’ dtypes', () => {
  const decode = (dtype: string, bytes: Uint8Array, elements: number) =>
    decodeSafetensors(
      Buffer.concat([file(one({ dtype, shape: [elements], data_offsets: [0, bytes.length] }), 0), bytes]),
      'theirs',
    ).tensors.a!.data;
  const words = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);

  test('F16 is widened to float32', () => {
    // 1, −2, the largest, the smallest above zero, the smallest normal, −0, infinity, NaN.
    const bits = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x8000, 0x7c00, 0x7e00];
    const values = [1, -2, 65504, 2 ** -24, 2 ** -14, -0, Number.POSITIVE_INFINITY, Number.NaN];
    expect(decode('F16', words(...bits), bits.length)).toEqual(Float32Array.from(values));
  });

  test('BF16 is widened to float32', () => {
    expect(decode('BF16', words(0x3f80, 0xc049, 0x0001), 3)).toEqual(Float32Array.of(1, -3.140625, 2 ** -133));
  });

  test('those without a use here are handed over as bytes', () => {
    expect(decode('BOOL', Uint8Array.of(1, 0), 2)).toEqual(Uint8Array.of(1, 0));
    expect(decode('F8_E4M3', Uint8Array.of(7), 1)).toEqual(Uint8Array.of(7));
    expect(decode('constructor', Uint8Array.of(7), 1)).toEqual(Uint8Array.of(7));
  });
});
