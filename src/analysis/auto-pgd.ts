/** The largest value in a ball around 0 by Auto-PGD: Croce and Hein (ICML 2020), Algorithm 1. */
import type { ObjectiveFunction } from '../lbfgsb/problem.js';
import { access, axpy, norm as length, scale } from '../lbfgsb/vectors.js';

const { add, at, clamp } = access;

interface Ball {
  /** ‖v‖₂ ≤ radius, or |vᵢ| ≤ radius for every i. */
  readonly norm: 'l2' | 'linf';
  readonly radius: number;
}

/** α: the weight of a new step beside the movement so far. */
const MOMENTUM = 0.75;
/** ρ: the share of steps between two checkpoints that have to go up, or else the step is halved. */
const SUCCESSES = 0.75;

/**
 * Maximises over n variables, from 0: v₊ = P(v + α(z − v) + (1 − α)(v − v₋)) with z = P(v + η·s), where s is the steepest
 * direction of the ball, ∇f/‖∇f‖₂ or sign ∇f. η starts at twice the radius and is halved, back at the best point so far,
 * where too few steps since the last checkpoint went up. Values that are no numbers count as no improvement.
 *
 * @returns the largest value seen, and the one at 0, after which there were `steps` evaluations.
 */
export async function maximizeByAutoPgd(
  objective: ObjectiveFunction,
  n: number,
  { steps, ...ball }: Ball & { readonly steps: number },
): Promise<{ f: number; start: number }> {
  const { norm, radius } = ball;
  const checkpoints = new Set(checkpointsOf(steps));
  let [v, previous] = [new Float64Array(n), new Float64Array(n)];
  const [best, bestGradient] = [new Float64Array(n), new Float64Array(n)];
  const gradient = new Float64Array(n);
  const start = await objective(v, gradient);
  bestGradient.set(gradient);
  let [f, fBest, eta] = [start, start, 2 * radius];
  let since = { step: 0, successes: 0, eta: Number.NaN, fBest: Number.NaN };
  for (let step = 1; step <= steps; step++) {
    const z = v.slice();
    addSteepest(z, gradient, eta, norm);
    projectOntoBall(z, ball);
    // The first step has no movement to go on with.
    if (step > 1) {
      addMomentum(z, v, previous);
      projectOntoBall(z, ball);
    }
    [previous, v] = [v, z];
    const before = f;
    f = await objective(v, gradient);
    if (f > before) since.successes++;
    if (f > fBest) {
      fBest = f;
      best.set(v);
      bestGradient.set(gradient);
    }
    if (!checkpoints.has(step)) continue;
    const tooFew = since.successes < SUCCESSES * (step - since.step);
    const noBetter = since.eta === eta && since.fBest === fBest;
    since = { step, successes: 0, eta, fBest };
    if (!tooFew && !noBetter) continue;
    eta /= 2;
    f = fBest;
    v.set(best);
    gradient.set(bestGradient);
  }
  return { f: fBest, start };
}

/** wⱼ = ⌈pⱼ·steps⌉ with p₁ = 0.22 and pⱼ₊₁ = pⱼ + max(pⱼ − pⱼ₋₁ − 0.03, 0.06). */
function checkpointsOf(steps: number): number[] {
  const shares = [0, 0.22];
  for (;;) {
    const [before, last] = shares.slice(-2) as [number, number];
    if (last >= 1) return shares.slice(1).map((share) => Math.ceil(share * steps));
    shares.push(last + Math.max(last - before - 0.03, 0.06));
  }
}

/** v ← v + η·s for the steepest direction s of the norm; nothing where the gradient is 0. */
function addSteepest(v: Float64Array, gradient: Float64Array, eta: number, norm: Ball['norm']): void {
  if (norm === 'linf') {
    for (let i = 0; i < v.length; i++) add(v, i, eta * Math.sign(at(gradient, i)));
    return;
  }
  const size = length(gradient);
  if (size !== 0) axpy(eta / size, gradient, v);
}

/** z ← v + α(z − v) + (1 − α)(v − v₋) */
function addMomentum(z: Float64Array, v: Float64Array, previous: Float64Array): void {
  for (let i = 0; i < z.length; i++)
    z[i] = at(v, i) + MOMENTUM * (at(z, i) - at(v, i)) + (1 - MOMENTUM) * (at(v, i) - at(previous, i));
}

function projectOntoBall(v: Float64Array, { norm, radius }: Ball): void {
  if (norm === 'linf') {
    for (let i = 0; i < v.length; i++) v[i] = clamp(at(v, i), -radius, radius);
    return;
  }
  const size = length(v);
  if (size > radius) scale(radius / size, v);
}
