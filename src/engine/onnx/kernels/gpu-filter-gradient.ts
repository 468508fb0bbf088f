/**
 * The gradient with respect to a convolution's filter as batched matrix products: for each place of the window, dy
 * [N,O,P] times what the filter saw there [N,P,I], summed over the images.
 */
import { at } from '../../../support/at.js';
import type { GraphBuilder } from '../graph.js';
import { type ConvolutionInfo, windowAttributes } from './convolution.js';

/** Numbers of the largest array that every WebGPU device promises to take (`maxStorageBufferBindingSize`): 128 MiB. */
export const LARGEST = 2 ** 25;

/** x [N,H,W,I] and dy [N,O,h,w] → [O,I,kh,kw]. */
export function filterGradient(
  graph: GraphBuilder,
  x: string,
  dy: string,
  info: ConvolutionInfo,
  largest = LARGEST,
): string {
  const { batchSize, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
  const [top, left, bottom, right] = windowAttributes(info).pads as [number, number, number, number];
  const needsPadding = top + left + bottom + right > 0;
  const amounts = graph.integers([0, top, left, 0, 0, bottom, right, 0]);
  const padded = needsPadding ? graph.node('Pad', [x, amounts, graph.float(0)]) : x;
  const positions = outHeight * outWidth;
  const rows = graph.reshape(dy, [batchSize, outChannels, outHeight, outWidth], [batchSize, outChannels, positions]);

  const places = Array.from({ length: filterHeight * filterWidth }, (_, place) => place);
  // Neither the copies of the images nor the products may be larger.
  const ofPlace = batchSize * inChannels * Math.max(positions, outChannels);
  const together = Math.max(1, Math.floor(largest / ofPlace));
  const sums = chunks(places, together).map((chunk) => {
    const columns = concat(
      graph,
      chunk.map((place) => seenFrom(graph, padded, place, info)),
      3,
    );
    const width = chunk.length * inChannels;
    const patches = graph.reshape(columns, [batchSize, outHeight, outWidth, width], [batchSize, positions, width]);
    const products = graph.node('MatMul', [rows, patches]);
    return graph.node('ReduceSum', [products, graph.integers([0])], { keepdims: 0 });
  });
  const stored = [outChannels, filterHeight * filterWidth * inChannels];
  const filter = graph.reshape(concat(graph, sums, 1), stored, [outChannels, filterHeight, filterWidth, inChannels]);
  return graph.node('Transpose', [filter], { perm: [0, 3, 1, 2] });
}

/** The pixels [N,h,w,I] that one place of the window lies on, window by window. */
function seenFrom(graph: GraphBuilder, padded: string, place: number, info: ConvolutionInfo): string {
  const { outHeight, outWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, filterWidth } = info;
  const row = Math.floor(place / filterWidth) * dilationHeight;
  const column = (place % filterWidth) * dilationWidth;
  return graph.node('Slice', [
    padded,
    graph.integers([row, column]),
    graph.integers([row + (outHeight - 1) * strideHeight + 1, column + (outWidth - 1) * strideWidth + 1]),
    graph.integers([1, 2]),
    graph.integers([strideHeight, strideWidth]),
  ]);
}

const concat = (graph: GraphBuilder, parts: readonly string[], axis: number): string =>
  parts.length === 1 ? at(parts, 0) : graph.node('Concat', parts, { axis });

/** A list in runs of `size`; the last may be shorter. */
export const chunks = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
