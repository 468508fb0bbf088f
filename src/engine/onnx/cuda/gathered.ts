/** Inputs gathered on a device where each call is expensive: one call makes all runs that they are for. */
import { named } from '../../../support/at.js';
import { dtypeOf, type HostArray, newArray } from '../../engine.js';
import { mapValues, type NamedValues } from '../../flat.js';

/** Runs in one call, and what their inputs may take in bytes. */
const MOST_RUNS = 16;
const MOST_BYTES = 2 ** 28;

interface Gathered {
  /** The values of all items, one behind the other, in arrays that the next ones use again. */
  readonly inputs: Readonly<Record<string, HostArray>>;
  readonly runs: number;
}

export async function* gathered(each: AsyncIterable<NamedValues>): AsyncGenerator<Gathered, void, void> {
  let most = 1;
  let arrays: Record<string, HostArray> | undefined;
  let runs = 0;
  const filled = (): Gathered => {
    return { inputs: mapValues(arrays ?? {}, (all) => all.subarray(0, (runs * all.length) / most)), runs };
  };
  for await (const item of each) {
    // A device whose arrays do not outlive a call has them on the host.
    const values = item as Readonly<Record<string, HostArray>>;
    if (arrays === undefined) {
      const bytes = Object.values(values).reduce((sum, { byteLength }) => sum + byteLength, 0);
      most = Math.max(1, Math.min(MOST_RUNS, Math.floor(MOST_BYTES / bytes)));
      arrays = mapValues(values, (one) => newArray({ shape: [most * one.length], dtype: dtypeOf(one) }));
    }
    for (const [name, one] of Object.entries(values)) named(arrays, name).set(one, runs * one.length);
    runs++;
    if (runs < most) continue;
    yield filled();
    runs = 0;
  }
  if (runs > 0) yield filled();
}
