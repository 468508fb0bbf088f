/** `smoothout sharpness --measure worst|average|lpf`: how the loss changes in a ball around a checkpoint. */
import type { Measured } from '../analysis/measure-checkpoint.js';
import type { MeasureRequest } from '../analysis/perturbation-measures.js';
import {
  MEASURES,
  type MeasureName,
  measureTitle,
  type PerturbationMeasurement,
} from '../records/perturbation-measures.js';
import { at } from '../support/at.js';
import type { CheckpointsToMeasure } from './measure-checkpoints.js';
import type { LossOptions } from './options.js';
import { textTable } from './output.js';
import { checkpointLabel } from './session.js';

export interface PerturbationOptions extends LossOptions, Pick<MeasureRequest, 'norm' | 'logits'> {
  readonly adaptive?: boolean;
  readonly radius?: number;
  readonly m?: number;
  readonly steps?: number;
}

export function perturbationSharpness(
  measure: MeasureName,
  options: PerturbationOptions,
): CheckpointsToMeasure<MeasureRequest, PerturbationMeasurement> {
  const { norm, adaptive = false, logits, split, batchNorm, seed } = options;
  const { radius = null, m = null, steps = null, images = null, batchSize = null } = options;
  const named = { measure, norm, adaptive, logits, split, batchNorm, seed };
  return {
    event: 'sharpness',
    summary,
    settings: [{ ...named, radius, m, steps, images, batchSize }],
    measure: (perform, request, events) => perform('perturbation', request, events),
  };
}

const HEADER = ['checkpoint', 'measure', 'images', 'loss', 'value', '± (standard error)', 'passes', 'seconds'];

function summary(measured: readonly Measured<PerturbationMeasurement>[]): string {
  const rows = measured.map(({ checkpoint, measurement: m }) => [
    checkpointLabel(checkpoint),
    measureTitle(m),
    String(m.images),
    m.loss.toPrecision(4),
    m.value.toPrecision(5),
    m.standardError?.toPrecision(2) ?? '',
    String(m.evaluations),
    m.seconds.toFixed(1),
  ]);
  const { definition } = MEASURES[at(measured, 0).measurement.measure];
  return `${textTable([HEADER, ...rows], [2, 3, 4, 5, 6, 7])}\n\nvalue: ${definition}.`;
}
