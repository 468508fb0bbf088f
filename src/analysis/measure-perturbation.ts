/** How the loss changes in a ball around a checkpoint, kept beside it: what was measured before is found there. */

import { checkWritable } from '../records/measured-on.js';
import { isSameMeasure, measureTitle, type PerturbationMeasurement } from '../records/perturbation-measures.js';
import { addPerturbation, readMeasured, sharpnessPath } from '../records/sharpness-record.js';
import { openCheckpoint } from '../session/checkpoint-file.js';
import type { Session } from '../session/session.js';
import { type CheckpointPath, MEASURED_BEFORE, type MeasureEvents, nameOf } from './measured.js';
import { type MeasureRequest, measurePerturbation, passesOf, resolveMeasure } from './perturbation-measures.js';

export interface PerturbationRequest extends CheckpointPath {
  readonly request: MeasureRequest;
  /** Measure again what has been measured. */
  readonly force: boolean;
}

export type PerturbationEvents = MeasureEvents<PerturbationMeasurement>;

/** @throws what `openCheckpoint` and `measurePerturbation` throw. */
export async function measureBall(
  session: Session,
  { path, config, request, force }: PerturbationRequest,
  { onNotice, onStart, onStep, onMeasured }: PerturbationEvents,
): Promise<void> {
  const checkpoint = await openCheckpoint(session, path, config);
  const record = await sharpnessPath(path);
  const settings = resolveMeasure(request, checkpoint);
  const { perturbations } = await readMeasured(record, checkpoint);
  const earlier = force ? undefined : perturbations.find((one) => isSameMeasure(one, settings));
  const measure = async () => {
    await checkWritable(record);
    onStart({ run: checkpoint.run, what: measureTitle(settings) });
    const total = passesOf(settings);
    const onPass = (passes: number) =>
      onStep({ doing: `${passes} of ${total} passes`, done: passes / total, best: null });
    const measurement = await measurePerturbation(session, checkpoint, settings, onPass);
    await addPerturbation(record, checkpoint, measurement);
    return measurement;
  };
  if (earlier) onNotice(`${path}: ${MEASURED_BEFORE}`);
  onMeasured({ checkpoint: nameOf(checkpoint), measurement: earlier ?? (await measure()), record });
}
