/**
 * Several runs of a traced function in one, for devices that a session's inputs and outputs cannot stay on: only within a
 * run does the state of a training remain there. ONNX has two ways to repeat a graph. `Loop` counts in a tensor, and asks
 * one on the host after each round whether to go on; `Scan` knows how often from the shapes of what it reads.
 */
import { at, named } from '../../../support/at.js';
import type { Signature } from '../../flat.js';
import { mapValues } from '../../nested.js';
import type { Graph } from '../graph.js';
import type { InputPiece } from '../pieces.js';
import type { TracedFunction } from '../tracer.js';

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
  const returned = Object.keys(traced.signature).filter((name) => !(name in signature));
  const carried = Object.keys(traced.signature).filter((name) => name in signature);
  const given = traced.inputs
    .map(({ source }) => source)
    .filter((name) => !carried.includes(name) && !shared.includes(name));
  const before = [...carried, ...given];
  const after = [...carried, ...returned];

  const stacked = repeatedSignature(signature, traced.signature, steps, shared);
  const inputs = before.map((name): InputPiece => {
    return { name: `all:${name}`, source: name, offset: 0, ...named(stacked, name) };
  });
  // The body finds what is outside of it by its name.
  const outside = traced.inputs.filter(({ source }) => shared.includes(source));
  const results = mapValues(traced.signature, ({ shape, dtype }, name) => {
    return { name: `all:${name}:after`, shape: carried.includes(name) ? shape : [steps, ...shape], dtype };
  });
  const body: Graph = {
    ...traced.graph,
    inputs: before.map((name) => ({ name, ...named(signature, name) })),
    outputs: after.map((name) => ({ ...named(traced.signature, name), name: at(named(traced.outputs, name), 0).name })),
  };
  const scan = {
    op: 'Scan',
    inputs: inputs.map(({ name }) => name),
    outputs: after.map((name) => named(results, name).name),
    attributes: { num_scan_inputs: given.length, body: { body } },
  };
  return {
    graph: {
      nodes: [scan],
      constants: [],
      inputs: [...inputs, ...outside].map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      outputs: after.map((name) => named(results, name)),
    },
    inputs: [...inputs, ...outside],
    outputs: mapValues(results, ({ name, shape }) => [{ name, offset: 0, shape }]),
    signature: mapValues(results, ({ shape, dtype }) => ({ shape, dtype })),
  };
}

/** The signature of the repeated function's inputs. */
export const repeatedSignature = (
  signature: Signature,
  outputs: Signature,
  steps: number,
  shared: readonly string[],
): Signature =>
  mapValues(signature, ({ shape, dtype }, name) => {
    const isWhole = name in outputs || shared.includes(name);
    return { dtype, shape: isWhole ? shape : [steps, ...shape] };
  });
