/**
 * The safetensors format (https://github.com/huggingface/safetensors, "Format"): eight bytes with the header's length,
 * a JSON header that names each tensor's dtype, shape and place, then the tensors' bytes without holes or overlaps.
 * The format has no checksum of its own, so files written here carry the SHA-256 of those bytes in the metadata, and
 * another of the header.
 */

import { open, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { at, last } from './at.js';
import { sha256 } from './digest.js';
import { arrayOf, dtypeNameOf, elementSize, type TensorData } from './dtypes.js';
import { type ErrorDetails, SmoothOutError } from './errors.js';
import { asReadError } from './files.js';
import { sizeOf } from './shape.js';

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type StoredTensors = Readonly<Record<string, StoredTensor>>;
export type Metadata = Readonly<Record<string, string>>;

const count = z.int().min(0);
/** What the header says of one tensor; offsets count from the end of the header. */
const entrySchema = z.object({
  /** Any of the format's; the bytes of those that are not known here are handed over as they are. */
  dtype: z.string().describe('a name such as F32'),
  shape: z.array(count).readonly().describe('whole numbers'),
  data_offsets: z
    .tuple([count, count])
    .refine(([begin, end]) => begin <= end)
    .describe('[begin, end]'),
});
type Entry = z.output<typeof entrySchema>;

const metadataSchema = z.record(z.string(), z.string());

const DIGEST_KEY = 'sha256';
const HEADER_DIGEST_KEY = 'headerSha256';
/** How a header written here begins; the digits of its own digest follow, and count as zeros in it. */
const HEADER_START = `{"__metadata__":{"${HEADER_DIGEST_KEY}":"`;
const NO_DIGEST = '0'.repeat(64);
/** The format's own limit. */
const MAX_HEADER_LENGTH = 100_000_000;

/** The bytes of a safetensors file. `metadata` gains the digests of the tensors' bytes and of the header. */
export function encodeSafetensors(tensors: StoredTensors, metadata: Metadata = {}): Uint8Array {
  // Wide elements first: every tensor then starts at a multiple of its element size.
  const ordered = Object.entries(tensors).sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const entries: [string, Entry][] = [];
  let length = 0;
  for (const [name, { shape, data }] of ordered) {
    if (sizeOf(shape) !== data.length)
      throw new RangeError(`${name}: shape [${shape}] does not hold ${data.length} values`);
    const begin = length;
    length += data.byteLength;
    entries.push([name, { dtype: dtypeNameOf(data), shape, data_offsets: [begin, length] }]);
  }
  const digest = sha256(...ordered.map(([, { data }]) => data));
  const digests = { [HEADER_DIGEST_KEY]: NO_DIGEST, [DIGEST_KEY]: digest };
  const described = { ...digests, ...metadata, ...digests };
  const json = Buffer.from(JSON.stringify(Object.fromEntries([['__metadata__', described], ...entries])));
  const headerEnd = 8 + Math.ceil(json.length / 8) * 8;
  // The largest checkpoints are most of a gigabyte: this is the only copy.
  const file = new Uint8Array(headerEnd + length).fill(0x20, 8, headerEnd);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerEnd - 8), true);
  file.set(json, 8);
  const header = file.subarray(8, headerEnd);
  header.set(Buffer.from(sha256(header)), HEADER_START.length);
  for (const [i, [, { data_offsets }]] of entries.entries()) {
    file.set(bytesOf(at(ordered, i)[1].data), headerEnd + data_offsets[0]);
  }
  return file;
}

/**
 * The tensors of a file in its own order, and its metadata. Every rule of the format is checked, and the digests where
 * the file has them.
 *
 * @throws SmoothOutError CHECKPOINT_INVALID
 */
export async function readSafetensors(path: string): Promise<{ tensors: StoredTensors; metadata: Metadata }> {
  const file = await readFile(path).catch((error: unknown) => {
    throw asReadError(error, path, 'CHECKPOINT_INVALID');
  });
  return decodeSafetensors(file, path);
}

/** `readSafetensors` of bytes at hand; `source` names them in errors. */
export function decodeSafetensors(file: Uint8Array, source: string): { tensors: StoredTensors; metadata: Metadata } {
  const headerEnd = prefixLength(file, file.length, source);
  const payload = file.subarray(headerEnd);
  const { entries, metadata } = parseHeader(file.subarray(8, headerEnd), payload.length, source);
  const expected = metadata[DIGEST_KEY];
  if (expected !== undefined && expected !== sha256(payload)) {
    throw changed(source, `SHA-256 of the tensors is ${sha256(payload)}, expected ${expected}`);
  }
  const tensors = entries.map(([name, { dtype, shape, data_offsets }]) => {
    return [name, { shape, data: arrayOf(dtype, payload.subarray(...data_offsets)) }] as const;
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

/**
 * What the header alone says: how many bytes each tensor takes, by its name, and the metadata. The tensors' bytes are not
 * read, so their digest is not checked.
 *
 * @throws SmoothOutError CHECKPOINT_INVALID
 */
export async function readSafetensorsHeader(
  path: string,
): Promise<{ bytes: Readonly<Record<string, number>>; metadata: Metadata }> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      // Reads the first byte of the header too, which tells other formats apart.
      const start = (await file.read(Buffer.alloc(Math.min(size, 9)), { position: 0 })).buffer;
      const headerEnd = prefixLength(start, size, path);
      const header = (await file.read(Buffer.alloc(headerEnd - 8), { position: 8 })).buffer;
      const { entries, metadata } = parseHeader(header, size - headerEnd, path);
      const bytes = entries.map(([name, { data_offsets: place }]) => [name, place[1] - place[0]] as const);
      return { bytes: Object.fromEntries(bytes), metadata };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw asReadError(error, path, 'CHECKPOINT_INVALID');
  }
}

/** True for the headers of other programs too, which have no digest at this place. */
function isHeaderIntact(header: Uint8Array): boolean {
  const end = HEADER_START.length + NO_DIGEST.length;
  const start = Buffer.from(header.subarray(0, end)).toString('latin1');
  const stated = start.slice(HEADER_START.length);
  // A change may have hit what comes before the digits, or the digits.
  if (!start.startsWith(HEADER_START) && !/^[0-9a-f]{64}$/.test(stated)) return true;
  return stated === sha256(Uint8Array.from(header).fill(0x30, HEADER_START.length, end));
}

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Where the tensors' bytes begin, from the first bytes of a file of `size`. @throws SmoothOutError CHECKPOINT_INVALID */
function prefixLength(start: Uint8Array, size: number, source: string): number {
  refuseOtherFormats(start, source);
  if (size < 8) throw invalid(source, `only ${size} bytes long`);
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_LENGTH)) {
    // Byte 8 of a safetensors file is its header's "{".
    if (start[8] !== 0x7b) throw notOne(source, 'it does not begin as one');
    throw invalid(source, `its header claims ${length} bytes, more than the ${MAX_HEADER_LENGTH} that are allowed`);
  }
  if (length > BigInt(size - 8)) {
    throw invalid(source, `its header claims ${length} bytes, but only ${size - 8} follow: the file is cut short`);
  }
  return 8 + Number(length);
}

/** The tensors in the order of their bytes, and the metadata. @throws SmoothOutError CHECKPOINT_INVALID */
function parseHeader(
  bytes: Uint8Array,
  payloadLength: number,
  source: string,
): { entries: [string, Entry][]; metadata: Record<string, string> } {
  if (!isHeaderIntact(bytes)) throw changed(source, 'its header is not the one that its digest is of');
  const json = decode(bytes, source);
  const header = parse(json, source);
  const repeated = repeatedKey(json);
  if (repeated !== undefined) throw invalid(source, `its header names ${JSON.stringify(repeated)} twice`);

  let metadata: Record<string, string> = {};
  const entries: [string, Entry][] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      const { data } = metadataSchema.safeParse(value);
      if (data === undefined) throw invalid(source, '__metadata__ must map names to strings');
      metadata = data;
    } else {
      entries.push([name, checkEntry(name, value, source)]);
    }
  }
  // Empty tensors may share an offset with the one that follows them.
  entries.sort(([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1]);
  let end = 0;
  for (const [name, { data_offsets }] of entries) {
    if (data_offsets[0] < end) throw invalid(source, `the bytes of ${name} overlap another tensor's`);
    if (data_offsets[0] > end) throw invalid(source, `bytes ${end} to ${data_offsets[0]} belong to no tensor`);
    end = data_offsets[1];
  }
  if (end > payloadLength) {
    throw invalid(source, `its tensors take ${end} bytes, but only ${payloadLength} are there: the file is cut short`);
  }
  if (end < payloadLength) throw invalid(source, `${payloadLength - end} bytes follow its last tensor`);
  return { entries, metadata };
}

function decode(bytes: Uint8Array, source: string): string {
  if (bytes[0] !== 0x7b) throw notOne(source, 'its header does not begin with "{"');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid(source, 'its header is not valid UTF-8');
  }
}

function parse(json: string, source: string): object {
  try {
    return JSON.parse(json) as object;
  } catch (cause) {
    throw invalid(source, `its header is not valid JSON: ${(cause as Error).message}`);
  }
}

function checkEntry(name: string, value: unknown, source: string): Entry {
  const { data: entry, error } = entrySchema.safeParse(value ?? {});
  if (entry === undefined) {
    // What is no mapping lacks the first of its keys.
    const key = entrySchema.keyof().catch('dtype').parse(error.issues[0]?.path[0]);
    const found = JSON.stringify((value as Record<string, unknown> | null)?.[key]);
    const what = found === undefined ? `no ${key}` : `${key} ${found}`;
    throw invalid(source, `${name} has ${what}; expected ${entrySchema.shape[key].description}`);
  }
  const { dtype, shape, data_offsets } = entry;
  const span = data_offsets[1] - data_offsets[0];
  const length = sizeOf([elementSize(dtype) ?? Number.NaN, ...shape]);
  if (length !== span && !Number.isNaN(length)) {
    throw invalid(source, `${name} has shape [${shape}] of ${dtype}, ${length} bytes, but its offsets span ${span}`);
  }
  return entry;
}

/** JSON.parse keeps the last of two equal keys, so one file could mean different things to different readers. */
function repeatedKey(json: string): string | undefined {
  const objects: Set<string>[] = [];
  for (const [token, key] of json.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') objects.push(new Set());
    else if (token === '}') objects.pop();
    else if (key !== undefined) {
      const name = JSON.parse(key) as string;
      const names = last(objects);
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  return undefined;
}

function refuseOtherFormats(file: Uint8Array, source: string): void {
  // Byte 8 of a safetensors file is its header's "{".
  if (file[8] === 0x7b) return;
  const zip = file[0] === 0x50 && file[1] === 0x4b && file[2] === 3 && file[3] === 4;
  // Protocol 2 to 5, as PyTorch's older format and Python itself write them.
  const [mark, protocol = 0] = file;
  const pickle = mark === 0x80 && protocol >= 2 && protocol <= 5;
  if (zip || pickle) {
    const format = zip ? 'zip archive' : 'Python pickle';
    throw invalid(source, `this is a ${format}, as torch.save writes it; expected a safetensors file`, {
      hint: 'Pickles can run code, so they are never opened here. In Python: safetensors.torch.save_file(state_dict, "model.safetensors").',
    });
  }
}

function changed(source: string, why: string): SmoothOutError {
  return invalid(source, `its contents have changed since it was written: ${why}`);
}

function notOne(source: string, why: string): SmoothOutError {
  return invalid(source, `this is no safetensors file: ${why}`, {
    hint: "Give a safetensors file, such as a run's best.safetensors.",
  });
}

const INTACT = { hint: 'Take a copy that is intact, or start the run that wrote it over with --force.' };

function invalid(source: string, why: string, details: ErrorDetails = INTACT): SmoothOutError {
  return new SmoothOutError('CHECKPOINT_INVALID', `${source}: ${why}`, details);
}
