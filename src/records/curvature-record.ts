/** What `smoothout curvature` writes: curvature.json beside a run's checkpoint, which the report reads, and its numbers as CSV. */
import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import { at } from '../support/at.js';
import { count, measurementFile, positiveCount, SHAPES } from './measured-on.js';
import { parseVersioned } from './versioned.js';

const CURVATURE_VERSION = 1;

/** Of the whole matrix, or of a block on its diagonal. */
const part = {
  /** Those of largest size, largest first, and ‖Av − λv‖ for each. */
  eigenvalues: z.array(z.number()),
  residuals: z.array(z.number().min(0)),
  trace: z.number(),
  /** Standard error; 0 where the eigenvalues are all there are, null from a single probe. */
  traceError: z.number().min(0).nullable(),
  /** Products that the eigenvalues took. */
  products: positiveCount,
  /** Quadrature nodes, ascending, with shares of the eigenvalues that sum to 1. */
  density: z
    .object({
      nodes: z.array(z.number()),
      weights: z.array(z.number().min(0)),
      /** Random vectors behind it, and their own estimates of trace and squared Frobenius norm. */
      probes: count,
      trace: z.number(),
      squaredFrobenius: z.number().min(0),
    })
    .nullable(),
};

/** Every eigenvalue has its residual, and every node its weight. */
const isWhole = ({ eigenvalues, residuals, density }: z.output<z.ZodObject<typeof part>>): boolean =>
  eigenvalues.length > 0 &&
  residuals.length === eigenvalues.length &&
  (density === null || (density.nodes.length > 0 && density.weights.length === density.nodes.length));

const measurementSchema = z.object({
  matrix: z.enum(['hessian', 'ggn']),
  ...SHAPES.loss,
  ...SHAPES.images,
  seed: count,
  /** Eigenvalues and random vectors that were asked for. */
  top: positiveCount,
  probes: positiveCount,
  /** The mean cross-entropy (nats) at the checkpoint, over the same images and in the same mode. */
  loss: z.number(),
  parameters: positiveCount,
  ...part,
  /** The blocks of single layers, in the order of the network. */
  layers: z.array(z.object({ name: z.string(), parameters: positiveCount, ...part })).nullable(),
  ...SHAPES.computed,
});

export type CurvatureMeasurement = z.output<typeof measurementSchema>;
export type CurvaturePart = Pick<CurvatureMeasurement, keyof typeof part>;

const recordSchema = z.object({
  version: z.literal(CURVATURE_VERSION),
  ...SHAPES.checkpoint,
  measurements: z.array(
    measurementSchema.refine((one) => [one, ...(one.layers ?? [])].every(isWhole)).describe('lists of one length'),
  ),
});

export type CurvatureRecord = z.output<typeof recordSchema>;

/** What a measurement's values depend on beside the checkpoint. */
const QUESTION = ['matrix', 'split', 'batchNorm', 'images', 'batchSize', 'seed', 'top', 'probes'] as const;
export type CurvatureQuestion = Pick<CurvatureMeasurement, (typeof QUESTION)[number]>;

function isSameQuestion(a: CurvatureQuestion, b: CurvatureQuestion): boolean {
  return QUESTION.every((key) => a[key] === b[key]);
}

export const curvatureFile = measurementFile<Pick<CurvatureRecord, 'measurements'>, CurvatureRecord>({
  version: CURVATURE_VERSION,
  parse: (text) => parseVersioned(JSON.parse(text), recordSchema, CURVATURE_VERSION),
  replaces: { measurements: isSameQuestion },
  indent: 1,
});

/** Whether it answers the question, with density and layers where they are asked for. */
export function answersCurvature(
  earlier: CurvatureMeasurement,
  question: CurvatureQuestion & { readonly density: boolean; readonly perLayer: boolean },
): boolean {
  const parts = [earlier, ...(question.perLayer ? (earlier.layers ?? []) : [])];
  return (
    isSameQuestion(earlier, question) &&
    (!question.perLayer || earlier.layers !== null) &&
    (!question.density || parts.every(({ density }) => density !== null))
  );
}

const COLUMNS = ['checkpoint', 'matrix', 'split', 'batch_norm', 'part', 'quantity', 'at', 'value', 'error'] as const;

/**
 * NAME.csv of `smoothout curvature`: a line for each number, so that a spreadsheet or a data frame selects what it wants. The
 * quantities: `eigenvalue` at its rank with its residual; `trace` with its standard error; `density_weight` at its node.
 */
export function curvatureCsv(
  all: readonly { readonly checkpoint: string; readonly measurement: CurvatureMeasurement }[],
): string {
  const rows = all.flatMap(({ checkpoint, measurement }) => {
    const { matrix, split, batchNorm, layers } = measurement;
    const parts = [{ name: 'all', ...measurement }, ...(layers ?? [])];
    return parts.flatMap(({ name, ...part }) =>
      numbersOf(part).map((numbers) => [checkpoint, matrix, split, batchNorm, name, ...numbers]),
    );
  });
  return stringify(rows, { header: true, columns: [...COLUMNS] });
}

type Numbers = readonly [quantity: string, at: number | null, value: number, error: number | null];

function numbersOf({ eigenvalues, residuals, trace, traceError, density }: CurvaturePart): Numbers[] {
  return [
    ...eigenvalues.map((value, i): Numbers => ['eigenvalue', i + 1, value, at(residuals, i)]),
    ['trace', null, trace, traceError],
    ...(density?.nodes ?? []).map((node, i): Numbers => ['density_weight', node, at(density!.weights, i), null]),
  ];
}
