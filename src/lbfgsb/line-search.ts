/** The line search of Moré and Thuente: steps along a descent direction until one decreases and flattens the function enough. */

/** Sufficient decrease f(λ) ≤ f(0) + 1e-3 λ f'(0) (Byrd et al. 1995, Eq. 2.4). */
const DECREASE = 1e-3;
/** Curvature |f'(λ)| ≤ 0.9 |f'(0)| (Byrd et al. 1995, Eq. 2.5). */
const CURVATURE = 0.9;
/** The search gives up refining when the interval is narrower than this fraction of its far end. */
const RELATIVE_WIDTH = 0.1;

/** The state of one Moré–Thuente search along a descent direction, for steps in [0, maximum]. */
export type LineSearch = ReturnType<typeof startLineSearch>;

/** A search from f(0) = f, f'(0) = slope < 0 that tries `step` first. */
export function startLineSearch(f: number, slope: number, step: number, maximum: number) {
  const start: StepPoint = { step: 0, f, slope };
  const interval: StepInterval = { bracketed: false, best: start, other: start };
  return {
    /** The step to evaluate next, or the accepted one. */
    step,
    maximum,
    start,
    interval,
    /** True until a step with sufficient decrease and a rising slope turns up. */
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
    const tilted = tiltAll(interval, -required);
    next = takeTrialPoint(tilted, tilt(trial, -required), search.trialMinimum, search.trialMaximum);
    Object.assign(interval, tiltAll(tilted, required));
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

const tiltAll = ({ bracketed, best, other }: StepInterval, slope: number): StepInterval => {
  return { bracketed, best: tilt(best, slope), other: tilt(other, slope) };
};

/**
 * The interval of Moré and Thuente's line search ("Line search algorithms with guaranteed sufficient decrease", ACM
 * TOMS 20, 1994): `best` is the step with the least value so far, `other` the far end once a minimiser is bracketed.
 */
interface StepInterval {
  bracketed: boolean;
  best: StepPoint;
  other: StepPoint;
}

interface StepPoint {
  readonly step: number;
  readonly f: number;
  readonly slope: number;
}

/**
 * The next trial step, within [minimum, maximum] unless bracketed, from the interval and the newest point; the four
 * cases of the paper's Section 4. Takes the newest point into the interval.
 */
function takeTrialPoint(interval: StepInterval, trial: StepPoint, minimum: number, maximum: number): number {
  const before = { ...interval };
  const { best, other, bracketed } = before;
  if (trial.f > best.f) {
    interval.bracketed = true;
    interval.other = trial;
    return higherValue(best, trial);
  }
  interval.best = trial;
  if (trial.slope * Math.sign(best.slope) < 0) {
    interval.bracketed = true;
    interval.other = best;
    return oppositeSlope(best, trial);
  }
  if (Math.abs(trial.slope) < Math.abs(best.slope)) return flatterSlope(before, trial, minimum, maximum);
  if (bracketed) return cubicMinimizer(trial, other, cubicTerms(other, trial));
  return trial.step > best.step ? maximum : minimum;
}

/** Case 1: the minimum is bracketed; the cubic step if it is nearer to `best` than the quadratic one, else their mean. */
function higherValue(best: StepPoint, trial: StepPoint): number {
  const width = trial.step - best.step;
  const cubic = cubicMinimizer(best, trial, cubicTerms(best, trial));
  const quadratic = best.step + (best.slope / ((best.f - trial.f) / width + best.slope) / 2) * width;
  if (Math.abs(cubic - best.step) < Math.abs(quadratic - best.step)) return cubic;
  return cubic + (quadratic - cubic) / 2;
}

/** Case 2: the slope has turned; the cubic or the secant step, whichever is farther from the trial. */
function oppositeSlope(best: StepPoint, trial: StepPoint): number {
  const cubic = cubicMinimizer(trial, best, cubicTerms(best, trial));
  const secant = secantStep(best, trial);
  return Math.abs(cubic - trial.step) > Math.abs(secant - trial.step) ? cubic : secant;
}

/** Case 3: the slope keeps its sign and flattens. */
function flatterSlope(interval: StepInterval, trial: StepPoint, minimum: number, maximum: number): number {
  const { best, other, bracketed } = interval;
  const { theta, root } = cubicTerms(best, trial);
  const gamma = trial.step > best.step ? -root : root;
  const ratio = (gamma - trial.slope + theta) / (gamma + (best.slope - trial.slope) + gamma);
  // The cubic step counts only where the cubic grows without bound along the search or has its minimum beyond the trial.
  let cubic = trial.step > best.step ? maximum : minimum;
  if (ratio < 0 && gamma !== 0) cubic = trial.step + ratio * (best.step - trial.step);
  const secant = secantStep(best, trial);
  const cubicIsNearer = Math.abs(cubic - trial.step) < Math.abs(secant - trial.step);
  if (bracketed) {
    const next = cubicIsNearer ? cubic : secant;
    const limit = trial.step + 0.66 * (other.step - trial.step);
    return trial.step > best.step ? Math.min(limit, next) : Math.max(limit, next);
  }
  const cubicIsFarther = Math.abs(cubic - trial.step) > Math.abs(secant - trial.step);
  return Math.max(minimum, Math.min(maximum, cubicIsFarther ? cubic : secant));
}

function secantStep(best: StepPoint, trial: StepPoint): number {
  return trial.step + (trial.slope / (trial.slope - best.slope)) * (best.step - trial.step);
}

/**
 * The minimiser of the cubic through both points, as a step from `from`. Its terms are always of a pair with the trial
 * last, whichever end that is: in the other order they would be rounded otherwise.
 */
function cubicMinimizer(from: StepPoint, to: StepPoint, { theta, root }: CubicTerms): number {
  const gamma = from.step > to.step ? -root : root;
  const ratio = (gamma - from.slope + theta) / (gamma - from.slope + gamma + to.slope);
  return from.step + ratio * (to.step - from.step);
}

type CubicTerms = ReturnType<typeof cubicTerms>;

function cubicTerms(a: StepPoint, b: StepPoint) {
  const theta = (3 * (a.f - b.f)) / (b.step - a.step) + a.slope + b.slope;
  const size = Math.max(Math.abs(theta), Math.abs(a.slope), Math.abs(b.slope));
  // Rounding alone can make the radicand negative in cases 1, 2 and 4; in case 3 it means there is no minimum.
  const radicand = Math.max(0, (theta / size) ** 2 - (a.slope / size) * (b.slope / size));
  return { theta, root: size * Math.sqrt(radicand) };
}
