/**
 * What a training code needs from a numerical engine. Models, losses, optimizers and methods are pure functions written
 * once with tfjs ops; an engine decides how they run: traced into one ONNX graph, or eagerly on a tfjs backend.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { Borrowed } from '../support/borrowed.js';
import { sizeOf } from '../support/shape.js';

export type HostArray = Float32Array | Int32Array;

/** float32 numbers that live where the engine computes until they are disposed. */
export interface DeviceArray {
  readonly shape: readonly number[];
  /** The values on the host. On the CPU this is the array itself, which belongs to others once it is disposed. */
  read(): Promise<Borrowed<Float32Array>>;
  dispose(): void;
}

export type Value = HostArray | DeviceArray;

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
}

/** What a function takes, by name. Names may be in groups: the state of a training is one. */
export interface Specs {
  readonly [name: string]: TensorSpec | Specs;
}

export type NamedTensors = Readonly<Record<string, Tensor>>;

/** What a function returns, by name. */
export interface Tensors {
  readonly [name: string]: Tensor | Tensors;
}

type OfRank = { 0: Scalar; 1: Tensor1D; 2: Tensor2D; 4: Tensor4D };
type TensorOf<Rank> = Rank extends keyof OfRank ? OfRank[Rank] : Tensor;

/** The tensors that a function of these inputs computes with. */
export type TensorsOf<S> = S extends TensorSpec
  ? TensorOf<S['shape']['length']>
  : { readonly [N in keyof S]: TensorsOf<S[N]> };

/** The values that its program is given. */
export type ValuesOf<S> = S extends TensorSpec ? Value : { readonly [N in keyof S]: ValuesOf<S[N]> };

type Kept<O> = O extends Tensor ? DeviceArray : { readonly [N in keyof O]: Kept<O[N]> };
type Fetched<O> = O extends Tensor ? Float32Array : { readonly [N in keyof O]: Fetched<O[N]> };

/** What its program returns: `K` names the outputs that stay on the device. */
export type ResultsOf<O, K> = { readonly [N in keyof O]: N extends K ? Kept<O[N]> : Fetched<O[N]> };

export interface Program<S, O, K extends keyof O> {
  run(inputs: ValuesOf<S>): Promise<ResultsOf<O, K>>;
  /**
   * Runs once for each of `each`, in their order. What is in `first` and returned under the same name goes from run to run
   * and is given back to the device when the next has it; the rest of `first` is the same in each. An item of `each` may
   * be overwritten once the next is asked for.
   *
   * How many runs are one call of the device is up to the device. After each call it yields the results: of what goes
   * from run to run the last, of other outputs those of all runs of the call, one behind the other.
   */
  runs<F extends keyof S>(
    first: ValuesOf<Pick<S, F>>,
    each: AsyncIterable<ValuesOf<Omit<S, F>>>,
  ): AsyncGenerator<ResultsOf<O, K>, void, void>;
  dispose(): Promise<void>;
}

export interface Engine {
  readonly name: 'onnx' | 'tensorflow' | 'tfjs';
  readonly device: 'cpu' | 'webgpu' | 'cuda';
  /**
   * Prepares `fn` for inputs of exactly these shapes and dtypes; an op without a kernel fails here.
   *
   * @param fn a pure function written with tfjs ops: no variables, no control flow that depends on values. It returns
   * float32 tensors.
   * @param options `keep`: outputs that stay on the device between runs, to be given to any program of this engine.
   */
  compile<S extends Specs, O extends Tensors, K extends keyof O = never>(
    fn: (inputs: TensorsOf<S>) => O,
    specs: S,
    options?: { readonly keep?: readonly K[] },
  ): Promise<Program<S, O, K>>;
  /** Copies a host array to the device. */
  upload(values: Float32Array, shape: readonly number[]): Promise<DeviceArray>;
  dispose(): Promise<void>;
}

/** float32 numbers in the given shape, such as float(32, 10); float() is a single number. */
export const float = <const Shape extends readonly number[]>(...shape: Shape) => {
  return { shape, dtype: 'float32' } as const;
};

/** The sum of what a program returns for a scalar: one number, or one for each of several runs. */
export function sumOf(values: HostArray): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** Zeros. */
export function newArray({ shape, dtype }: TensorSpec): HostArray {
  return dtype === 'int32' ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
}

export function dtypeOf(values: HostArray): TensorSpec['dtype'] {
  return values instanceof Int32Array ? 'int32' : 'float32';
}
