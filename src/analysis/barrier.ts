/** The barrier between two minima: how far the loss rises above the straight line between their losses (Entezari et al. 2022). */
import { groupBy } from '../support/statistics.js';
import type { LineRow } from './interpolation.js';

/** A point of the line between two networks, α = 0 and 1 at its ends. */
type LinePoint = Pick<LineRow, 'alpha' | 'loss' | 'accuracy'>;

interface Barrier {
  /** max L(α) − ((1 − α)·L(0) + α·L(1)) over the points: nats, 0 where the loss is nowhere above that line. */
  readonly loss: number;
  /** Where that is; 0 for no barrier. */
  readonly alpha: number;
  /** The same of the error: percentage points. */
  readonly error: number;
}

/** Loss and error above the line between the ends, point by point. @throws RangeError without both ends. */
export function aboveEnds(points: readonly LinePoint[]): { alpha: number; loss: number; error: number }[] {
  const end = (alpha: number): LinePoint => {
    const found = points.find((point) => point.alpha === alpha);
    if (found === undefined) throw new RangeError(`a barrier needs a point at α = ${alpha}`);
    return found;
  };
  const [from, to] = [end(0), end(1)];
  return points.map(({ alpha, loss, accuracy }) => ({
    alpha,
    loss: loss - ((1 - alpha) * from.loss + alpha * to.loss),
    error: (1 - alpha) * from.accuracy + alpha * to.accuracy - accuracy,
  }));
}

/** Of points with α from 0 to 1. @throws RangeError without both ends. */
export function barrierOf(points: readonly LinePoint[]): Barrier {
  const above = aboveEnds(points);
  // Rounding may leave an end a little off its own line.
  const inner = above.filter(({ alpha }) => alpha > 0 && alpha < 1);
  const top = inner.reduce((best, each) => (each.loss > best.loss ? each : best), { alpha: 0, loss: 0 });
  return { loss: top.loss, alpha: top.alpha, error: Math.max(0, ...inner.map(({ error }) => error)) };
}

/** Of which line, on which split. */
export type LineBarrier = Barrier & Pick<LineRow, 'from' | 'to' | 'split' | 'statistics'>;

export function barriersOf(rows: readonly LineRow[]): LineBarrier[] {
  const lines = groupBy(rows, ({ from, to, statistics, split }) => [from, to, statistics, split].join('\n'));
  return [...lines.values()].map((line) => {
    const { from, to, statistics, split } = line[0];
    return { from, to, split, statistics, ...barrierOf(line) };
  });
}
