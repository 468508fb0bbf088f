/** The header of a safetensors file, and every rule that it must keep. */
import { SmoothOutError } from './errors.js';

/** What the header says of one tensor; offsets count from the end of the header. */
export interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [begin: number, end: number];
}

/** The format's own limit. */
const MAX_HEADER_LENGTH = 100_000_000;

/** Where the tensors' bytes begin, from the first eight bytes. @throws SmoothOutError CHECKPOINT_INVALID */
export function prefixLength(file: Uint8Array, source: string): number {
  refuseOtherFormats(file, source);
  if (file.length < 8) throw invalid(source, `only ${file.length} bytes long`);
  const length = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_LENGTH)) {
    throw invalid(source, `its header claims ${length} bytes, more than the ${MAX_HEADER_LENGTH} that are allowed`);
  }
  if (length > BigInt(file.length - 8)) {
    throw invalid(
      source,
      `its header claims ${length} bytes, but only ${file.length - 8} follow: the file is cut short`,
    );
  }
  return 8 + Number(length);
}

/**
 * The tensors in the order of their bytes, and the metadata.
 *
 * @param elementSizes bytes of one element for each dtype that can be read
 * @throws SmoothOutError CHECKPOINT_INVALID
 */
export function parseHeader(
  bytes: Uint8Array,
  payloadLength: number,
  elementSizes: ReadonlyMap<string, number>,
  source: string,
): { entries: [string, Entry][]; metadata: Record<string, string> } {
  const json = decode(bytes, source);
  const header = parse(json, source);
  const repeated = repeatedKey(json);
  if (repeated !== undefined) throw invalid(source, `its header names ${JSON.stringify(repeated)} twice`);

  let metadata: Record<string, string> = {};
  const entries: [string, Entry][] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      if (!isTextMap(value)) throw invalid(source, '__metadata__ must map names to strings');
      metadata = value;
    } else {
      entries.push([name, checkEntry(name, value, elementSizes, source)]);
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
  if (bytes[0] !== 0x7b) throw invalid(source, 'its header does not begin with "{": this is no safetensors file');
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

function checkEntry(name: string, value: unknown, elementSizes: ReadonlyMap<string, number>, source: string): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const size = elementSizes.get(String(dtype));
  if (typeof dtype !== 'string' || size === undefined) {
    const known = [...elementSizes.keys()].join(', ');
    throw invalid(source, `${name} has dtype ${JSON.stringify(dtype)}; expected one of ${known}`);
  }
  if (!isCounts(shape)) throw invalid(source, `${name} has shape ${JSON.stringify(shape)}; expected whole numbers`);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw invalid(source, `${name} has data_offsets ${JSON.stringify(offsets)}; expected [begin, end]`);
  }
  const [begin, end] = offsets as [number, number];
  const length = shape.reduce((product, extent) => product * extent, size);
  if (length !== end - begin) {
    throw invalid(
      source,
      `${name} has shape [${shape}] of ${dtype}, ${length} bytes, but its offsets span ${end - begin}`,
    );
  }
  return { dtype, shape, data_offsets: [begin, end] };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function isTextMap(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((item) => typeof item === 'string')
  );
}

/** JSON.parse keeps the last of two equal keys, so one file could mean different things to different readers. */
function repeatedKey(json: string): string | undefined {
  const objects: Set<string>[] = [];
  for (const [token, key] of json.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') objects.push(new Set());
    else if (token === '}') objects.pop();
    else if (key !== undefined) {
      const name = JSON.parse(key) as string;
      const names = objects.at(-1)!;
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
  const pickle = file[0] === 0x80 && file[1]! >= 2 && file[1]! <= 5;
  if (zip || pickle) {
    throw new SmoothOutError(
      'CHECKPOINT_INVALID',
      `${source}: this is a ${zip ? 'zip archive' : 'Python pickle'}, as torch.save writes it; expected a safetensors file`,
      {
        hint: 'Pickles can run code, so they are never opened here. In Python: safetensors.torch.save_file(state_dict, "model.safetensors").',
      },
    );
  }
}

function invalid(source: string, why: string): SmoothOutError {
  return new SmoothOutError('CHECKPOINT_INVALID', `${source}: ${why}`);
}
