/** Activation functions and the gradients that tfjs has kernels for. */
import type { LeakyReluAttrs, StepAttrs } from '@tensorflow/tfjs';
import { at } from '../../../support/at.js';
import { ELEMENT_TYPE } from '../protobuf.js';
import { aligned, traced } from '../traced.js';
import { combined, eachElement, ops, unary } from './elementwise.js';
import { type Kernel, type KernelTable, kernel } from './kernel.js';

/** 1 where x > 0, else alpha: the gradient of relu, or of leaky relu. */
const step: Kernel<'x', Partial<StepAttrs>> = (graph, { x }, { alpha }) =>
  eachElement(x, (name) => {
    const positive = graph.node('Greater', [name, graph.float(0)]);
    if (!alpha) return graph.node('Cast', [positive], { to: ELEMENT_TYPE.float32 });
    return graph.node('Where', [positive, graph.float(1), graph.float(alpha)]);
  });

/**
 * The same in one pass: min(1, max(0, 2¹²⁶·x)). A comparison and a cast take two, of which the cast is the slowest pass
 * in a step on the CPU. 2⁻¹²⁶ is the least number beside 0 where denormal ones are zero (runtime.ts). It asks for relu(x), a value
 * that the network has and keeps, instead of x, so that x need not be kept beside it for the backward pass.
 */
export const steepStep: typeof step = (graph, inputs, attributes) => {
  if (attributes.alpha || inputs.x.dtype !== 'float32') return step(graph, inputs, attributes);
  const slope = { alpha: { float: 2 ** 126 }, beta: { float: 0 } };
  return eachElement(inputs.x, (name) => graph.node('HardSigmoid', [graph.node('Relu', [name])], slope));
};

export const activation = {
  ...ops('Relu', 'Elu', 'Selu', 'Softplus'),
  Relu6: unary((graph, x) => graph.node('Clip', [x, graph.float(0), graph.float(6)])),
  Step: step,
  LeakyRelu: kernel<'x', LeakyReluAttrs>((graph, { x }, { alpha }) =>
    eachElement(x, (name) => graph.node('LeakyRelu', [name], { alpha: { float: alpha } })),
  ),

  /** dy where the value y of elu is positive, else dy·(y + 1). */
  EluGrad: kernel<'dy' | 'y'>((graph, { dy, y }) => {
    const one = graph.float(1);
    const slope = eachElement(y, (name) => graph.node('Min', [graph.node('Add', [name, one]), one]));
    return combined(graph, 'Mul', dy, slope);
  }),

  /** x where it is positive, else alpha·x, with alpha broadcast to x. */
  Prelu: kernel<'x' | 'alpha'>((graph, { x, alpha }) => {
    const scaled = combined(graph, 'Mul', x, alpha);
    const { names, order } = aligned(graph, [x, scaled], x.shape);
    const negative = graph.node('Less', [at(names, 0), graph.float(0)]);
    return traced(graph.node('Where', [negative, at(names, 1), at(names, 0)]), x.shape, 'float32', order);
  }),
} satisfies KernelTable;
