/** Pooling and its gradients, NCHW in memory. */
import { backend_util } from '@tensorflow/tfjs';
import type { GraphBuilder } from '../graph.js';
import { inOrder, type Traced, traced } from '../traced.js';
import { type ConvolutionInfo, NCHW, transposedConvolution, type Write, windowAttributes } from './convolution.js';
import type { Kernel, KernelTable } from './kernel.js';

export interface PoolAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: number | 'same' | 'valid';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export function poolInfo(xShape: readonly number[], attributes: PoolAttributes): ConvolutionInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const shape = xShape as [number, number, number, number];
  return backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
}

export function poolAttributes(info: ConvolutionInfo) {
  const { kernel_shape, strides, pads } = windowAttributes(info);
  return { kernel_shape, strides, pads };
}

/** The largest value of each window and its place in the whole array. */
function maxPoolNode(graph: GraphBuilder, x: Traced, info: ConvolutionInfo): [values: string, places: string] {
  return graph.nodes('MaxPool', [inOrder(graph, x, NCHW)], 2, poolAttributes(info)) as [string, string];
}

/** Max pooling and its gradient, images as NCHW. */
interface MaxPoolForm {
  readonly pool: Write<'x'>;
  readonly gradient: Write<'dy' | 'input' | 'output'>;
}

const pool =
  (write: Write<'x'>): Kernel<'x', PoolAttributes> =>
  (graph, operands, attributes) => {
    const info = poolInfo(operands.x.shape, attributes);
    return traced(write(graph, operands, info), info.outShape, 'float32', NCHW);
  };

const gradient =
  <Names extends string>(write: Write<Names | 'input'>): Kernel<Names | 'input', PoolAttributes> =>
  (graph, operands, attributes) => {
    const { shape } = operands.input;
    return traced(write(graph, operands, poolInfo(shape, attributes)), shape, 'float32', NCHW);
  };

/** The kernels that write max pooling in this form. */
export const maxPoolKernels = (form: MaxPoolForm) => {
  return { MaxPool: pool(form.pool), MaxPoolGrad: gradient(form.gradient) } satisfies KernelTable;
};

/** The form for every device that has no better one. */
export const portableMaxPool: MaxPoolForm = {
  pool: (graph, { x }, info) => maxPoolNode(graph, x, info)[0],
  gradient(graph, { dy, input }, info) {
    const { batchSize, inChannels, inHeight, inWidth, outHeight, outWidth } = info;
    const places = maxPoolNode(graph, input, info)[1];
    const size = batchSize * inChannels * inHeight * inWidth;
    const pooled = [batchSize, inChannels, outHeight, outWidth];
    const flat = (name: string) => graph.reshape(name, pooled, [batchSize * inChannels * outHeight * outWidth]);
    const zeros = graph.node('Expand', [graph.float(0), graph.integers([size])]);
    const operands = [zeros, flat(places), flat(inOrder(graph, dy, NCHW))];
    const scattered = graph.node('ScatterElements', operands, { axis: 0, reduction: 'add' });
    return graph.reshape(scattered, [size], [batchSize, inChannels, inHeight, inWidth]);
  },
};

/**
 * Each element of dy spread evenly over its window. At a border only the part inside the image counts, as in the forward
 * pass and in TensorFlow; tfjs's own kernels divide by the whole window there, which is not the gradient.
 */
function avgPoolGradient(graph: GraphBuilder, dy: Traced, info: ConvolutionInfo): string {
  const { inChannels, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, padInfo } = info;
  const inside = (i: number, stride: number, window: number, before: number, extent: number) =>
    Math.min(i * stride - before + window, extent) - Math.max(i * stride - before, 0);
  const shares = Float32Array.from({ length: outHeight * outWidth }, (_, i) => {
    const rows = inside(Math.floor(i / outWidth), info.strideHeight, filterHeight, padInfo.top, inHeight);
    const columns = inside(i % outWidth, info.strideWidth, filterWidth, padInfo.left, inWidth);
    return 1 / (rows * columns);
  });
  const shared = graph.node('Mul', [inOrder(graph, dy, NCHW), graph.float(shares, [outHeight, outWidth])]);
  const ones = new Float32Array(inChannels * filterHeight * filterWidth).fill(1);
  const windows = graph.float(ones, [inChannels, 1, filterHeight, filterWidth]);
  return transposedConvolution(graph, shared, windows, info, inChannels);
}

export const pooling = {
  ...maxPoolKernels(portableMaxPool),
  AvgPool: pool((graph, { x }, info) => graph.node('AveragePool', [inOrder(graph, x, NCHW)], poolAttributes(info))),
  AvgPoolGrad: gradient<'dy'>((graph, { dy }, info) => avgPoolGradient(graph, dy, info)),
} satisfies KernelTable;
