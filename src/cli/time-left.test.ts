import { expect, test } from 'vitest';
import { tinySpec } from '../training/testing/tiny.js';
import { type Ahead, createSpeeds, secondsLeft } from './time-left.js';

const spec = tinySpec();
const other = tinySpec({ batchSize: 32 });
const waiting = (images: number, of = spec): Ahead => ({ spec: of, images, isRunning: false, speed: null });
const running = (images: number, speed: number): Ahead => ({ spec, images, isRunning: true, speed });

test('what waits takes the first job that is free', () => {
  const speeds = createSpeeds();
  speeds.note(spec, 10);
  // Jobs are free after 10 s and 40 s: 20 s and 30 s follow in the first, then 5 s in the second.
  const ahead = [running(100, 10), running(200, 5), waiting(200), waiting(300), waiting(50)];
  expect(secondsLeft(ahead, 2, speeds)).toBe(60);
  expect(secondsLeft(ahead.slice(0, 2), 2, speeds)).toBe(40);
  expect(secondsLeft([waiting(100), waiting(100)], 3, speeds)).toBe(10);
});

test('runs like those that have trained are as fast, others as fast as their mean; before, nothing is known', () => {
  const speeds = createSpeeds();
  expect(secondsLeft([waiting(100)], 1, speeds)).toBeNull();
  speeds.note(spec, 10);
  expect(secondsLeft([waiting(100, other)], 1, speeds)).toBe(10);
  speeds.note(other, 30);
  expect(secondsLeft([waiting(100)], 1, speeds)).toBe(10);
  expect(secondsLeft([waiting(100, tinySpec({ ghostBatchSize: 8 }))], 1, speeds)).toBe(5);
});
