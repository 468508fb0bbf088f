/**
 * Max pooling and its gradient in blocks of channels. ONNX Runtime finds the places of the maxima, which a gradient needs,
 * one number at a time, in a third of a step of C1. Here whole registers are compared instead, along the rows and then
 * along the columns, and few images at a time, so that all of it stays in the cache.
 */
import { type Attribute, createGraphBuilder, type GraphBuilder } from '../graph.js';
import { type ConvolutionInfo, NCHW } from '../kernels/convolution.js';
import { maxPoolKernels, poolAttributes, portableMaxPool } from '../kernels/pooling.js';
import { inOrder } from '../traced.js';
import { BLOCKED, bordered, inBlocks, outOfBlocks, reshaped } from './blocked-kernels.js';

/** Numbers of the images that are worked on at a time: 2 MiB. */
const TOGETHER = 2 ** 19;

/** The kernels that take the place of the portable ones where blocks are of `block` channels. */
export function blockedMaxPool(block: number) {
  /** Whether the channels fill blocks, the windows leave no gaps and none reaches over an edge. */
  const fits = (info: ConvolutionInfo) =>
    info.inChannels % block === 0 &&
    info.strideHeight <= info.filterHeight &&
    info.strideWidth <= info.filterWidth &&
    poolAttributes(info).pads.every((amount) => amount === 0);

  return maxPoolKernels({
    pool(graph, operands, info) {
      if (!fits(info)) return portableMaxPool.pool(graph, operands, info);
      const image = inBlocks(graph, inOrder(graph, operands.x, NCHW));
      return outOfBlocks(graph, graph.node('MaxPool', [image], poolAttributes(info), BLOCKED), info.inChannels);
    },
    gradient(graph, operands, info) {
      if (!fits(info)) return portableMaxPool.gradient(graph, operands, info);
      const image = inBlocks(graph, inOrder(graph, operands.input, NCHW));
      const gradient = maxPoolGradient(graph, block, image, inOrder(graph, operands.dy, NCHW), info);
      return outOfBlocks(graph, gradient, info.inChannels);
    },
  });
}

/** Blocked image [N,C,H,W] and dy [N,C,h,w] → blocked [N,C,H,W]. */
function maxPoolGradient(graph: GraphBuilder, block: number, image: string, dy: string, info: ConvolutionInfo): string {
  const { batchSize, inChannels, inHeight, inWidth, outHeight, outWidth } = info;
  const images = largestDivisor(batchSize, TOGETHER / (inChannels * inHeight * inWidth));
  const rounds = batchSize / images;
  const ofImages = [images, inChannels, inHeight, inWidth] as const;
  const ofWindows = [images, inChannels, outHeight, outWidth] as const;

  const body = createGraphBuilder('pool');
  const x = { name: body.input('pool:x', 'float32', ofImages), shape: ofImages };
  const rows = pooledAlong(WIDTH, { graph: body, block, image: x, window: info.filterWidth, stride: info.strideWidth });
  const columns = { graph: body, block, image: rows.pooled, window: info.filterHeight, stride: info.strideHeight };
  const windows = pooledAlong(HEIGHT, columns);
  const upstream = inBlocks(body, body.input('pool:dy', 'float32', ofWindows));
  const [, , height, width] = windows.pooled.shape;
  const missing = [0, 0, height - outHeight, width - outWidth] as const;
  const padded = bordered(body, block, upstream, [(images * inChannels) / block, outHeight, outWidth], missing);
  const ofRows = gradientAlong(windows, reshaped(body, padded, windows.pooled.shape));
  const ofImage = gradientAlong(rows, body.reshape(ofRows.name, ofRows.shape, rows.pooled.shape));

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

/** Pooling along one axis. */
interface Line {
  readonly graph: GraphBuilder;
  readonly block: number;
  readonly axis: typeof HEIGHT | typeof WIDTH;
  readonly window: number;
  readonly stride: number;
  readonly image: Image;
  /** It has as many windows as the stride fits into the extent: the last may reach over the edge, and get no gradient. */
  readonly pooled: Image;
}

function pooledAlong(axis: Line['axis'], given: Omit<Line, 'axis' | 'pooled'>): Line {
  const { graph, image, window, stride } = given;
  const shape = image.shape.with(axis, Math.ceil(image.shape[axis] / stride)) as unknown as Image['shape'];
  const line = { ...given, axis, pooled: { name: '', shape } };
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
function gradientAlong(line: Line, dy: string) {
  const { graph, block, axis, stride, image, pooled } = line;
  const [images, channels, height] = image.shape;
  const [extent, windows] = [image.shape[axis], pooled.shape[axis]];
  const lines = (images * channels * (axis === HEIGHT ? 1 : height)) / block;
  const numbers = axis === HEIGHT ? pooled.shape[WIDTH] * block : block;
  const places = sharesOfPlaces(line, dy);
  // The pixels of which window i has the first at `first`; window i - k has the same at the place k strides on.
  const interleaved = Array.from({ length: stride }, (_, first) => {
    const shares = places.filter((_, place) => place % stride === first);
    const sum = shares.reduce((total, share, k) => plusShifted(line, total, share, k));
    return graph.reshape(sum, pooled.shape, [lines * windows, 1, numbers]);
  });
  const together = graph.node('Concat', interleaved, { axis: 1 });
  const shape = [lines * windows, stride, numbers];
  if (windows * stride === extent) return { name: together, shape };
  const inside = [[0], [extent], [1]].map(graph.integers);
  const all = graph.reshape(together, shape, [lines, windows * stride, numbers]);
  return { name: graph.node('Slice', [all, ...inside]), shape: [lines, extent, numbers] };
}

/** Gives, for each place of the windows from first to last, dy of those windows whose largest value is there and nowhere before. */
function sharesOfPlaces(line: Line, dy: string): string[] {
  const { graph } = line;
  let rest = dy;
  const shares = Array.from({ length: line.window - 1 }, (_, place) => {
    const share = graph.node('Mul', [rest, isLargest(line, place)]);
    rest = graph.node('Sub', [rest, share]);
    return share;
  });
  return [...shares, rest];
}

/** Any difference of two float32 numbers times this is 1 or more, but for those below 10⁻³⁸. */
const STEEP = 3e38;

/** 1 for windows that have their largest value at `place`, else 0: max(0, 1 - STEEP · (largest - value there)). */
function isLargest(line: Line, place: number): string {
  const isPositive = { activation: 'HardSigmoid', activation_params: { floats: [-STEEP, 1] } };
  const { image, pooled, window } = line;
  const less = { from: image.name, size: window, place, factor: -1 };
  return plusPlace(line, pooled.name, less, { ...windowsOf(line), ...isPositive });
}

/** Adds to `total`, at each window, what `share` has k windows before. */
function plusShifted(line: Line, total: string, share: string, k: number): string {
  const before = { from: share, size: k + 1, place: 0, factor: 1 };
  return plusPlace(line, total, before, { strides: [1, 1], pads: around(line.axis, k, 0) });
}

/** `factor` times the value that each window of `from` has at a place. */
interface WindowTerm {
  readonly from: string;
  /** The size of the windows along the axis. */
  readonly size: number;
  readonly place: number;
  readonly factor: number;
}

/** Adds a term to `total`: a convolution of every channel with a filter that is `factor` at the place and 0 elsewhere. */
function plusPlace(
  { graph, block, axis, image }: Line,
  total: string,
  { from, size, place, factor }: WindowTerm,
  attributes: Readonly<Record<string, Attribute>>,
): string {
  const channels = image.shape[1];
  const values = Float32Array.from({ length: channels * size }, (_, i) =>
    Math.floor(i / block) % size === place ? factor : 0,
  );
  const filter = graph.float(values, [channels, 1, ...sized(axis, size)]);
  const common = { kernel_shape: sized(axis, size), dilations: [1, 1], group: channels };
  return graph.node('Conv', [from, filter, '', total], { ...common, ...attributes }, BLOCKED);
}
