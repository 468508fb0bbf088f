import { SmoothOutError } from '../support/errors.js';

/** A file in the IDX format of MNIST: big-endian header, then unsigned bytes. */
export interface Idx {
  readonly dimensions: readonly number[];
  readonly data: Uint8Array;
}

/** More than any published variant of MNIST has: a larger count is a damaged header, not a reason to allocate. */
const MAX_COUNT = 1_000_000;
const MAX_SIDE = 1024;

/** Bytes of the header of a file with so many dimensions. */
export function idxHeaderSize(rank: number): number {
  return 4 + 4 * rank;
}

/**
 * The dimensions in the header of an IDX file of unsigned bytes with `rank` dimensions.
 *
 * @throws SmoothOutError DATA_CORRUPT: too short, another magic number, an impossible size.
 */
export function parseIdxHeader(bytes: Uint8Array, file: string, rank: number): number[] {
  const size = idxHeaderSize(rank);
  if (bytes.length < size) {
    throw corrupt(`${file}: has ${bytes.length} bytes, expected an IDX header of ${size}: truncated?`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  const magic = view.getUint32(0);
  // 0x08 is "unsigned byte" in the IDX format; the last byte is the number of dimensions.
  const expected = 0x0800 | rank;
  if (magic !== expected) {
    const other = magic === 0x0801 ? ' (a file of labels)' : magic === 0x0803 ? ' (a file of images)' : '';
    throw corrupt(
      `${file}: starts with ${hex(magic)}${other}, expected ${hex(expected)} (${rank}-dimensional IDX bytes)`,
    );
  }
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  dimensions.forEach((length, i) => {
    const limit = i === 0 ? MAX_COUNT : MAX_SIDE;
    if (length < 1 || length > limit) {
      throw corrupt(`${file}: its header says ${dimensions.join('×')}, expected 1 to ${limit} in place ${i + 1}`);
    }
  });
  return dimensions;
}

/** @throws SmoothOutError DATA_CORRUPT: as `parseIdxHeader`, or fewer or more bytes than the header says. */
export function parseIdx(bytes: Uint8Array, file: string, rank: number): Idx {
  const dimensions = parseIdxHeader(bytes, file, rank);
  const header = idxHeaderSize(rank);
  const expected = header + dimensions.reduce((product, length) => product * length, 1);
  if (bytes.length !== expected) {
    const how = bytes.length < expected ? 'truncated' : 'bytes after the data';
    throw corrupt(
      `${file}: has ${bytes.length} bytes, expected ${expected} for ${dimensions.join('×')} (its header): ${how}`,
    );
  }
  return { dimensions, data: bytes.subarray(header) };
}

function corrupt(message: string): SmoothOutError {
  return new SmoothOutError('DATA_CORRUPT', message, {
    hint: 'Fetch or copy the file again; `smoothout data verify` checks it.',
  });
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
