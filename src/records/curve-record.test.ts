import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { curveCsv, curveJson, parseCurveCsv, readCurve } from './curve-record.js';

const checkpoint = 'results/runs/f1-lb/baseline/seed-1/best.safetensors';

test('a sensitivity curve is read as it was written', () => {
  const text = curveCsv('sensitivity', [
    { a: 0, split: 'train', loss: 0.01, accuracy: 99.9, draws: 600, checkpoint },
    { a: 0.002, split: 'test', loss: 0.2, accuracy: 97.5, draws: 100, checkpoint },
  ]);
  expect(text.split('\n')[0]).toBe('a,split,loss,accuracy,draws,checkpoint');
  expect(parseCurveCsv(text)).toEqual({
    kind: 'sensitivity',
    points: [
      { x: 0, split: 'train', loss: 0.01, accuracy: 99.9, checkpoints: [checkpoint], detail: '600' },
      { x: 0.002, split: 'test', loss: 0.2, accuracy: 97.5, checkpoints: [checkpoint], detail: '100' },
    ],
  });
});

test('an interpolation has two checkpoints, a landscape a direction', () => {
  const line = curveCsv('interpolate', [
    { alpha: -1, split: 'test', loss: 3, accuracy: 11.5, from: 'a', to: 'b', statistics: 'interpolated' },
  ]);
  expect(parseCurveCsv(line)!.points[0]).toMatchObject({ checkpoints: ['a', 'b'], detail: 'interpolated' });
  const landscape = curveCsv('landscape', [
    { alpha: 0, split: 'test', loss: 3, accuracy: 11.5, direction: 2, checkpoint },
  ]);
  expect(parseCurveCsv(landscape)!.points[0]).toMatchObject({ checkpoints: [checkpoint], detail: '2' });
});

test('a loss that overflowed is a number all the same', () => {
  const text = 'a,split,loss,accuracy,draws,checkpoint\n1,test,Infinity,10,1,x\n2,test,NaN,10,1,x\n3,test,inf,10,1,x\n';
  expect(parseCurveCsv(text)!.points.map(({ loss }) => loss)).toEqual([Infinity, Number.NaN, Infinity]);
});

test('another file is no curve', () => {
  expect(parseCurveCsv('alpha,beta,loss\n1,2,3\n')).toBeNull();
  expect(parseCurveCsv('')).toBeNull();
});

describe('refuses a broken line and names it', () => {
  const header = 'a,split,loss,accuracy,draws,checkpoint\n';
  test.each([
    ['0,train,1,2,3\n', /line 2: 5 fields where the header has 6/],
    ['0,train,1,2,3,x\n0,validation,1,2,3,x\n', /line 3: split is "validation", not train or test/],
    ['0,train,,2,3,x\n', /line 2: loss is "", not a number/],
    ['zero,train,1,2,3,x\n', /line 2: a is "zero", not a number/],
    ['0,train,1,2,3,x\n\n\n0,train,1,2,3\n', /line 5: 5 fields/],
  ])('%j', (lines, reason) => {
    expect(() => parseCurveCsv(header + lines)).toThrow(reason);
  });
});

describe('saved again by a spreadsheet', () => {
  const written = curveCsv('sensitivity', [
    { a: 0.002, split: 'train', loss: 0.125, accuracy: 99.5, draws: 600, checkpoint },
    { a: 1e-5, split: 'test', loss: 1.5, accuracy: 98, draws: 100, checkpoint: 'a "b".safetensors' },
  ]);

  test.each([
    ['with a byte order mark', `\ufeff${written}`],
    ['with Windows line ends', written.replaceAll('\n', '\r\n')],
    ['with empty lines at the end', `${written}\n\n`],
    ['with semicolons', written.replaceAll(',', ';')],
    ['with semicolons and decimal commas', `\ufeff${written.replaceAll(',', ';').replaceAll(/(\d)\.(\d)/g, '$1,$2')}`],
    ['with tabs', written.replaceAll(',', '\t')],
  ])('%s', (_, text) => {
    expect(parseCurveCsv(text)).toEqual(parseCurveCsv(written));
  });

  test('a quote that is not closed is an error', () => {
    expect(() => parseCurveCsv(`${written}"0.1,train`)).toThrow(/Quote Not Closed/);
  });
});

describe('NAME.csv with NAME.json', () => {
  const rows = [{ a: 0, split: 'train', loss: 0.01, accuracy: 99.9, draws: 600, checkpoint: 'mine.safetensors' }];
  const run = { experiment: 'f1-lb', method: 'baseline', seed: 1 };
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'smoothout-curve-'));
    await writeFile(join(folder, 'mine.csv'), curveCsv('sensitivity', rows));
  });
  const settings = (text: string) => writeFile(join(folder, 'mine.json'), text);

  test('says which runs the checkpoints are of', async () => {
    expect((await readCurve(folder, 'mine'))!.runOf('mine.safetensors')).toBeNull();
    await settings(curveJson({ kind: 'sensitivity', checkpoints: { 'mine.safetensors': run }, noise: [0] }));
    expect((await readCurve(folder, 'mine'))!.runOf('mine.safetensors')).toEqual(run);
  });

  test('of another kind, version or shape is refused', async () => {
    await settings(curveJson({ kind: 'landscape' }));
    await expect(readCurve(folder, 'mine')).rejects.toThrow('its settings (.json) are of landscape, not sensitivity');
    await settings('{"version": 2, "kind": "sensitivity"}');
    await expect(readCurve(folder, 'mine')).rejects.toThrow(
      'its settings (.json): version 2, where this program reads version 1',
    );
  });

  test('whose columns are others than its settings say is refused; any other CSV file is none', async () => {
    await writeFile(join(folder, 'mine.csv'), 'a,b\n1,2\n');
    expect(await readCurve(folder, 'mine')).toBeNull();
    await settings(curveJson({ kind: 'plane' }));
    expect(await readCurve(folder, 'mine')).toBeNull();
    await settings(curveJson({ kind: 'sensitivity' }));
    await expect(readCurve(folder, 'mine')).rejects.toThrow('a,split,loss,accuracy,draws,checkpoint');
  });
});
