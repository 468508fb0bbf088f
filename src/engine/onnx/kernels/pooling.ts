/** Pooling and its gradients, NCHW in memory. */
import { backend_util } from '@tensorflow/tfjs';
import type { GraphBuilder } from '../graph.js';
import { inOrder, type Traced, traced } from '../traced.js';
import { type ConvolutionInfo, NCHW, transposedConvolution, windowAttributes } from './convolution.js';
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

const maxPool: Kernel<'x', PoolAttributes> = (graph, { x }, attributes) => {
  const info = poolInfo(x.shape, attributes);
  return traced(maxPoolNode(graph, x, info)[0], info.outShape, 'float32', NCHW);
};

const maxPoolGrad: Kernel<'dy' | 'input' | 'output', PoolAttributes> = (graph, { dy, input }, attributes) => {
  const info = poolInfo(input.shape, attributes);
  const [batch, height, width, channels] = input.shape as [number, number, number, number];
  const places = maxPoolNode(graph, input, info)[1];
  const size = batch * channels * height * width;
  const pooled = [batch, channels, info.outHeight, info.outWidth];
  const flat = (name: string) => graph.reshape(name, pooled, [batch * channels * info.outHeight * info.outWidth]);
  const zeros = graph.node('Expand', [graph.float(0), graph.integers([size])]);
  const operands = [zeros, flat(places), flat(inOrder(graph, dy, NCHW))];
  const scattered = graph.node('ScatterElements', operands, { axis: 0, reduction: 'add' });
  const name = graph.reshape(scattered, [size], [batch, channels, height, width]);
  return traced(name, input.shape, 'float32', NCHW);
};

const avgPool: Kernel<'x', PoolAttributes> = (graph, { x }, attributes) => {
  const info = poolInfo(x.shape, attributes);
  const name = graph.node('AveragePool', [inOrder(graph, x, NCHW)], poolAttributes(info));
  return traced(name, info.outShape, 'float32', NCHW);
};

/**
 * Each element of dy spread evenly over its window. At a border only the part inside the image counts, as in the forward
 * pass and in TensorFlow; tfjs's own kernels divide by the whole window there, which is not the gradient.
 */
const avgPoolGrad: Kernel<'dy' | 'input', PoolAttributes> = (graph, { dy, input }, attributes) => {
  const info = poolInfo(input.shape, attributes);
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
  const name = transposedConvolution(graph, shared, windows, info, inChannels);
  return traced(name, input.shape, 'float32', NCHW);
};

export const pooling = {
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGrad,
  AvgPool: avgPool,
  AvgPoolGrad: avgPoolGrad,
} satisfies KernelTable;
