/**
 * Max pooling and its gradient in blocks of channels. ONNX Runtime finds the places of the maxima, which a gradient needs,
 * one number at a time, in a third of a step of C1. Here whole registers are compared instead, along the rows and then
 * along the columns, and few images at a time, so that all of it stays in the cache.
 */
import { createGraphBuilder, type GraphBuilder } from '../graph.js';
import { type ConvolutionInfo, NCHW } from '../kernels/convolution.js';
import { poolInfo, pooling } from '../kernels/pooling.js';
import { inOrder, traced } from '../traced.js';
import { BLOCKED, inBlocks, outOfBlocks, reshaped } from './blocked-kernels.js';

/** Numbers of the images that are worked on at a time: 2 MiB. */
const TOGETHER = 2 ** 19;

/** The kernels that take the place of the usual ones where blocks are of `block` channels. */
export function blockedMaxPool(block: number) {
  const fits = ({ inChannels, inHeight, inWidth, outHeight, outWidth, ...info }: ConvolutionInfo) =>
    inChannels % block === 0 &&
    isInside(inHeight, outHeight, info.filterHeight, info.strideHeight, info.padInfo.top) &&
    isInside(inWidth, outWidth, info.filterWidth, info.strideWidth, info.padInfo.left);

  const maxPool: typeof pooling.MaxPool = (graph, { x }, attributes) => {
    const info = poolInfo(x.shape, attributes);
    if (!fits(info)) return pooling.MaxPool(graph, { x }, attributes);
    const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
    const windows = { kernel_shape: [filterHeight, filterWidth], strides: [strideHeight, strideWidth] };
    const pooled = graph.node('MaxPool', [inBlocks(graph, inOrder(graph, x, NCHW))], windows, BLOCKED);
    return traced(outOfBlocks(graph, pooled, info.inChannels), info.outShape, 'float32', NCHW);
  };

  const maxPoolGrad: typeof pooling.MaxPoolGrad = (graph, inputs, attributes) => {
    const { input, dy } = inputs;
    const info = poolInfo(input.shape, attributes);
    if (!fits(info)) return pooling.MaxPoolGrad(graph, inputs, attributes);
    const image = inBlocks(graph, inOrder(graph, input, NCHW));
    const gradient = maxPoolGradient(graph, block, image, inOrder(graph, dy, NCHW), info);
    return traced(outOfBlocks(graph, gradient, info.inChannels), input.shape, 'float32', NCHW);
  };

  return { MaxPool: maxPool, MaxPoolGrad: maxPoolGrad };
}

/** Whether the windows leave no gaps and none reaches over an edge. */
const isInside = (extent: number, windows: number, window: number, stride: number, before: number) =>
  before === 0 && stride <= window && (windows - 1) * stride + window <= extent;

/** Blocked image [N,C,H,W] and dy [N,C,h,w] → blocked [N,C,H,W]. */
function maxPoolGradient(graph: GraphBuilder, block: number, image: string, dy: string, info: ConvolutionInfo): string {
  const { batchSize, inChannels, inHeight, inWidth, outHeight, outWidth } = info;
  const images = largestDivisor(batchSize, TOGETHER / (inChannels * inHeight * inWidth));
  const rounds = batchSize / images;
  const ofImages = [images, inChannels, inHeight, inWidth] as const;
  const ofWindows = [images, inChannels, outHeight, outWidth] as const;

  const body = createGraphBuilder('pool');
  const x = { name: body.input('pool:x', 'float32', ofImages), shape: ofImages };
  const rows = pooledAlong(body, x, WIDTH, info.filterWidth, info.strideWidth);
  const windows = pooledAlong(body, rows.pooled, HEIGHT, info.filterHeight, info.strideHeight);
  const upstream = inBlocks(body, body.input('pool:dy', 'float32', ofWindows));
  const padded = paddedTo(body, block, { name: upstream, shape: ofWindows }, windows.pooled.shape);
  const ofRows = gradientAlong(body, block, windows, padded);
  const ofImage = gradientAlong(body, block, rows, body.reshape(ofRows.name, ofRows.shape, rows.pooled.shape));

  const output = { name: 'pool:dx', source: ofImage.name, dtype: 'float32', shape: ofImage.shape } as const;
  const whole = [batchSize, inChannels, inHeight, inWidth];
  const wholeWindows = [batchSize, inChannels, outHeight, outWidth];
  const scanned = [
    graph.reshape(image, whole, [rounds, ...ofImages]),
    graph.reshape(dy, wholeWindows, [rounds, ...ofWindows]),
  ];
  const found = graph.node('Scan', scanned, { num_scan_inputs: 2, body: { body: body.build([output]) } });
  return graph.reshape(found, [rounds, ...ofImage.shape], whole);
}

/** The largest whole number that divides `count` and is at most `limit`, or else 1. */
function largestDivisor(count: number, limit: number): number {
  const found = Array.from({ length: count }, (_, i) => count - i).find((size) => size <= limit && count % size === 0);
  return found ?? 1;
}

const HEIGHT = 2;
const WIDTH = 3;

/** A blocked image: of shape [N,C,H,W], in memory [N, C/b, H, W, b]. */
interface Image {
  readonly name: string;
  readonly shape: readonly [images: number, channels: number, height: number, width: number];
}

/** With zeros below and on the right. */
function paddedTo(graph: GraphBuilder, block: number, { name, shape }: Image, to: Image['shape']): string {
  const [images, channels, height, width] = shape;
  const planes = (images * channels) / block;
  // Columns and blocks as one axis: the padding is then of long contiguous runs.
  const lines = reshaped(graph, name, [planes, height, width * block]);
  const missing = graph.integers([0, 0, 0, 0, to[HEIGHT] - height, (to[WIDTH] - width) * block]);
  return graph.reshape(graph.node('Pad', [lines, missing]), [planes, to[HEIGHT], to[WIDTH] * block], to);
}

/** Pooling along one axis. */
interface Line {
  readonly axis: typeof HEIGHT | typeof WIDTH;
  readonly window: number;
  readonly stride: number;
  readonly image: Image;
  /** As many windows as the stride fits into the extent: the last may reach over the edge, and get no gradient. */
  readonly pooled: Image;
}

function pooledAlong(graph: GraphBuilder, image: Image, axis: Line['axis'], window: number, stride: number): Line {
  const shape = image.shape.with(axis, Math.ceil(image.shape[axis] / stride)) as unknown as Image['shape'];
  const line = { axis, window, stride, image, pooled: { name: '', shape } };
  const name = graph.node('MaxPool', [image.name], { kernel_shape: sized(axis, window), ...windowsOf(line) }, BLOCKED);
  return { ...line, pooled: { name, shape } };
}

const sized = (axis: Line['axis'], size: number) => (axis === HEIGHT ? [size, 1] : [1, size]);

const around = (axis: Line['axis'], before: number, after: number) =>
  axis === HEIGHT ? [before, 0, after, 0] : [0, before, 0, after];

function windowsOf({ axis, window, stride, image, pooled }: Line) {
  const over = (pooled.shape[axis] - 1) * stride + window - image.shape[axis];
  return { strides: sized(axis, stride), pads: around(axis, 0, over) };
}

/** dy of the windows → the gradient of the image, as it lies in memory: [lines, pixels along the axis, numbers of each]. */
function gradientAlong(graph: GraphBuilder, block: number, line: Line, dy: string) {
  const { axis, stride, image, pooled } = line;
  const [images, channels, height] = image.shape;
  const [extent, windows] = [image.shape[axis], pooled.shape[axis]];
  const lines = (images * channels * (axis === HEIGHT ? 1 : height)) / block;
  const numbers = axis === HEIGHT ? pooled.shape[WIDTH] * block : block;
  const places = sharesOfPlaces(graph, block, line, dy);
  // The pixels of which window i has the first at `first`; window i - k has the same at the place k strides on.
  const interleaved = Array.from({ length: stride }, (_, first) => {
    const shares = places.filter((_, place) => place % stride === first);
    const sum = shares.reduce((total, share, k) => plusShifted(graph, block, line, total, share, k));
    return graph.reshape(sum, pooled.shape, [lines * windows, 1, numbers]);
  });
  const together = graph.node('Concat', interleaved, { axis: 1 });
  const shape = [lines * windows, stride, numbers];
  if (windows * stride === extent) return { name: together, shape };
  const inside = [[0], [extent], [1]].map(graph.integers);
  const all = graph.reshape(together, shape, [lines, windows * stride, numbers]);
  return { name: graph.node('Slice', [all, ...inside]), shape: [lines, extent, numbers] };
}

/** For each place of the windows, first to last, dy of those whose largest value is there, and nowhere before. */
function sharesOfPlaces(graph: GraphBuilder, block: number, line: Line, dy: string): string[] {
  let rest = dy;
  const shares = Array.from({ length: line.window - 1 }, (_, place) => {
    const share = graph.node('Mul', [rest, isLargest(graph, block, line, place)]);
    rest = graph.node('Sub', [rest, share]);
    return share;
  });
  return [...shares, rest];
}

/** Any difference of two float32 numbers times this is 1 or more, but for those below 10⁻³⁸. */
const STEEP = 3e38;

/** 1 for windows that have their largest value at `place`, else 0: max(0, 1 - STEEP · (largest - value there)). */
function isLargest(graph: GraphBuilder, block: number, line: Line, place: number): string {
  const { axis, window, image, pooled } = line;
  const minusPlace = oneHot(graph, block, line, window, place, -1);
  return graph.node(
    'Conv',
    [image.name, minusPlace, '', pooled.name],
    {
      ...windowsOf(line),
      ...{ kernel_shape: sized(axis, window), dilations: [1, 1], group: image.shape[1] },
      ...{ activation: 'HardSigmoid', activation_params: { floats: [-STEEP, 1] } },
    },
    BLOCKED,
  );
}

/** `total` and at each window what `share` has k windows before. */
function plusShifted(graph: GraphBuilder, block: number, line: Line, total: string, share: string, k: number): string {
  const { axis, image } = line;
  return graph.node(
    'Conv',
    [share, oneHot(graph, block, line, k + 1, 0, 1), '', total],
    {
      ...{ kernel_shape: sized(axis, k + 1), strides: [1, 1], pads: around(axis, k, 0) },
      ...{ dilations: [1, 1], group: image.shape[1] },
    },
    BLOCKED,
  );
}

/** A filter along the axis, the same for each channel, that is `value` at a place and 0 elsewhere. */
function oneHot(graph: GraphBuilder, block: number, line: Line, size: number, place: number, value: number): string {
  const channels = line.image.shape[1];
  const filter = Float32Array.from({ length: channels * size }, (_, i) =>
    Math.floor(i / block) % size === place ? value : 0,
  );
  return graph.float(filter, [channels, 1, ...sized(line.axis, size)]);
}
