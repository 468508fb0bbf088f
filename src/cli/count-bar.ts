/** How far something countable has come: bytes fetched, images drawn. */
import { SingleBar } from 'cli-progress';
import { showsProgress } from './output.js';

export interface CountBar {
  /** Shows `done` of `total` under a label; a new label starts a new bar. */
  readonly update: (label: string, done: number, total: number) => void;
  /** Takes the bar away. May be called again. */
  readonly stop: () => void;
}

/** A bar on stderr where somebody watches; else nothing. Counts are shown in units of `scale`. */
export function createCountBar(unit: string, scale = 1): CountBar {
  if (!showsProgress()) return { update: () => undefined, stop: () => undefined };
  let bar: SingleBar | undefined;
  let current: string | undefined;
  const stop = () => {
    bar?.stop();
    bar = undefined;
    current = undefined;
  };
  return {
    stop,
    update(label, done, total) {
      const shown = Math.floor(done / scale);
      if (label !== current) {
        stop();
        current = label;
        bar = new SingleBar({
          format: `${label} [{bar}] {shown} of ${Math.ceil(total / scale)} ${unit}  {eta_formatted} left`,
          barsize: 20,
          // Enough counts for the time left to be steady.
          etaBuffer: 1000,
          clearOnComplete: true,
          stream: process.stderr,
        });
        bar.start(total, done, { shown });
      }
      bar?.update(done, { shown });
    },
  };
}
