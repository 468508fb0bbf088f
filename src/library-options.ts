/** The options of the library's functions, checked before anything is done with them, in the bounds of the command line. */
import { z } from 'zod';
import { DEFAULT_SETTINGS, type SharpnessSettings } from './analysis/sharpness.js';
import { seed } from './config/schema.js';
import { count, countOrNull, positive, threads } from './config/values.js';
import { SmoothOutError } from './support/errors.js';
import { parseAs } from './support/refusal.js';

const aFunction = z
  .custom((value) => typeof value === 'function')
  .describe('a function')
  .optional();

const sessionOptions = {
  engine: z.enum(['onnx', 'tensorflow', 'tfjs']).optional(),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda']).optional(),
  threads: threads.optional(),
  data: z.string().optional(),
  signal: z.instanceof(AbortSignal).optional(),
  onNotice: aFunction,
};

export const runConfigOptions = z.strictObject({
  ...sessionOptions,
  methods: z.array(z.string()).optional(),
  seeds: z.array(seed).min(1).optional(),
  set: z.array(z.string()).optional(),
  out: z.string().optional(),
  force: z.boolean().optional(),
  ...{ onStart: aFunction, onStep: aFunction, onEpoch: aFunction },
});

const usual = DEFAULT_SETTINGS;

const sharpnessSettings = z.strictObject({
  split: z.enum(['train', 'test']).default(usual.split),
  batchNorm: z.enum(['running', 'batch']).default(usual.batchNorm),
  gradient: z.enum(['exact', 'reference']).default(usual.gradient),
  epsilon: positive.default(usual.epsilon),
  start: z.enum(['center', 'random']).default(usual.start),
  maxIterations: count.default(usual.maxIterations),
  manifold: countOrNull.default(usual.manifold),
  repeats: count.default(usual.repeats),
  images: countOrNull.default(usual.images),
  batchSize: countOrNull.default(usual.batchSize),
  seed: seed.default(usual.seed),
}) satisfies z.ZodType<SharpnessSettings>;

export const measureCheckpointOptions = z.strictObject({ ...sessionOptions, settings: sharpnessSettings.prefault({}) });

/** The options with defaults. @throws SmoothOutError USAGE for the first that is wrong. */
export const checkOptions = <Options extends z.ZodType>(of: string, schema: Options, options: unknown) =>
  parseAs(schema, options, (why) => new SmoothOutError('USAGE', `${of}: ${why}`));
