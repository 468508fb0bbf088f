/**
 * Layers in the manner of `torch.nn`: each declares its parameters under its full name and is a pure function of them.
 * Images are [N, H, W, C] between layers, which is tfjs's own order.
 */
import type { Tensor } from '@tensorflow/tfjs';
import type { NamedTensors } from '../engine/engine.js';
import type { ParameterDeclaration, StatisticDeclaration } from './layout.js';

/**
 * What a forward pass is for.
 * - `train`: batch statistics, running statistics updated, dropout on;
 * - `running`: running statistics, no dropout: evaluation;
 * - `batch`: batch statistics, nothing updated, no dropout: sharpness under the convention of Keskar et al.
 */
export type Mode = 'train' | 'running' | 'batch';

export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** One forward pass: the tensors that layers find by name, and where they leave new running statistics. */
export interface Pass {
  readonly mode: Mode;
  readonly parameters: NamedTensors;
  readonly statistics: NamedTensors;
  /** Uniform numbers on [0, 1) for each dropout layer, [N, units]; empty unless the mode is `train`. */
  readonly uniform: NamedTensors;
  readonly updatedStatistics: Record<string, Tensor>;
}

export interface DropoutDeclaration {
  readonly name: string;
  readonly units: number;
}

export interface Layer {
  readonly parameters: readonly ParameterDeclaration[];
  readonly statistics: readonly StatisticDeclaration[];
  readonly dropout: readonly DropoutDeclaration[];
  readonly apply: (x: Tensor, pass: Pass) => Tensor;
}

/** A layer that does not know its name yet. */
export type Module = (name: string) => Layer;

/** A layer with nothing to learn or remember. */
export function stateless(apply: (x: Tensor) => Tensor): Layer {
  return { parameters: [], statistics: [], dropout: [], apply };
}

/** A layer made of `children`, whose declarations it passes on in their order. */
export function composite(children: readonly Layer[], apply: Layer['apply']): Layer {
  return {
    parameters: children.flatMap((child) => child.parameters),
    statistics: children.flatMap((child) => child.statistics),
    dropout: children.flatMap((child) => child.dropout),
    apply,
  };
}

/** Layers applied one after another. */
export function chain(...layers: readonly Layer[]): Layer {
  return composite(layers, (x, pass) => layers.reduce((value, layer) => layer.apply(value, pass), x));
}

/** `torch.nn.Sequential`: the modules one after another, named by their index. */
export function sequential(...modules: readonly Module[]): Module {
  return (name) => chain(...modules.map((module, index) => module(`${name}.${index}`)));
}

/** The tensor called `name`; its absence is a mistake in the calling code, never in a user's input. */
export function tensorNamed(tensors: NamedTensors, name: string): Tensor {
  const tensor = tensors[name];
  if (!tensor) throw new Error(`the forward pass was given no tensor "${name}"`);
  return tensor;
}
