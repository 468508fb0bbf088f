/**
 * The gradient of max pooling without the places of the maxima: at each place of the window, dy goes where the image
 * holds the window's largest value and no earlier place did, the rule of tfjs and PyTorch for equal values.
 */
import { at } from '../../../support/at.js';
import type { GraphBuilder } from '../graph.js';
import { type ConvolutionInfo, windowAttributes } from './convolution.js';

/** Less than any value of an image: padding that never is a window's largest. */
const LOWEST = -3.4028234663852886e38;

/** image [N,C,H,W], pooled and dy [N,C,h,w] → [N,C,H,W]. */
export function maxPoolGradient(
  graph: GraphBuilder,
  image: string,
  pooled: string,
  dy: string,
  info: ConvolutionInfo,
): string {
  const shares = sharesByPlace(graph, image, pooled, dy, info);
  return putBack(graph, shares, info);
}

/** For each place of the window, row by row, its part of dy [N,C,h,w]. */
function sharesByPlace(graph: GraphBuilder, image: string, pooled: string, dy: string, info: ConvolutionInfo) {
  const { outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth } = info;
  const [top, left, bottom, right] = windowAttributes(info).pads as [number, number, number, number];
  const needsPadding = top + left + bottom + right > 0;
  const amounts = graph.integers([0, 0, top, left, 0, 0, bottom, right]);
  const padded = needsPadding ? graph.node('Pad', [image, amounts, graph.float(LOWEST)]) : image;
  let rest = dy;
  return Array.from({ length: filterHeight * filterWidth }, (_, place) => {
    const [row, column] = [Math.floor(place / filterWidth), place % filterWidth];
    const seen = graph.node('Slice', [
      padded,
      graph.integers([row, column]),
      graph.integers([row + (outHeight - 1) * strideHeight + 1, column + (outWidth - 1) * strideWidth + 1]),
      graph.integers([2, 3]),
      graph.integers([strideHeight, strideWidth]),
    ]);
    const share = graph.node('Where', [graph.node('Equal', [seen, pooled]), rest, graph.float(0)]);
    rest = graph.node('Sub', [rest, share]);
    return share;
  });
}

/**
 * Sums the shares where their places lie in the image. Window i sees pixel i·stride + place: places that are equal modulo
 * the stride meet in the same pixels, each shifted by whole windows, and those sums are woven together.
 */
function putBack(graph: GraphBuilder, shares: readonly string[], info: ConvolutionInfo): string {
  const { batchSize, inChannels, inHeight, inWidth, outHeight, outWidth, padInfo } = info;
  const { strideHeight, strideWidth, filterHeight, filterWidth } = info;
  // Windows that cover the padded image, and the parts of one that only its own pixels fall into.
  const windowsDown = Math.max(
    outHeight + Math.ceil(filterHeight / strideHeight) - 1,
    Math.ceil((padInfo.top + inHeight) / strideHeight),
  );
  const windowsAcross = Math.max(
    outWidth + Math.ceil(filterWidth / strideWidth) - 1,
    Math.ceil((padInfo.left + inWidth) / strideWidth),
  );
  const shape = [batchSize, inChannels, windowsDown, windowsAcross];

  const shifted = (place: number) => {
    const down = Math.floor(Math.floor(place / filterWidth) / strideHeight);
    const across = Math.floor((place % filterWidth) / strideWidth);
    const amounts = [0, 0, down, across, 0, 0, windowsDown - outHeight - down, windowsAcross - outWidth - across];
    return graph.node('Pad', [at(shares, place), graph.integers(amounts), graph.float(0)]);
  };
  const sumAt = (row: number, column: number) => {
    const places = [...shares.keys()].filter(
      (place) =>
        Math.floor(place / filterWidth) % strideHeight === row && (place % filterWidth) % strideWidth === column,
    );
    if (places.length === 0) return graph.node('Expand', [graph.float(0), graph.integers(shape)]);
    return places.map(shifted).reduce((a, b) => graph.node('Add', [a, b]));
  };
  const rows = Array.from({ length: strideHeight }, (_, row) => {
    const columns = Array.from({ length: strideWidth }, (_unused, column) => sumAt(row, column));
    return woven(graph, columns, shape, 3);
  });
  const wide = shape.with(3, windowsAcross * strideWidth);
  const whole = woven(graph, rows, wide, 2);
  return graph.node('Slice', [
    whole,
    graph.integers([padInfo.top, padInfo.left]),
    graph.integers([padInfo.top + inHeight, padInfo.left + inWidth]),
    graph.integers([2, 3]),
  ]);
}

/** Arrays of one shape, their elements alternating along an axis: aaa, bbb → ababab. */
function woven(graph: GraphBuilder, arrays: readonly string[], shape: readonly number[], axis: number): string {
  if (arrays.length === 1) return at(arrays, 0);
  const one = shape.toSpliced(axis + 1, 0, 1);
  const joined = graph.node(
    'Concat',
    arrays.map((array) => graph.reshape(array, shape, one)),
    { axis: axis + 1 },
  );
  const all = one.with(axis + 1, arrays.length);
  return graph.reshape(joined, all, shape.with(axis, at(shape, axis) * arrays.length));
}
