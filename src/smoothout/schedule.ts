/**
 * The factor on the noise's strength at step t of T. `tanh` falls from 1 to 0 around the middle of the training, as in
 * the authors' code when the paper's runs were made; the paper describes constant noise.
 */
export function noiseFactor(schedule: 'constant' | 'tanh', t: number, T: number): number {
  return schedule === 'constant' ? 1 : (1 + Math.tanh(-10 * (t / T - 0.5))) / 2;
}
