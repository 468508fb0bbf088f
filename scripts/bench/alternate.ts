/** Rounds in turn, so that whatever slows the machine down for a while slows all contenders. */
import { setTimeout as pause } from 'node:timers/promises';
import { at } from '../../src/support/at.js';
import type { Side } from './side.js';

export interface Contender {
  readonly side: Pick<Side, 'run'>;
  /** What the side has prepared. */
  readonly name: string;
}

export interface Rounds {
  readonly rounds: number;
  /** A round repeats the task for about so long. */
  readonly seconds: number;
}

/** Idle threads keep looking for work for a while, at the cost of whoever computes next. */
const REST_MS = 50;

/** Seconds of one time, for each contender: one number a round. Every other round goes backwards. */
export async function alternate(contenders: readonly Contender[], { rounds, seconds }: Rounds): Promise<number[][]> {
  const times: number[] = [];
  for (const contender of contenders) times.push(await timesIn(contender, seconds));
  const found: number[][] = contenders.map(() => []);
  const order = [...contenders.keys()];
  for (let round = 0; round < rounds; round++) {
    for (const i of round % 2 === 0 ? order : order.toReversed()) {
      at(found, i).push(await secondsEach(at(contenders, i), at(times, i)));
    }
  }
  return found;
}

/** Warms up; how many times fit into so many seconds, and at least one. */
async function timesIn(contender: Contender, seconds: number): Promise<number> {
  const cold = await secondsEach(contender, 1);
  if (cold >= seconds) return 1;
  const warm = await secondsEach(contender, Math.ceil((0.3 * seconds) / cold));
  return Math.ceil(seconds / warm);
}

/**
 * Where it is done several times, once more before them, untimed: the other side has had the caches and the threads have
 * gone to sleep, which training never sees. What is long enough to be done once does not notice.
 *
 * @throws where what came out is no number.
 */
export async function secondsEach({ side, name }: Contender, times: number): Promise<number> {
  await pause(REST_MS);
  const { seconds, outcome } = await side.run(name, times, times > 1 ? 1 : 0);
  if (!Number.isFinite(outcome)) throw new Error(`${name}: ${outcome} came out`);
  return seconds / times;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}
