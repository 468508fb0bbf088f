import { describe, expect, test } from 'vitest';
import type { CurveFile } from '../records/curve-record.js';
import { rises } from './curves.js';
import type { Group } from './groups.js';
import { paperRow } from './paper.js';

import { verdicts } from './verdicts.js';

const SEEDS = [1, 2, 3];

function group(experiment: 'c1-sb' | 'c1-lb'): Group {
  const record = { experiment, method: 'baseline', bestAccuracy: 90 };
  const runs = SEEDS.map((seed) => ({ record: { ...record, seed }, sharpness: null }));
  const standing = { row: paperRow(experiment), method: 'baseline', deviations: [], notes: [] };
  return { name: `${experiment}/baseline`, settings: { preset: 'paper' }, runs, standing } as unknown as Group;
}

/** Of a run, as `smoothout sensitivity` writes it: `losses` on the training set at the strengths, and twice that on the test set. */
function curve(experiment: string, seed: number, losses: Readonly<Record<string, number>>): CurveFile {
  const points = Object.entries(losses).flatMap(([a, loss]) =>
    (['train', 'test'] as const).map((split) => {
      const factor = split === 'train' ? 1 : 2;
      return { x: Number(a), split, loss: factor * loss, accuracy: 0, checkpoints: ['best'], detail: 'epoch' };
    }),
  );
  return {
    kind: 'sensitivity',
    name: `${experiment}-${seed}`,
    points,
    runOf: () => ({ experiment, method: 'baseline', seed }),
  };
}

const sides: [Group, Group] = [group('c1-lb'), group('c1-sb')];

describe('what noise adds to the training loss', () => {
  test('is a mean over the strengths above 0 that all curves have', () => {
    const files = [
      ...SEEDS.map((seed) => curve('c1-lb', seed, { 0: 0.125, 0.01: 0.625, 0.02: 1.125 + seed, 0.04: 99 })),
      ...SEEDS.map((seed) => curve('c1-sb', seed, { 0: 0.25, 0.005: 99, 0.01: 0.25, 0.02: 0.5 })),
    ];
    const [more, less] = rises(sides, files);
    expect([...more]).toEqual(SEEDS.map((seed) => [seed, (0.5 + 1 + seed) / 2]));
    expect([...less]).toEqual(SEEDS.map((seed) => [seed, 0.125]));
  });

  test('leaves out a run whose curve does not begin at 0', () => {
    const [more, less] = rises(sides, [curve('c1-lb', 1, { 0.01: 1 }), curve('c1-lb', 2, { 0: 0, 0.01: 1 })]);
    expect([[...more], [...less]]).toEqual([[[2, 1]], []]);
  });

  test('decides the claim of Fig. 3(b)', () => {
    const lb = SEEDS.map((seed) => curve('c1-lb', seed, { 0: 0, 0.01: 1 + 0.01 * seed }));
    const sb = SEEDS.map((seed) => curve('c1-sb', seed, { 0: 0, 0.01: 0.25 }));
    const of = (files: readonly CurveFile[]) =>
      verdicts(sides, files).find(({ table, row }) => table === 'Fig. 3(b)' && row.id === 'c1-sb');
    expect(of([])).toMatchObject({ word: 'not run', published: null });
    expect(of([...lb, ...sb])).toMatchObject({ word: 'reproduced', effect: { n: 3, paired: true } });
  });
});
