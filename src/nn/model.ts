/** A model is a layout of parameters and a pure function of (parameters, running statistics, images). */
import { totalmem } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { imageShape } from '../data/catalogue.js';
import type { NamedTensors } from '../engine/engine.js';
import { at } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import type { DropoutDeclaration, ImageShape, Mode } from './layers.js';
import { buildLayout, checkNames } from './layout.js';
import { type ModelName, networkRow, ofNetwork } from './networks.js';

export type { ImageShape, Mode } from './layers.js';
export type { ModelName } from './networks.js';

export interface ForwardInputs {
  /** By name, as in the layout (`split` of flat.ts makes them from the flat vector). */
  readonly parameters: NamedTensors;
  readonly statistics: NamedTensors;
  /** [N, C, H, W]. */
  readonly images: tf.Tensor;
  /** [N, dropoutUnits], uniform on [0, 1): needed in `train` mode where `dropoutUnits` is not 0. */
  readonly dropout?: tf.Tensor | undefined;
}

export type Model = Awaited<ReturnType<typeof buildModel>>;

export interface ModelOptions {
  readonly classes: number;
  /** Probability of dropping a unit, for the networks that have dropout: C1, C3 and AlexNet (0.5 unless given). */
  readonly dropout?: number | null;
  /** Widths of the hidden layers of `mlp`. */
  readonly hidden?: readonly number[] | null | undefined;
  /** Shape of the images: unless given, that of the first data set in the network's row, or MNIST's. */
  readonly inputShape?: ImageShape;
}

/** They are one flat float32 vector, which has to fit into memory, and whose places are counted in 31 bits. */
const MOST_PARAMETERS = Math.min(2 ** 31 - 1, Math.floor(totalmem() / Float32Array.BYTES_PER_ELEMENT));

/**
 * One of the paper's networks (models/*.ts), or `mlp`, a small perceptron for trials.
 * @throws SmoothOutError CONFIG_INVALID where an option does not fit the network, or the network does not fit into memory.
 */
export async function buildModel(name: ModelName, options: ModelOptions) {
  const { datasets, dropout: usualDropout, load } = networkRow(name);
  const { classes, inputShape = imageShape(datasets?.[0] ?? 'mnist') } = options;
  const dropout = options.dropout ?? usualDropout ?? 0;
  const hidden = options.hidden ?? [128, 128];
  const invalid = (message: string) => new SmoothOutError('CONFIG_INVALID', message);
  if (!Number.isInteger(classes) || classes < 2)
    throw invalid(`model "${name}" needs at least 2 classes, not ${classes}`);
  if (!(dropout >= 0 && dropout < 1)) throw invalid(`dropout is a probability in [0, 1), not ${dropout}`);
  if (dropout > 0 && usualDropout === null) throw invalid(`model "${name}" has no dropout, but dropout is ${dropout}`);
  const badWidth = hidden.find((units) => !Number.isInteger(units) || units < 1);
  if (badWidth !== undefined) throw invalid(`every hidden layer needs a whole number of units, not ${badWidth}`);
  const network = (await load()).default.build(inputShape, { classes, dropout, hidden });
  const layout = ofNetwork(name, 'build()', () => {
    checkNames(network.dropout);
    return buildLayout(network.parameters, network.statistics);
  });
  if (!(layout.size <= MOST_PARAMETERS)) {
    const most = `more than the ${MOST_PARAMETERS} that can be held here`;
    throw new SmoothOutError('CONFIG_INVALID', `model "${name}" has ${layout.size} parameters, ${most}`, {
      hint: 'Give it smaller layers.',
    });
  }
  return {
    name,
    inputShape,
    classes,
    layout,
    /** How many uniform numbers dropout needs for each image in `train` mode; 0 for none. */
    dropoutUnits: network.dropout.reduce((total, { units }) => total + units, 0),
    /**
     * The logits [N, classes], and in `train` mode what the layers found in this batch: the running statistics follow it.
     * Pure, and made of tfjs ops only.
     */
    forward({ parameters, statistics, images, dropout: numbers }: ForwardInputs, mode: Mode) {
      const batchStatistics: Record<string, tf.Tensor> = {};
      const uniform = mode === 'train' ? splitDropout(numbers, network.dropout) : {};
      const logits = ofNetwork(name, 'its forward pass', () => {
        const made = network.apply(images, { mode, parameters, statistics, uniform, batchStatistics });
        const [shape, expected] = [made?.shape, [at(images.shape, 0), classes]];
        if (isDeepStrictEqual(shape, expected)) return made;
        const what = `it makes ${shape ? `[${shape.join(', ')}]` : 'no tensor'} of a batch, expected [${expected.join(', ')}]`;
        throw invalid(`${what}: a number for each of the ${classes} classes of the data set`);
      });
      return { logits, batchStatistics };
    },
  };
}

function splitDropout(numbers: tf.Tensor | undefined, layers: readonly DropoutDeclaration[]): NamedTensors {
  if (layers.length === 0) return {};
  if (!numbers) throw new Error('a forward pass in train mode needs uniform numbers for dropout');
  const units = layers.map((layer) => layer.units);
  const pieces = tf.split(numbers, units, 1);
  return Object.fromEntries(layers.map(({ name }, index) => [name, at(pieces, index)]));
}
