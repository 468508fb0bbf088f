/**
 * What a training code needs from a numerical engine. Models, losses, optimizers and methods are pure functions written
 * once with tfjs ops; an engine decides how they run: traced into one ONNX graph, or eagerly on a tfjs backend.
 */
import type { Tensor } from '@tensorflow/tfjs';

export type HostArray = Float32Array | Int32Array;

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
}

export type Signature = Readonly<Record<string, TensorSpec>>;
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** A pure function over named tensors, written with tfjs ops: no variables, no control flow that depends on values. */
export type TensorFunction = (inputs: NamedTensors) => NamedTensors;

/** An array that lives where the engine computes until it is disposed. */
export interface DeviceArray {
  readonly shape: readonly number[];
  /** The values on the host. On the CPU this is the array itself, valid until `dispose`: copy what must last. */
  read(): Promise<HostArray>;
  dispose(): void;
}

export type Value = HostArray | DeviceArray;

export interface CompileOptions {
  /** Outputs that stay on the device between runs. */
  readonly keep?: readonly string[];
}

export interface StepsOptions extends CompileOptions {
  /** Inputs that are the same each time. */
  readonly shared?: readonly string[];
}

export interface Program {
  readonly outputs: Signature;
  /** Inputs are host arrays, or device arrays that an earlier run (of any program of this engine) kept. */
  run(inputs: Readonly<Record<string, Value>>): Promise<Record<string, Value>>;
  dispose(): Promise<void>;
}

export interface Engine {
  readonly name: 'onnx' | 'tensorflow' | 'tfjs';
  readonly device: 'cpu' | 'webgpu' | 'cuda';
  /** Prepares `fn` for inputs of exactly these shapes and dtypes; an op without a kernel fails here. */
  compile(fn: TensorFunction, signature: Signature, options?: CompileOptions): Promise<Program>;
  /**
   * A program that runs `fn` so many times, on devices that a training's state can stay on within a run only. An output
   * with the name of an input is that input of the next time; every other output, and every other input that is not
   * shared, gets a leading axis of `steps`.
   */
  compileSteps?(fn: TensorFunction, signature: Signature, steps: number, options?: StepsOptions): Promise<Program>;
  /** Copies a host array to the device. */
  upload(values: HostArray, shape: readonly number[]): Promise<DeviceArray>;
  dispose(): Promise<void>;
}

/** Zeros. */
export function newArray({ shape, dtype }: TensorSpec): HostArray {
  return dtype === 'int32' ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
}

export function dtypeOf(values: HostArray): TensorSpec['dtype'] {
  return values instanceof Int32Array ? 'int32' : 'float32';
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
