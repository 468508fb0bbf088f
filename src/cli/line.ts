/** The points of a line between two checkpoints, as `interpolate` and `barrier` record them. */
import type { Split } from '../data/split-images.js';

export interface LineRow {
  readonly alpha: number;
  readonly split: Split;
  readonly loss: number;
  readonly accuracy: number;
  readonly from: string;
  readonly to: string;
  readonly statistics: string;
}

/** What becomes of batch norm's running statistics on the way, by the names of the option and of the record. */
export const STATISTICS = { interpolate: 'interpolated', reestimate: 're-estimated' } as const;
export type Statistics = keyof typeof STATISTICS;
