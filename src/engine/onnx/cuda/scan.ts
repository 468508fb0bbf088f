/**
 * Several runs of a traced function in one, for devices that a session's inputs and outputs cannot stay on: only within a
 * run does the state of a training remain there. ONNX has two ways to repeat a graph. `Loop` counts in a tensor, and asks
 * one on the host after each round whether to go on; `Scan` knows how often from the shapes of what it reads.
 */
import { at, named } from '../../../support/at.js';
import type { Signature } from '../../flat.js';
import type { Graph, GraphValue } from '../graph.js';
import type { InputPiece } from '../pieces.js';
import type { OutputPiece, TracedFunction } from '../tracer.js';

/**
 * A function that runs `traced` (whole vectors, no pieces) `steps` times. An output with the name of an input is that
 * input of the next run, an input of `shared` the same in each. Every other input and output has a leading axis of
 * `steps`: what each run takes and gives.
 */
export function repeated(
  traced: TracedFunction,
  signature: Signature,
  steps: number,
  shared: readonly string[],
): TracedFunction {
  const carried = Object.keys(traced.signature).filter((name) => name in signature);
  const used = Object.keys(signature).filter((name) => isUsed(traced, name));
  const given = used.filter((name) => !carried.includes(name) && !shared.includes(name));
  const returned = Object.keys(traced.signature).filter((name) => !carried.includes(name));
  const stacked = (shape: readonly number[], name: string) => (carried.includes(name) ? shape : [steps, ...shape]);

  const inputs = [...carried, ...given].map((name): InputPiece => {
    const { shape, dtype } = named(signature, name);
    return { name: `all:${name}`, source: name, offset: 0, shape: stacked(shape, name), dtype };
  });
  // The body finds what is outside of it by its name.
  const outside = traced.inputs.filter(({ source }) => shared.includes(source));
  const outputs = [...carried, ...returned].map((name) => {
    const { shape, dtype } = named(traced.signature, name);
    return { name, onnxName: `all:${name}:after`, shape: stacked(shape, name), dtype };
  });
  const asInput = (name: string): GraphValue => ({ name, ...named(signature, name) });
  const asOutput = (name: string): GraphValue => ({
    ...named(traced.signature, name),
    name: at(named(traced.outputs, name), 0).name,
  });
  const body: Graph = {
    ...traced.graph,
    inputs: [...carried, ...given].map(asInput),
    outputs: [...carried, ...returned].map(asOutput),
  };
  const scan = {
    op: 'Scan',
    inputs: inputs.map(({ name }) => name),
    outputs: outputs.map(({ onnxName }) => onnxName),
    attributes: { num_scan_inputs: given.length, body: { body } },
  };
  return {
    graph: {
      nodes: [scan],
      constants: [],
      inputs: [...inputs, ...outside].map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      outputs: outputs.map(({ onnxName, dtype, shape }) => ({ name: onnxName, dtype, shape })),
    },
    inputs: [...inputs, ...outside],
    outputs: Object.fromEntries(
      outputs.map(({ name, onnxName, shape }): [string, OutputPiece[]] => [
        name,
        [{ name: onnxName, offset: 0, shape }],
      ]),
    ),
    signature: Object.fromEntries(outputs.map(({ name, shape, dtype }) => [name, { shape, dtype }])),
  };
}

/** The signature of the repeated function's inputs. */
export function repeatedSignature(
  signature: Signature,
  outputs: Signature,
  steps: number,
  shared: readonly string[],
): Signature {
  const entries = Object.entries(signature).map(([name, { shape, dtype }]) => {
    const isWhole = name in outputs || shared.includes(name);
    return [name, { dtype, shape: isWhole ? shape : [steps, ...shape] }] as const;
  });
  return Object.fromEntries(entries);
}

const isUsed = ({ inputs }: TracedFunction, name: string) => inputs.some(({ source }) => source === name);
