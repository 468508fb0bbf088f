/**
 * Large batches a part at a time. What a convolution makes of a batch is often far larger than all else in a step: for C1
 * at batch 5000, 1.3 GB before the pool that follows it. Convolutions, pools and their gradients treat every image by
 * itself (a filter's gradient is a sum over images), so where they follow each other they go through the batch in parts,
 * each of which is gone before the next begins.
 */
import { at } from '../../support/at.js';
import { evenSizes, sizeOf } from '../../support/shape.js';
import type { GraphBuilder } from './graph.js';
import type { convolution } from './kernels/convolution.js';
import type { Kernel, KernelTable } from './kernels/kernel.js';
import type { pooling } from './kernels/pooling.js';
import { shape } from './kernels/shape.js';
import { offsetsOf } from './pieces.js';
import type { Traced } from './traced.js';

export interface PartLimits {
  /** Elements that a part of a convolution's result has at most. */
  readonly elements: number;
  /** Parts are multiples of so many images. */
  readonly images: number;
}

/** The kernels for images, which a table of kernels must have. */
type ImageKernels = typeof convolution & Pick<typeof pooling, 'MaxPool' | 'MaxPoolGrad'>;

/** `table`, whose kernels for images go through large batches in parts. */
export function inImageParts<Table extends ImageKernels>(table: Table, limits: PartLimits) {
  return {
    ...table,
    Conv2D: opened(table.Conv2D, limits),
    MaxPool: inParts(table.MaxPool, ['x'], joined),
    MaxPoolGrad: inParts(table.MaxPoolGrad, ['dy', 'input', 'output'], joined),
    Conv2DBackpropInput: inParts(table.Conv2DBackpropInput, ['dy'], joined),
    Conv2DBackpropFilter: inParts(table.Conv2DBackpropFilter, ['x', 'dy'], summed),
  } satisfies KernelTable;
}

/** Offers a large result in parts as well. A kernel that asks for the whole result gets it from a single run. */
function opened(kernel: typeof convolution.Conv2D, limits: PartLimits): typeof convolution.Conv2D {
  return (graph, inputs, attributes) => {
    const whole = kernel(graph, inputs, attributes);
    const images = at(whole.shape, 0);
    const fitting = (limits.elements * images) / sizeOf(whole.shape);
    const perPart = Math.max(1, Math.floor(fitting / limits.images)) * limits.images;
    if (perPart >= images) return whole;
    const parts = () =>
      cut(graph, inputs.x, evenSizes(images, perPart)).map((x) => kernel(graph, { ...inputs, x }, attributes));
    return { ...whole, parts };
  };
}

/** What the parts of a kernel's result make together. */
type Together = (graph: GraphBuilder, parts: readonly Traced[]) => Traced;

/** Their concatenation, which can be had in parts again. */
const joined: Together = (graph, parts) => {
  const whole = shape.Concat(graph, Object.fromEntries(parts.entries()), { axis: 0 });
  return { ...whole, parts: () => parts };
};

const summed: Together = (graph, parts) => {
  const name = parts.map((part) => part.name).reduce((sum, part) => graph.node('Add', [sum, part]));
  return { ...at(parts, 0), name };
};

/** Where an input of the batch comes in parts, the kernel computes with each of them by itself. */
function inParts(kernel: Kernel, ofBatch: readonly string[], together: Together): Kernel {
  return (graph, inputs, attributes) => {
    const batched = Object.entries(inputs).filter(([name]) => ofBatch.includes(name));
    const given = batched.map(([, { parts }]) => parts?.()).find(Boolean);
    if (!given) return kernel(graph, inputs, attributes);
    const sizes = given.map((part) => at(part.shape, 0));
    const columns = batched.map(([name, value]) => [name, value.parts?.() ?? cut(graph, value, sizes)] as const);
    const { inputShape } = attributes as { inputShape?: readonly number[] };
    const results = sizes.map((images, i) => {
      const part = Object.fromEntries(columns.map(([name, parts]) => [name, at(parts, i)]));
      const partShape = inputShape && { inputShape: inputShape.with(0, images) };
      return kernel(graph, { ...inputs, ...part }, { ...attributes, ...partShape });
    });
    return together(graph, results);
  };
}

/** The images of `value` in runs of so many. */
function cut(graph: GraphBuilder, value: Traced, sizes: readonly number[]): Traced[] {
  const ofImage = value.shape.slice(1);
  return offsetsOf(sizes).map((offset, i) => {
    const window = { begin: [offset, ...ofImage.map(() => 0)], size: [at(sizes, i), ...ofImage] };
    return shape.Slice(graph, { x: value }, window);
  });
}
