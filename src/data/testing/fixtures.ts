/** Files in the official formats, small and as a test wants them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { type ErrorCode, SmoothOutError } from '../../support/errors.js';
import { CIFAR10, CIFAR100 } from '../cifar.js';
import { MNIST_FILES } from '../mnist.js';

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** A new empty folder, removed after the test file that asked for it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-data-'));
  folders.push(folder);
  return folder;
}

/** An IDX file of these bytes. */
export function idx(dimensions: readonly number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.writeUInt32BE(0x0800 | dimensions.length);
  dimensions.forEach((length, i) => {
    header.writeUInt32BE(length, 4 + 4 * i);
  });
  return Buffer.concat([header, data]);
}

/** Pixel k of image i is (i + k) mod 256. */
export function pixels(images: number, size: number): Uint8Array {
  return Uint8Array.from({ length: images * size }, (_, k) => (Math.floor(k / size) + (k % size)) % 256);
}

/** A tiny MNIST: image i of class i mod 10. Returns the folder. */
export async function writeMnist(train = 30, test = 20): Promise<string> {
  const folder = await temporaryFolder();
  for (const [[images, labels], count] of [
    [MNIST_FILES.train, train],
    [MNIST_FILES.test, test],
  ] as const) {
    await writeFile(join(folder, images), idx([count, 28, 28], pixels(count, 784)));
    await writeFile(
      join(folder, labels),
      idx(
        [count],
        Uint8Array.from({ length: count }, (_, i) => i % 10),
      ),
    );
  }
  return folder;
}

/** Records of a CIFAR file; image i has these label bytes and `pixels`. */
export function cifarRecords(count: number, labels: (i: number) => readonly number[]): Buffer {
  const images = pixels(count, 3072);
  return Buffer.concat(
    Array.from({ length: count }, (_, i) =>
      Buffer.concat([Uint8Array.from(labels(i)), images.subarray(i * 3072, (i + 1) * 3072)]),
    ),
  );
}

/** A tiny CIFAR-10 (6 records a file) or CIFAR-100 (12 records). Returns the folder. */
export async function writeCifar(name: 'cifar10' | 'cifar100'): Promise<string> {
  const folder = await temporaryFolder();
  const format = name === 'cifar10' ? CIFAR10 : CIFAR100;
  for (const file of [...format.train, format.test]) {
    const records = name === 'cifar10' ? cifarRecords(6, (i) => [i]) : cifarRecords(12, (i) => [i % 20, (7 * i) % 100]);
    await writeFile(join(folder, file), records);
  }
  return folder;
}

/** Expects a SmoothOutError with this code, whose message and hint have all of these. */
export async function expectError(action: Promise<unknown>, code: ErrorCode, ...texts: string[]): Promise<void> {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SmoothOutError);
  const { message, hint, code: found } = error as SmoothOutError;
  expect({ code: found, message }).toEqual({ code, message });
  for (const text of texts) expect(`${message}\n${hint ?? ''}`).toContain(text);
}
