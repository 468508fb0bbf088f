/**
 * Several runs of a traced function in one, for devices that a session's inputs and outputs cannot stay on: only within a
 * run does the state of a training remain there. ONNX has two ways to repeat a graph. `Loop` counts in a tensor, and asks
 * one on the host after each round whether to go on; `Scan` knows how often from the shapes of what it reads.
 */
import { at, named } from '../../../support/at.js';
import { mapValues, type Signature } from '../../flat.js';
import type { Graph } from '../graph.js';
import type { InputPiece } from '../pieces.js';
import type { TracedFunction } from '../tracer.js';

/**
 * A function that runs `traced` (whole vectors, no pieces) `steps` times. An output with the name of an input is that
 * input of the next run, an input of `shared` the same in each. Every other input and output has a leading axis of
 * `steps`: what each run takes and gives.
 */
export function repeated(traced: TracedFunction, steps: number, shared: readonly string[]): TracedFunction {
  const { takes, returns } = traced;
  const returned = Object.keys(returns).filter((name) => !(name in takes));
  const carried = Object.keys(returns).filter((name) => name in takes);
  const given = traced.inputs
    .map(({ source }) => source)
    .filter((name) => !carried.includes(name) && !shared.includes(name));
  const before = [...carried, ...given];
  const after = [...carried, ...returned];

  const stacked = (signature: Signature, isWhole: (name: string) => boolean): Signature =>
    mapValues(signature, ({ shape, dtype }, name) => ({ dtype, shape: isWhole(name) ? shape : [steps, ...shape] }));
  const takesAll = stacked(takes, (name) => name in returns || shared.includes(name));
  const returnsAll = stacked(returns, (name) => name in takes);
  const inputs = before.map((name): InputPiece => {
    return { name: `all:${name}`, source: name, offset: 0, ...named(takesAll, name) };
  });
  // The body finds what is outside of it by its name.
  const outside = traced.inputs.filter(({ source }) => shared.includes(source));
  const results = mapValues(returnsAll, ({ dtype, shape }, name) => ({ name: `all:${name}:after`, shape, dtype }));
  const body: Graph = {
    ...traced.graph,
    inputs: before.map((name) => ({ name, ...named(takes, name) })),
    outputs: after.map((name) => ({ ...named(returns, name), name: at(named(traced.outputs, name), 0).name })),
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
    takes: takesAll,
    returns: returnsAll,
  };
}
