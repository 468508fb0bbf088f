/**
 * The gradient with respect to a convolution's filter as batched matrix products: for each place of the window, what the
 * filter saw there [N,I,P] times dy [N,P,O], summed over the images.
 */
import type { GraphBuilder } from '../graph.js';
import type { ConvolutionInfo } from './convolution.js';
import { concat, LARGEST, paddedPixels, placesTogether, seenFrom } from './gpu-windows.js';

/** x [N,I,H,W] and dy [N,h,w,O] → [O,I,kh,kw]. */
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
  const filter = graph.node('Transpose', [concat(graph, sums, 1)], { perm: [2, 0, 1] });
  const stored = [outChannels, inChannels, filterHeight * filterWidth];
  return graph.reshape(filter, stored, [outChannels, inChannels, filterHeight, filterWidth]);
}
