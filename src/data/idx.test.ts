import { describe, expect, test } from 'vitest';
import { SmoothOutError } from '../support/errors.js';
import { parseIdx } from './idx.js';
import { idx } from './testing/fixtures.js';

describe('parseIdx', () => {
  test('gives dimensions and bytes', () => {
    const { dimensions, data } = parseIdx(
      idx(
        [2, 2, 3],
        Uint8Array.from({ length: 12 }, (_, i) => i),
      ),
      'f',
      3,
    );
    expect(dimensions).toEqual([2, 2, 3]);
    expect([...data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test.each([
    ['an empty file', Buffer.alloc(0), 'has 0 bytes, expected an IDX header of 16'],
    ['half a header', idx([2, 2, 3], new Uint8Array()).subarray(0, 9), 'has 9 bytes, expected an IDX header of 16'],
    [
      'labels for images',
      idx([100], new Uint8Array(100)),
      'starts with 0x00000801 (a file of labels), expected 0x00000803',
    ],
    ['another element type', Buffer.from([0, 0, 0x0d, 3, ...new Uint8Array(20)]), 'starts with 0x00000d03, expected'],
    ['no images', idx([0, 28, 28], new Uint8Array()), 'its header says 0×28×28, expected 1 to 1000000 in place 1'],
    [
      'an absurd count',
      idx([0xffffffff, 28, 28], new Uint8Array()),
      'its header says 4294967295×28×28, expected 1 to 1000000 in place 1',
    ],
    [
      'an absurd side',
      idx([1, 28, 65536], new Uint8Array()),
      'its header says 1×28×65536, expected 1 to 1024 in place 3',
    ],
    [
      'one byte too few',
      idx([2, 2, 3], new Uint8Array(11)),
      'has 27 bytes, expected 28 for 2×2×3 (its header): truncated',
    ],
    [
      'one byte too many',
      idx([2, 2, 3], new Uint8Array(13)),
      'has 29 bytes, expected 28 for 2×2×3 (its header): bytes after',
    ],
  ])('refuses %s', (_, bytes, message) => {
    const read = () => parseIdx(bytes, '/data/images', 3);
    expect(read).toThrow(SmoothOutError);
    expect(read).toThrow(expect.objectContaining({ code: 'DATA_CORRUPT' }));
    expect(read).toThrow(`/data/images: ${message}`);
  });
});
