/**
 * Kernels in the form that suits a GPU. The usual forms name what the WebGPU device lacks (the `Indices` of `MaxPool`,
 * 64-bit integers, `FusedMatMul`) or add in an order that differs from run to run (`ScatterElements` on CUDA).
 */
import type { ArgMaxAttrs, Conv2DBackpropFilterAttrs } from '@tensorflow/tfjs';
import { at } from '../../../support/at.js';
import { ELEMENT_TYPE } from '../protobuf.js';
import { inOrder, inPlainOrder, type Traced, traced } from '../traced.js';
import { type ConvolutionAttributes, convolutionInfo, NCHW, OIHW, windowAttributes } from './convolution.js';
import { filterGradient } from './gpu-filter-gradient.js';
import { maxPoolGradient } from './gpu-max-pool.js';
import { axisOf, type Kernel, type KernelTable } from './kernel.js';
import { type PoolAttributes, poolInfo } from './pooling.js';
import { reduced } from './reduction.js';

const maxPool: Kernel<'x', PoolAttributes> = (graph, { x }, attributes) => {
  const info = poolInfo(x.shape, attributes);
  const { kernel_shape, strides, pads } = windowAttributes(info);
  const name = graph.node('MaxPool', [inOrder(graph, x, NCHW)], { kernel_shape, strides, pads });
  return traced(name, info.outShape, 'float32', NCHW);
};

const maxPoolGrad: Kernel<'dy' | 'input' | 'output', PoolAttributes> = (graph, { input, output, dy }, attributes) => {
  const { shape } = input;
  const stored = (value: Traced) => inOrder(graph, value, NCHW);
  const info = poolInfo(shape, attributes);
  const name = maxPoolGradient(graph, stored(input), stored(output), stored(dy), info);
  return traced(name, shape, 'float32', NCHW);
};

const conv2dBackpropFilter: Kernel<
  'x' | 'dy',
  ConvolutionAttributes & Pick<Conv2DBackpropFilterAttrs, 'filterShape'>
> = (graph, { x, dy }, attributes) => {
  const { filterShape } = attributes;
  const info = convolutionInfo(x.shape, filterShape, attributes);
  const name = filterGradient(graph, inOrder(graph, x, NCHW), inPlainOrder(graph, dy), info);
  return traced(name, filterShape, 'float32', OIHW);
};

/** Where the extreme value stands first: the least of the places that hold it. */
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
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGrad,
  Conv2DBackpropFilter: conv2dBackpropFilter,
  ArgMax: placeOf('ReduceMax'),
  ArgMin: placeOf('ReduceMin'),
} satisfies KernelTable;
