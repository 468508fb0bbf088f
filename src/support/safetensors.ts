/**
 * The safetensors format (https://github.com/huggingface/safetensors, "Format"): eight bytes with the header's length,
 * a JSON header that names each tensor's dtype, shape and place, then the tensors' bytes without holes or overlaps.
 * The format has no checksum of its own, so files written here carry the SHA-256 of those bytes in the metadata.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SmoothOutError } from './errors.js';
import { type Entry, parseHeader, prefixLength } from './safetensors-header.js';

export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array | BigInt64Array;

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type StoredTensors = Readonly<Record<string, StoredTensor>>;
export type Metadata = Readonly<Record<string, string>>;

const ARRAYS = {
  F64: Float64Array,
  I64: BigInt64Array,
  F32: Float32Array,
  I32: Int32Array,
  U8: Uint8Array,
} as const;

/** Bytes of one element, by dtype; the dtypes that can be read and written. */
const ELEMENT_SIZES: ReadonlyMap<string, number> = new Map(
  Object.entries(ARRAYS).map(([dtype, array]) => [dtype, array.BYTES_PER_ELEMENT]),
);

const DIGEST_KEY = 'sha256';

/** The bytes of a safetensors file. `metadata` gains the digest of the tensors' bytes. */
export function encodeSafetensors(tensors: StoredTensors, metadata: Metadata = {}): Uint8Array {
  // Wide elements first: every tensor then starts at a multiple of its element size.
  const ordered = Object.entries(tensors).sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const entries: [string, Entry][] = [];
  let length = 0;
  for (const [name, { shape, data }] of ordered) {
    const elements = shape.reduce((product, extent) => product * extent, 1);
    if (elements !== data.length) throw new RangeError(`${name}: shape [${shape}] does not hold ${data.length} values`);
    const begin = length;
    length += data.byteLength;
    entries.push([name, { dtype: dtypeOf(data), shape, data_offsets: [begin, length] }]);
  }
  const hash = createHash('sha256');
  for (const [, { data }] of ordered) hash.update(bytesOf(data));
  const described = { ...metadata, [DIGEST_KEY]: hash.digest('hex') };
  const json = Buffer.from(JSON.stringify(Object.fromEntries([['__metadata__', described], ...entries])));
  const headerEnd = 8 + Math.ceil(json.length / 8) * 8;
  // The largest checkpoints are most of a gigabyte: this is the only copy.
  const file = new Uint8Array(headerEnd + length).fill(0x20, 8, headerEnd);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerEnd - 8), true);
  file.set(json, 8);
  for (const [i, [, { data_offsets }]] of entries.entries()) {
    file.set(bytesOf(ordered[i]![1].data), headerEnd + data_offsets[0]);
  }
  return file;
}

/**
 * The tensors of a file in its own order, and its metadata. Every rule of the format is checked, and the digest where
 * the file has one.
 *
 * @throws SmoothOutError CHECKPOINT_INVALID
 */
export async function readSafetensors(path: string): Promise<{ tensors: StoredTensors; metadata: Metadata }> {
  let file: Buffer;
  try {
    file = await readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new SmoothOutError('CHECKPOINT_INVALID', `${path}: ${why}`, { cause });
  }
  return decodeSafetensors(file, path);
}

/** `readSafetensors` of bytes at hand; `source` names them in errors. */
export function decodeSafetensors(file: Uint8Array, source: string): { tensors: StoredTensors; metadata: Metadata } {
  const headerEnd = prefixLength(file, source);
  const payload = file.subarray(headerEnd);
  const { entries, metadata } = parseHeader(file.subarray(8, headerEnd), payload.length, ELEMENT_SIZES, source);
  const expected = metadata[DIGEST_KEY];
  if (expected !== undefined && expected !== digest(payload)) {
    throw new SmoothOutError(
      'CHECKPOINT_INVALID',
      `${source}: its contents have changed since it was written: SHA-256 of the tensors is ${digest(payload)}, expected ${expected}`,
      { hint: 'Delete the file and run the training again, or take a copy that is intact.' },
    );
  }
  const tensors = entries.map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [begin, end],
      },
    ]) => {
      return [name, { shape, data: arrayOf(dtype as keyof typeof ARRAYS, payload.subarray(begin, end)) }] as const;
    },
  );
  return { tensors: Object.fromEntries(tensors), metadata };
}

/** The bytes as an array of the dtype: in place where they are aligned, else a copy. */
function arrayOf(dtype: keyof typeof ARRAYS, bytes: Uint8Array): TensorData {
  const ArrayType = ARRAYS[dtype];
  const aligned = bytes.byteOffset % ArrayType.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new ArrayType(
    aligned.buffer as ArrayBuffer,
    aligned.byteOffset,
    aligned.byteLength / ArrayType.BYTES_PER_ELEMENT,
  );
}

function dtypeOf(data: TensorData): string {
  const match = Object.entries(ARRAYS).find(([, array]) => data instanceof array);
  if (match === undefined) throw new TypeError(`${Object.prototype.toString.call(data)} has no safetensors dtype here`);
  return match[0];
}

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
