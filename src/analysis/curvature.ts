/** The curvature of the loss at one checkpoint: largest eigenvalues, trace and spectral density, whole and by layer. */
import { dirname, join } from 'node:path';
import { firstImages } from '../data/source.js';
import type { Layout } from '../nn/layout.js';
import {
  answersCurvature,
  type CurvatureMeasurement,
  type CurvaturePart,
  type CurvatureQuestion,
  curvatureFile,
} from '../records/curvature-record.js';
import { type PartialState, partialState } from '../records/partial-state.js';
import { recordBeside } from '../records/run-folder.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import type { Session } from '../session/session.js';
import { at } from '../support/at.js';
import { sha256 } from '../support/digest.js';
import { SmoothOutError } from '../support/errors.js';
import { createLossCurvature } from './curvature-matrix.js';
import { type Eigenpairs, type LanczosState, largestEigenpairs, type SymmetricMatrix } from './lanczos.js';
import { type MeasureStep, measuring } from './measure-checkpoint.js';
import { densityOf, type Probe, probeSpectrum, traceOf } from './spectral-density.js';
import { resolveImages } from './split-loss.js';

export interface CurvatureSettings extends Omit<CurvatureQuestion, 'images' | 'batchSize'> {
  readonly density: boolean;
  /** The blocks of single layers too. */
  readonly perLayer: boolean;
  /** The first images of the split only; null for all of them. */
  readonly images: number | null;
}

/** The density is smooth long before the trace is exact: so many of its random vectors, and products with each. */
const DENSITY_PROBES = 10;
const DENSITY_STEPS = 30;

/** The settings with the numbers of images that they come to for one checkpoint. */
type ResolvedCurvature = CurvatureSettings & CurvatureQuestion & { readonly splitImages: number };

/** @throws SmoothOutError USAGE where batch statistics would be those of a single image. */
export function resolveCurvature(settings: CurvatureSettings, checkpoint: CheckpointFile): ResolvedCurvature {
  return resolveImages({ ...settings, batchSize: null }, checkpoint, 'Choose another --images.');
}

/** Rows and columns of the matrix: all parameters, or those of a layer. */
interface Block {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** A measurement under way, of plain data: what is done of the block that follows the finished ones. */
export interface CurvatureState {
  readonly parts: readonly CurvaturePart[];
  readonly lanczos: LanczosState | null;
  readonly eigenpairs: Eigenpairs | null;
  readonly probes: readonly Probe[];
  readonly loss: number | null;
}

const BEGINNING: CurvatureState = { parts: [], lanczos: null, eigenpairs: null, probes: [], loss: null };
const NEXT_BLOCK = { lanczos: null, eigenpairs: null, probes: [] };

const SAVE_SECONDS = 300;

/**
 * @param partial where it goes on from, and saves its state every five minutes, and once it is interrupted
 * @throws SmoothOutError CHECKPOINT_INVALID where the loss or its curvature is not finite; the reason of the session's
 * signal once it is aborted.
 */
export async function measureCurvature(
  session: Session,
  checkpoint: CheckpointFile,
  settings: ResolvedCurvature,
  onStep: (step: MeasureStep) => void = () => {},
  partial?: PartialState<CurvatureState>,
): Promise<CurvatureMeasurement> {
  const startedAt = performance.now();
  const { engine } = session;
  const { model, weights, spec, splits, path } = checkpoint;
  const { split, images, density: withDensity, perLayer, splitImages, ...question } = settings;
  const whole: Block = { name: 'all parameters', offset: 0, size: model.layout.size };
  const blocks = [whole, ...(perLayer ? layersOf(model.layout) : [])];
  let state = (await partial?.read()) ?? BEGINNING;
  /** Products since the state changed. */
  let products = 0;
  const keep = async (change: Partial<CurvatureState>): Promise<void> => {
    state = { ...state, ...change, loss: curvature.loss() ?? state.loss };
    products = 0;
    await partial?.keep(state);
  };
  const curvature = await createLossCurvature({
    ...{ engine, model, weights, ...question, signal: session.signal },
    images: await session.images(spec, firstImages(splits[split], images)),
    onBatch(done) {
      onStep(stepOf(state, products + done / images, blocks, settings));
      if (done === images) products++;
    },
  });
  try {
    while (state.parts.length < blocks.length) {
      const { offset, size } = at(blocks, state.parts.length);
      const part = await measureBlock(curvature.block(offset, size), settings, state, keep);
      await keep({ ...NEXT_BLOCK, parts: [...state.parts, part] });
    }
    const [, ...layers] = state.parts;
    return {
      ...{ split, images, splitImages, ...question },
      loss: state.loss!,
      parameters: whole.size,
      ...at(state.parts, 0),
      layers: perLayer ? layers.map((part, i) => ({ ...described(at(blocks, i + 1)), ...part })) : null,
      seconds: (performance.now() - startedAt) / 1000,
      engine: engine.name,
      device: engine.device,
    };
  } catch (error) {
    if (session.signal.aborted) await partial?.write(state);
    if (!(error instanceof RangeError)) throw error;
    throw new SmoothOutError('CHECKPOINT_INVALID', `${path}: ${error.message}; its loss is ${curvature.loss()}`);
  } finally {
    await curvature.dispose();
  }
}

const described = ({ name, size }: Block) => ({ name, parameters: size });

/** Parameters that share a layer's name: its weight and its bias. They lie next to each other. */
function layersOf({ parameters }: Layout): Block[] {
  const layers: Block[] = [];
  for (const { name: full, offset, size } of parameters) {
    const name = full.slice(0, full.lastIndexOf('.'));
    const last = layers.at(-1);
    if (last?.name === name) layers[layers.length - 1] = { ...last, size: last.size + size };
    else layers.push({ name, offset, size });
  }
  return layers;
}

/** What is under way, `products` after the state; a share of a product counts as that. */
function stepOf(
  { parts, lanczos, eigenpairs, probes }: CurvatureState,
  products: number,
  blocks: readonly Block[],
  settings: CurvatureSettings,
): MeasureStep {
  // Beforehand nobody knows how many products the eigenvalues take.
  const ofEigenvalues = 3 * settings.top + 10;
  const ofBlock = ofEigenvalues + probeProducts(settings, settings.probes);
  const done = eigenpairs
    ? ofEigenvalues + probeProducts(settings, probes.length) + products
    : Math.min((lanczos?.products ?? 0) + products, ofEigenvalues);
  return {
    doing: `${at(blocks, parts.length).name}: ${eigenpairs ? 'trace' : 'eigenvalues'}`,
    done: (parts.length * ofBlock + done) / (blocks.length * ofBlock),
    best: null,
  };
}

const stepsOf = ({ density }: CurvatureSettings, probe: number): number =>
  density && probe < DENSITY_PROBES ? DENSITY_STEPS : 1;

function probeProducts(settings: CurvatureSettings, probes: number): number {
  return Array.from({ length: probes }, (_, i) => stepsOf(settings, i)).reduce((a, b) => a + b, 0);
}

/** Measures the block that follows the finished ones, from where the state is. */
async function measureBlock(
  matrix: SymmetricMatrix,
  settings: ResolvedCurvature,
  { parts, lanczos: from, probes: known, ...state }: CurvatureState,
  keep: (change: Partial<CurvatureState>) => Promise<void>,
): Promise<CurvaturePart> {
  const { top, probes: count, density, seed } = settings;
  const stream = { seed, purpose: 'curvature', chunk: parts.length } as const;
  const onProduct = (lanczos: LanczosState) => keep({ lanczos });
  const eigenpairs =
    state.eigenpairs ?? (await largestEigenpairs(matrix, { count: top, stream, onProduct, ...(from && { from }) }));
  await keep({ lanczos: null, eigenpairs });
  const { values, residuals, vectors, products } = eigenpairs;
  const probes = [...known];
  const needed = vectors.length === matrix.size ? 0 : count;
  while (probes.length < needed) {
    const i = probes.length;
    probes.push(await probeSpectrum(matrix, vectors, stepsOf(settings, i), { ...stream, epoch: 1, step: i }));
    await keep({ probes: [...probes] });
  }
  const { trace, error } = traceOf(matrix.size, values, probes);
  return {
    ...{ eigenvalues: values, residuals, trace, traceError: error, products },
    density: density ? densityOf(matrix.size, values, probes.slice(0, DENSITY_PROBES)) : null,
  };
}

/** Each question has a folder of its own beside the checkpoint. */
function partialOf({ path, sha256: checkpoint }: CheckpointFile, settings: ResolvedCurvature) {
  const question = { ...settings, sha256: checkpoint };
  const digest = sha256(JSON.stringify(question)).slice(0, 12);
  return partialState<CurvatureState>(join(dirname(path), `.curvature-${digest}.partial`), question, SAVE_SECONDS);
}

const spectra = curvatureFile.list('measurements');

export const measureSpectrum = measuring({
  recordOf: (checkpoint) => recordBeside(checkpoint, 'curvature'),
  resolve: resolveCurvature,
  titleOf: ({ matrix }) => matrix,
  measuredBefore: spectra.measuredBefore,
  answers: answersCurvature,
  async measure(session, checkpoint, settings, onStep, force) {
    const partial = partialOf(checkpoint, settings);
    if (force) await partial.remove();
    return measureCurvature(session, checkpoint, settings, onStep, partial);
  },
  async keep(record, checkpoint, measured, settings) {
    await spectra.keep(record, checkpoint, measured);
    await partialOf(checkpoint, settings).remove();
  },
});
