import { type StepInterval, type StepPoint, takeTrialPoint } from './trial-step.js';

/** Sufficient decrease f(λ) ≤ f(0) + 1e-3 λ f'(0) (Byrd et al. 1995, Eq. 2.4). */
const DECREASE = 1e-3;
/** Curvature |f'(λ)| ≤ 0.9 |f'(0)| (Byrd et al. 1995, Eq. 2.5). */
const CURVATURE = 0.9;
/** The search gives up refining when the interval is narrower than this fraction of its far end. */
const RELATIVE_WIDTH = 0.1;

/** The state of one Moré–Thuente search along a descent direction, for steps in [0, maximum]. */
export interface LineSearch {
  /** The step to evaluate next, or the accepted one. */
  step: number;
  readonly maximum: number;
  readonly start: StepPoint;
  readonly interval: StepInterval;
  /** True until a step with sufficient decrease and a rising slope turns up. */
  firstStage: boolean;
  trialMinimum: number;
  trialMaximum: number;
  width: number;
  previousWidth: number;
}

/** A search from f(0) = f, f'(0) = slope < 0 that tries `step` first. */
export function startLineSearch(f: number, slope: number, step: number, maximum: number): LineSearch {
  const start = { step: 0, f, slope };
  return {
    step,
    maximum,
    start,
    interval: { bracketed: false, best: start, other: start },
    firstStage: true,
    trialMinimum: 0,
    trialMaximum: 5 * step,
    width: maximum,
    previousWidth: 2 * maximum,
  };
}

/**
 * Takes the value and slope at `search.step`. True where that step is to be accepted, either because it satisfies both
 * conditions or because it cannot be improved; else `search.step` is the next one to evaluate.
 */
export function advanceLineSearch(search: LineSearch, f: number, slope: number): boolean {
  const { start, interval, maximum } = search;
  const required = DECREASE * start.slope;
  const bound = start.f + search.step * required;
  const decreased = f <= bound;
  if (search.firstStage && decreased && slope >= 0) search.firstStage = false;
  if (isExhausted(search) || (search.step === maximum && decreased && slope <= required)) return true;
  if (search.step === 0 && (!decreased || slope >= required)) return true;
  if (decreased && Math.abs(slope) <= -CURVATURE * start.slope) return true;

  const trial = { step: search.step, f, slope };
  let next: number;
  if (search.firstStage && f <= interval.best.f && !decreased) {
    // ψ(λ) = f(λ) − λ·DECREASE·f'(0) has its minimiser where a decrease is sufficient.
    const tilted = {
      bracketed: interval.bracketed,
      best: tilt(interval.best, -required),
      other: tilt(interval.other, -required),
    };
    next = takeTrialPoint(tilted, tilt(trial, -required), search.trialMinimum, search.trialMaximum);
    interval.bracketed = tilted.bracketed;
    interval.best = tilt(tilted.best, required);
    interval.other = tilt(tilted.other, required);
  } else {
    next = takeTrialPoint(interval, trial, search.trialMinimum, search.trialMaximum);
  }

  const { best, other, bracketed } = interval;
  if (bracketed) {
    const width = Math.abs(other.step - best.step);
    if (width >= 0.66 * search.previousWidth) next = best.step + 0.5 * (other.step - best.step);
    search.previousWidth = search.width;
    search.width = width;
    search.trialMinimum = Math.min(best.step, other.step);
    search.trialMaximum = Math.max(best.step, other.step);
  } else {
    search.trialMinimum = next + 1.1 * (next - best.step);
    search.trialMaximum = next + 4 * (next - best.step);
  }
  search.step = Math.min(Math.max(next, 0), maximum);
  if (isExhausted(search)) search.step = best.step;
  return false;
}

/** No step strictly inside the bracket is left, or the bracket is as narrow as is asked for. */
function isExhausted(search: LineSearch): boolean {
  const { step, trialMinimum, trialMaximum } = search;
  if (!search.interval.bracketed) return false;
  return step <= trialMinimum || step >= trialMaximum || trialMaximum - trialMinimum <= RELATIVE_WIDTH * trialMaximum;
}

function tilt(point: StepPoint, slope: number): StepPoint {
  return { step: point.step, f: point.f + point.step * slope, slope: point.slope + slope };
}
