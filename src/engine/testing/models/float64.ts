/**
 * The layers of the networks once more, in float64 and in plain loops: nothing here knows tfjs, ONNX or the layers of
 * src/nn, so that agreement means something. Images are [N, C, H, W], vectors images of one pixel.
 */
export interface Images {
  readonly count: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly values: Float64Array;
}

function images(count: number, channels: number, height: number, width: number): Images {
  return { count, channels, height, width, values: new Float64Array(count * channels * height * width) };
}

/** `weight` is [outputs, inputs, kernel, kernel]. */
export function conv2d(x: Images, weight: Float64Array, kernel: number, stride: number, padding: number): Images {
  const outputs = weight.length / (x.channels * kernel * kernel);
  const side = (extent: number) => Math.floor((extent + 2 * padding - kernel) / stride) + 1;
  const y = images(x.count, outputs, side(x.height), side(x.width));
  let at = 0;
  for (let n = 0; n < x.count; n++) {
    for (let o = 0; o < outputs; o++) {
      for (let row = 0; row < y.height; row++) {
        for (let column = 0; column < y.width; column++) {
          const [top, left] = [row * stride - padding, column * stride - padding];
          y.values[at++] = windowProduct(x, n, top, left, weight, o, kernel);
        }
      }
    }
  }
  return y;
}

function windowProduct(
  x: Images,
  n: number,
  top: number,
  left: number,
  weight: Float64Array,
  o: number,
  kernel: number,
) {
  let sum = 0;
  const [firstRow, lastRow] = [Math.max(0, -top), Math.min(kernel, x.height - top)];
  const [first, last] = [Math.max(0, -left), Math.min(kernel, x.width - left)];
  for (let c = 0; c < x.channels; c++) {
    for (let i = firstRow; i < lastRow; i++) {
      const pixels = ((n * x.channels + c) * x.height + top + i) * x.width + left;
      const weights = ((o * x.channels + c) * kernel + i) * kernel;
      for (let j = first; j < last; j++) sum += x.values[pixels + j]! * weight[weights + j]!;
    }
  }
  return sum;
}

/** Window 3, stride 2, no padding. */
export function maxPool(x: Images): Images {
  const side = (extent: number) => Math.floor((extent - 3) / 2) + 1;
  const y = images(x.count, x.channels, side(x.height), side(x.width));
  for (let at = 0; at < y.values.length; at++) {
    const plane = Math.floor(at / (y.height * y.width));
    const [row, column] = [Math.floor(at / y.width) % y.height, at % y.width];
    let largest = -Infinity;
    for (let i = 0; i < 9; i++) {
      const pixel = (plane * x.height + 2 * row + Math.floor(i / 3)) * x.width + 2 * column + (i % 3);
      largest = Math.max(largest, x.values[pixel]!);
    }
    y.values[at] = largest;
  }
  return y;
}

/** Normalises each channel by the mean and the biased variance of this batch; ε = 1e-5. */
export function batchNorm(x: Images, scale: Float64Array, shift: Float64Array): Images {
  const pixels = x.height * x.width;
  const y = images(x.count, x.channels, x.height, x.width);
  for (let c = 0; c < x.channels; c++) {
    const places = Array.from({ length: x.count * pixels }, (_, i) => {
      return (Math.floor(i / pixels) * x.channels + c) * pixels + (i % pixels);
    });
    const mean = places.reduce((sum, at) => sum + x.values[at]!, 0) / places.length;
    const variance = places.reduce((sum, at) => sum + (x.values[at]! - mean) ** 2, 0) / places.length;
    const factor = scale[c]! / Math.sqrt(variance + 1e-5);
    for (const at of places) y.values[at] = (x.values[at]! - mean) * factor + shift[c]!;
  }
  return y;
}

/** `weight` is [outputs, inputs]. */
export function linear(x: Images, weight: Float64Array, bias?: Float64Array): Images {
  const inputs = x.values.length / x.count;
  const outputs = weight.length / inputs;
  const y = images(x.count, outputs, 1, 1);
  for (let n = 0; n < x.count; n++) {
    for (let o = 0; o < outputs; o++) {
      let sum = bias ? bias[o]! : 0;
      for (let i = 0; i < inputs; i++) sum += x.values[n * inputs + i]! * weight[o * inputs + i]!;
      y.values[n * outputs + o] = sum;
    }
  }
  return y;
}

export const relu = (x: Images): Images => ({ ...x, values: x.values.map((value) => Math.max(0, value)) });

export const add = (a: Images, b: Images): Images => ({
  ...a,
  values: a.values.map((value, i) => value + b.values[i]!),
});

export function globalAveragePool(x: Images): Images {
  const pixels = x.height * x.width;
  const y = images(x.count, x.channels, 1, 1);
  for (let i = 0; i < x.values.length; i++) y.values[Math.floor(i / pixels)]! += x.values[i]! / pixels;
  return y;
}

/** Averaged over the images. */
export function crossEntropy(logits: Images, labels: ArrayLike<number>): number {
  let sum = 0;
  for (let n = 0; n < logits.count; n++) {
    const row = logits.values.subarray(n * logits.channels, (n + 1) * logits.channels);
    const largest = Math.max(...row);
    const total = row.reduce((acc, logit) => acc + Math.exp(logit - largest), 0);
    sum += largest + Math.log(total) - row[labels[n]!]!;
  }
  return sum / logits.count;
}
