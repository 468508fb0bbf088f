/**
 * Kernels in the form that suits a GPU. The usual forms name what the WebGPU device lacks (the `Indices` of `MaxPool`,
 * 64-bit integers, `FusedMatMul`) or add in an order that differs from run to run (`ScatterElements` on CUDA).
 */
import type { ArgMaxAttrs } from '@tensorflow/tfjs';
import { at } from '../../../support/at.js';
import type { GraphBuilder } from '../graph.js';
import { ELEMENT_TYPE } from '../protobuf.js';
import { inOrder, inPlainOrder, type Traced } from '../traced.js';
import { type ConvolutionInfo, convolutionKernels, NCHW, portable } from './convolution.js';
import { maxPoolGradient } from './gpu-max-pool.js';
import { LARGEST, paddedPixels, placesTogether, seenFrom } from './gpu-windows.js';
import { axisOf, type Kernel, type KernelTable } from './kernel.js';
import { maxPoolKernels, poolAttributes } from './pooling.js';
import { reduced } from './reduction.js';

const { MaxPool, MaxPoolGrad } = maxPoolKernels({
  pool: (graph, { x }, info) => graph.node('MaxPool', [inOrder(graph, x, NCHW)], poolAttributes(info)),
  gradient(graph, { input, output, dy }, info) {
    const stored = (value: Traced) => inOrder(graph, value, NCHW);
    return maxPoolGradient(graph, stored(input), stored(output), stored(dy), info);
  },
});

/**
 * The gradient with respect to a convolution's filter as batched matrix products: for each place of the window, what the
 * filter saw there [N,I,P] times dy [N,P,O], summed over the images. x [N,I,H,W] and dy [N,h,w,O] → [O,I,kh,kw].
 */
export function filterGradient(
  graph: GraphBuilder,
  x: string,
  dy: string,
  info: ConvolutionInfo,
  largest = LARGEST,
): string {
  const { batchSize, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
  const positions = outHeight * outWidth;
  const columns = graph.reshape(dy, [batchSize, outHeight, outWidth, outChannels], [batchSize, positions, outChannels]);
  const pixels = paddedPixels(graph, x, info, 0);
  // Neither the copies of the images nor the products may be larger.
  const ofPlace = batchSize * inChannels * Math.max(positions, outChannels);
  const sums = placesTogether(info, ofPlace, largest).map((places) => {
    const seen = seenFrom(graph, pixels, places, info);
    const height = inChannels * places.length;
    const rows = graph.reshape(seen, [batchSize, inChannels, places.length, positions], [batchSize, height, positions]);
    const products = graph.node('MatMul', [rows, columns]);
    const sum = graph.node('ReduceSum', [products, graph.integers([0])], { keepdims: 0 });
    return graph.reshape(sum, [height, outChannels], [inChannels, places.length, outChannels]);
  });
  const all = sums.length === 1 ? at(sums, 0) : graph.node('Concat', sums, { axis: 1 });
  const filter = graph.node('Transpose', [all], { perm: [2, 0, 1] });
  const stored = [outChannels, inChannels, filterHeight * filterWidth];
  return graph.reshape(filter, stored, [outChannels, inChannels, filterHeight, filterWidth]);
}

const { Conv2DBackpropFilter } = convolutionKernels({
  ...portable,
  filterGradient: (graph, { x, dy }, info) =>
    filterGradient(graph, inOrder(graph, x, NCHW), inPlainOrder(graph, dy), info),
});

/** Finds the first place of the extreme value: the least of the places that hold it. */
function placeOf(reduction: 'ReduceMax' | 'ReduceMin'): Kernel<'x', ArgMaxAttrs> {
  return (graph, { x }, { axis }) => {
    const along = axisOf(axis, x.shape);
    const stored = x.order.indexOf(along);
    const axes = graph.integers([stored]);
    const extent = at(x.shape, along);
    const numbers = Float32Array.from({ length: extent }, (_, i) => i);
    const places = graph.float(numbers, [extent, ...new Array<number>(x.shape.length - 1 - stored).fill(1)]);
    const isExtreme = graph.node('Equal', [x.name, graph.node(reduction, [x.name, axes], { keepdims: 1 })]);
    const candidates = graph.node('Where', [isExtreme, places, graph.float(extent)]);
    const first = graph.node('ReduceMin', [candidates, axes], { keepdims: 0 });
    const name = graph.node('Cast', [first], { to: ELEMENT_TYPE.int32 });
    return { ...reduced(name, x, [along], false), dtype: 'int32' };
  };
}

export const GPU_KERNELS = {
  MaxPool,
  MaxPoolGrad,
  Conv2DBackpropFilter,
  ArgMax: placeOf('ReduceMax'),
  ArgMin: placeOf('ReduceMin'),
} satisfies KernelTable;
