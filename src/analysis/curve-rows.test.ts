import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { partialState } from '../records/partial-state.js';
import { computeCurveRows } from './curve-rows.js';

describe('rows that are computed task by task', () => {
  interface Row {
    readonly x: number;
    readonly loss: number;
  }

  let folder: string;
  let computed: number[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'smoothout-rows-'));
    computed = [];
  });

  const partialOf = (settings: object) =>
    partialState<Record<string, Row[]>>(join(folder, '.curve.partial'), settings, 30);

  /** Rows for x = 0, 1, 2; `until` fails. */
  const compute = (until: number, settings: object = { seed: 1 }, shown: string[] = []) =>
    computeCurveRows<Row>({
      partial: partialOf(settings),
      tasks: [0, 1, 2].map((x) => ({
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
    await expect(compute(2)).rejects.toThrow('stopped');
    expect(await readdir(folder)).toEqual(['.curve.partial']);
    expect(await compute(-1)).toEqual(ROWS);
    expect(computed).toEqual([0, 1, 2]);
    await partialOf({}).remove();
    expect(await readdir(folder)).toEqual([]);
  });

  test('other settings, or a damaged file, start anew', async () => {
    await expect(compute(1)).rejects.toThrow('stopped');
    await compute(-1, { seed: 2 });
    expect(computed).toEqual([0, 0, 1, 2]);
    await writeFile(join(folder, '.curve.partial', 'state.json'), '{"question": {"seed"');
    await compute(-1);
    expect(computed).toEqual([0, 0, 1, 2, 0, 1, 2]);
  });

  test('an error before anything is done leaves no file', async () => {
    await expect(compute(0)).rejects.toThrow('stopped');
    expect(await readdir(folder)).toEqual([]);
  });

  test('says where it is, and passes each row on as it comes', async () => {
    await expect(compute(1)).rejects.toThrow('stopped');
    const shown: string[] = [];
    await compute(-1, { seed: 1 }, shown);
    expect(shown).toEqual(['0 x = 0', '1 x = 1', '1.5 x = 1', 'rows 1', '2 x = 2', '2.5 x = 2', 'rows 2']);
  });
});
