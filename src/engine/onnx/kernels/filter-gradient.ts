import type { GraphBuilder } from '../graph.js';
import { type ConvolutionInfo, windowAttributes } from './convolution.js';

/**
 * Gradient with respect to a convolution's filter: patches of x times dy, summed over images and places.
 * x [N,I,H,W], dy [N,O,h,w] → [O,I,kh,kw].
 */
export function filterGradient(graph: GraphBuilder, x: string, dy: string, info: ConvolutionInfo): string {
  const { batchSize, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
  const places = outHeight * outWidth;
  const window = filterHeight * filterWidth;
  const patches = graph.node('Conv', [x, oneHotKernels(graph, inChannels, filterHeight, filterWidth)], {
    ...windowAttributes(info),
    group: inChannels,
  });
  const patchRows = [batchSize, inChannels * window, outHeight, outWidth];
  const columns = graph.reshape(patches, patchRows, [batchSize, inChannels * window, places]);
  const rows = graph.reshape(dy, [batchSize, outChannels, outHeight, outWidth], [batchSize, outChannels, places]);
  const perImage = graph.node('FusedMatMul', [rows, columns], { transB: 1 }, 'com.microsoft');
  const sum = graph.node('ReduceSum', [perImage, graph.integers([0])], { keepdims: 0 });
  return graph.reshape(sum, [outChannels, inChannels * window], [outChannels, inChannels, filterHeight, filterWidth]);
}

/** Depthwise kernels [I·kh·kw, 1, kh, kw], each of which copies one place of the window. */
function oneHotKernels(graph: GraphBuilder, channels: number, height: number, width: number): string {
  const window = height * width;
  const kernels = new Float32Array(channels * window * window);
  for (let channel = 0; channel < channels; channel++) {
    for (let place = 0; place < window; place++) kernels[(channel * window + place) * window + place] = 1;
  }
  return graph.float(kernels, [channels * window, 1, height, width]);
}
