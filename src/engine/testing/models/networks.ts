/** The paper's networks in float64, written from the paper's tables and PyTorch's names (float64.ts has the layers). */
import { add, batchNorm, conv2d, globalAveragePool, type Images, linear, maxPool, relu } from './float64.js';

/** A parameter by its name. */
export type Parameters = (name: string) => Float64Array;

export type Network = (images: Images, parameters: Parameters) => Images;

const normalised = (x: Images, p: Parameters, name: string) => batchNorm(x, p(`${name}.weight`), p(`${name}.bias`));

/** A perceptron with so many hidden layers: [linear, batch norm, ReLU] for each, then linear. */
export function perceptron(hidden: number): Network {
  return (images, p) => {
    const dense = (x: Images, index: number) => linear(x, p(`layers.${index}.weight`), p(`layers.${index}.bias`));
    let x = images;
    for (let i = 0; i < hidden; i++) x = relu(normalised(dense(x, 3 * i), p, `layers.${3 * i + 1}`));
    return dense(x, 3 * hidden);
  };
}

/** C1: pooling, then batch norm, then ReLU. */
export const c1: Network = (images, p) => {
  const convolved = [0, 4].reduce((x, at) => {
    const pooled = maxPool(conv2d(x, p(`features.${at}.weight`), 5, 1, 2));
    return relu(normalised(pooled, p, `features.${at + 2}`));
  }, images);
  const hidden = [0, 4].reduce((x, at) => {
    return relu(normalised(linear(x, p(`classifier.${at}.weight`)), p, `classifier.${at + 1}`));
  }, convolved);
  return linear(hidden, p('classifier.8.weight'), p('classifier.8.bias'));
};

/** ResNet44: three stages of seven basic blocks; the first of the second and third halves the image. */
export const resnet44: Network = (images, p) => {
  const convolution = (x: Images, name: string, kernel: number, stride: number) =>
    conv2d(x, p(`${name}.weight`), kernel, stride, (kernel - 1) / 2);
  let x = relu(normalised(convolution(images, 'conv1', 3, 1), p, 'bn1'));
  for (let stage = 1; stage <= 3; stage++) {
    for (let block = 0; block < 7; block++) {
      const name = `layer${stage}.${block}`;
      const shrinks = stage > 1 && block === 0;
      const stride = shrinks ? 2 : 1;
      const hidden = relu(normalised(convolution(x, `${name}.conv1`, 3, stride), p, `${name}.bn1`));
      const residual = normalised(convolution(hidden, `${name}.conv2`, 3, 1), p, `${name}.bn2`);
      const projected = () => normalised(convolution(x, `${name}.downsample.0`, 1, stride), p, `${name}.downsample.1`);
      x = relu(add(residual, shrinks ? projected() : x));
    }
  }
  return linear(globalAveragePool(x), p('fc.weight'), p('fc.bias'));
};
