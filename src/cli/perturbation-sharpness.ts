/** `smoothout sharpness --measure worst|average|lpf`: how the loss changes in a ball around a checkpoint. */
import type { MeasureRequest } from '../analysis/perturbation-measures.js';
import {
  isSameMeasure,
  MEASURES,
  type MeasureName,
  measureTitle,
  type PerturbationMeasurement,
} from '../records/perturbation-measures.js';
import { addPerturbation, checkWritable, readMeasured, sharpnessPath } from '../records/sharpness-record.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import type { CheckpointsToMeasure } from './measure-checkpoints.js';
import type { AnalysisOptions } from './options.js';
import { GENERATED_NOTE, log, printJson, textTable } from './output.js';
import { createCurveProgress } from './progress.js';
import { checkpointLabel } from './session.js';

export interface PerturbationOptions extends AnalysisOptions {
  readonly norm: 'l2' | 'linf';
  readonly adaptive?: boolean;
  readonly radius?: number;
  readonly m?: number;
  readonly steps?: number;
  readonly logits: 'plain' | 'normalised';
  readonly split: 'train' | 'test';
  readonly batchNorm: 'running' | 'batch';
  readonly batchSize?: number;
  readonly force?: boolean;
}

interface Measured {
  readonly checkpoint: CheckpointFile;
  readonly measurement: PerturbationMeasurement;
  readonly record: string;
}

export function perturbationSharpness(
  measure: MeasureName,
  options: PerturbationOptions,
): CheckpointsToMeasure<Measured> {
  const { force = false, json = false } = options;
  const request = requestOf(measure, options);
  return {
    summary,
    async measure(session, checkpoint, onMeasured) {
      const { measurePerturbation, passesOf, resolveMeasure } = await import('../analysis/perturbation-measures.js');
      const record = await sharpnessPath(checkpoint.path);
      const settings = resolveMeasure(request, checkpoint);
      const { perturbations } = await readMeasured(record, checkpoint);
      const earlier = force ? undefined : perturbations.find((one) => isSameMeasure(one, settings));
      const anew = async () => {
        await checkWritable(record);
        const title = `${checkpointLabel(checkpoint)}, ${measureTitle(settings)}`;
        const total = passesOf(settings);
        const { show, stop } = createCurveProgress(title, total);
        const onPass = (passes: number) => show(passes, `${passes} of ${total} passes`);
        const measurement = await measurePerturbation(session, checkpoint, settings, onPass).finally(stop);
        await addPerturbation(record, checkpoint, measurement);
        return measurement;
      };
      if (earlier) log(`${checkpoint.path}: measured before (--force measures again)`);
      const measurement = earlier ?? (await anew());
      onMeasured({ checkpoint, measurement, record });
      const { path, run, epoch } = checkpoint;
      if (json) printJson({ event: 'sharpness', checkpoint: path, run, epoch, record, ...measurement });
    },
  };
}

function requestOf(measure: MeasureName, options: PerturbationOptions): MeasureRequest {
  const { norm, adaptive = false, radius, m, steps, images, batchSize, logits, split, batchNorm, seed } = options;
  return {
    ...{ measure, norm, adaptive, logits, split, batchNorm, seed },
    radius: radius ?? null,
    m: m ?? null,
    steps: steps ?? null,
    images: images ?? null,
    batchSize: batchSize ?? null,
  };
}

const HEADER = ['checkpoint', 'measure', 'images', 'loss', 'value', '± (standard error)', 'passes', 'seconds'];

function summary(measured: readonly Measured[]): string {
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
  const isGenerated = measured.some(({ checkpoint }) => checkpoint.spec.synthetic);
  return [
    textTable([HEADER, ...rows], [2, 3, 4, 5, 6, 7]),
    '',
    `value: ${MEASURES[measured[0]!.measurement.measure].definition}.`,
    ...(isGenerated ? [GENERATED_NOTE] : []),
    `Written to ${[...new Set(measured.map(({ record }) => record))].join(', ')}`,
  ].join('\n');
}
