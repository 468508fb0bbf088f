import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { gatherRows, removePartial } from './curve-rows.js';

interface Row {
  readonly x: number;
  readonly loss: number;
}

let folder: string;
let computed: number[];
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'smoothout-rows-')), 'figures');
  computed = [];
});

/** Rows for x = 0, 1, 2; `until` fails. */
const gather = (until: number, settings: object = { seed: 1 }, shown: string[] = []) =>
  gatherRows<Row>({
    ...{ folder, name: 'curve', settings },
    pieces: [0, 1, 2].map((x) => ({
      key: `x = ${x}`,
      rows: async (onShare) => {
        if (x === until) throw new Error('stopped');
        computed.push(x);
        onShare(0.5);
        return [{ x, loss: x === 1 ? Number.POSITIVE_INFINITY : x / 3 }];
      },
    })),
    onProgress: (done, key) => shown.push(`${done} ${key}`),
    onRows: (rows) => shown.push(`rows ${rows.map(({ x }) => x)}`),
  });

const ROWS = [
  { x: 0, loss: 0 },
  { x: 1, loss: Number.POSITIVE_INFINITY },
  { x: 2, loss: 2 / 3 },
];

test('what was done before an error is not done again', async () => {
  await expect(gather(2)).rejects.toThrow('stopped');
  expect(await readdir(folder)).toEqual(['.curve.partial.json']);
  expect(await gather(-1)).toEqual(ROWS);
  expect(computed).toEqual([0, 1, 2]);
  await removePartial(folder, 'curve');
  expect(await readdir(folder)).toEqual([]);
});

test('other settings, or a damaged file, start anew', async () => {
  await expect(gather(1)).rejects.toThrow('stopped');
  await gather(-1, { seed: 2 });
  expect(computed).toEqual([0, 0, 1, 2]);
  await writeFile(join(folder, '.curve.partial.json'), '{"settings": {"seed"');
  await gather(-1);
  expect(computed).toEqual([0, 0, 1, 2, 0, 1, 2]);
});

test('an error before anything is done leaves no file', async () => {
  await expect(gather(0)).rejects.toThrow('stopped');
  expect(await readdir(folder)).toEqual([]);
});

test('says where it is, and passes each row on as it comes', async () => {
  await expect(gather(1)).rejects.toThrow('stopped');
  const shown: string[] = [];
  await gather(-1, { seed: 1 }, shown);
  expect(shown).toEqual(['0 x = 0', '1 x = 1', '1.5 x = 1', 'rows 1', '2 x = 2', '2.5 x = 2', 'rows 2']);
});
