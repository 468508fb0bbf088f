/** A graph of ONNX nodes under construction: named values, shared constants, common subexpressions written once. */
import { at } from '../../support/at.js';

/** Bare numbers are whole ones. */
export type Attribute =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly body: Graph };
export type ElementType = 'float32' | 'int32' | 'int64' | 'bool';
export type ConstantData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

type Attributes = Readonly<Record<string, Attribute>>;

export const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

export interface Node {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

export interface GraphValue {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
}

export interface Constant extends GraphValue {
  readonly data: ConstantData;
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly constants: readonly Constant[];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}

export type GraphBuilder = ReturnType<typeof createGraphBuilder>;

/** @param owner begins the names of the graph's own values: those of a body must differ from those around it. */
export function createGraphBuilder(owner = '') {
  const nodes: Node[] = [];
  const constants = new Map<string, Constant>();
  const inputs: GraphValue[] = [];
  const known = new Map<string, readonly string[]>();
  const producers = new Map<string, Node>();
  const origins = new Map<string, { name: string; shape: readonly number[] }>();
  let values = 0;
  // The colon keeps the graph's own names apart from those of inputs.
  const fresh = (prefix: string) => `${owner}${prefix}:${values++}`;

  function append(op: string, args: readonly string[], count: number, attributes: Attributes, domain = '') {
    const key = JSON.stringify([op, args, attributes, domain, count], (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    const found = known.get(key);
    if (found) return found;
    const outputs = Array.from({ length: count }, () => fresh('v'));
    const node: Node = { op, inputs: args, outputs, attributes, ...(domain && { domain }) };
    nodes.push(node);
    for (const output of outputs) producers.set(output, node);
    known.set(key, outputs);
    return outputs;
  }

  function constant(dtype: ElementType, data: ConstantData, shape: readonly number[]): string {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = data.length <= 64 ? `${dtype}[${shape}]${bytes.join()}` : fresh('large');
    const found = constants.get(key);
    if (found) return found.name;
    const name = fresh('c');
    constants.set(key, { name, dtype, shape, data });
    return name;
  }

  const integers = (values: readonly number[]) =>
    constant('int64', BigInt64Array.from(values, BigInt), [values.length]);

  return {
    /** Appends a node, or finds the equal one already there, and returns the name of its output. */
    node: (op: string, args: readonly string[], attributes: Attributes = {}, domain = '') =>
      at(append(op, args, 1, attributes, domain), 0),
    /** Does so for a node with several outputs. */
    nodes: (op: string, args: readonly string[], outputs: number, attributes: Attributes = {}) =>
      append(op, args, outputs, attributes),
    /** A value of shape `from` in the shape `to`; a chain of reshapes becomes one, and a shape taken back none. */
    reshape(name: string, from: readonly number[], to: readonly number[]): string {
      const origin = origins.get(name) ?? { name, shape: from };
      if (`${origin.shape}` === `${to}`) return origin.name;
      const reshaped = at(append('Reshape', [origin.name, integers(to)], 1, {}), 0);
      origins.set(reshaped, origin);
      return reshaped;
    },
    /** The node that computes a value; none for inputs and constants. */
    producer: (name: string) => producers.get(name),
    constant,
    float: (value: number | Float32Array, shape: readonly number[] = []) =>
      constant('float32', typeof value === 'number' ? Float32Array.of(value) : value, shape),
    int32: (values: Int32Array, shape: readonly number[]) => constant('int32', values, shape),
    /** A number of rank 0. */
    scalar: (value: number, dtype: Exclude<ElementType, 'int64'>) => constant(dtype, ARRAYS[dtype].of(value), []),
    /** A vector of 64-bit integers: axes, shapes, sizes. */
    integers,
    input(name: string, dtype: ElementType, shape: readonly number[]): string {
      inputs.push({ name, dtype, shape });
      return name;
    },
    /** The graph whose outputs are the given values, with every node that no output needs left out. */
    build(outputs: readonly (GraphValue & { readonly source: string })[]): Graph {
      const finished = nameOutputs(withoutDeadNodes(nodes, outputs), outputs);
      const used = new Set(finished.flatMap((node) => node.inputs));
      return {
        nodes: finished,
        constants: [...constants.values()].filter(({ name }) => used.has(name)),
        inputs: inputs.filter(({ name }) => used.has(name)),
        outputs: outputs.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      };
    },
  };
}

/** Gives each output the name asked for: its node writes there, or an Identity copies an input, a constant or a twin. */
function nameOutputs(nodes: readonly Node[], outputs: readonly { name: string; source: string }[]): Node[] {
  const computed = new Set(nodes.flatMap((node) => node.outputs));
  const renamed = new Map<string, string>();
  const copies: Node[] = [];
  for (const { name, source } of outputs) {
    if (computed.has(source) && !renamed.has(source)) renamed.set(source, name);
    else copies.push({ op: 'Identity', inputs: [renamed.get(source) ?? source], outputs: [name], attributes: {} });
  }
  const rename = (value: string) => renamed.get(value) ?? value;
  const written = nodes.map((node) => {
    return { ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) };
  });
  return [...written, ...copies];
}

function withoutDeadNodes(nodes: readonly Node[], outputs: readonly { source: string }[]): Node[] {
  const needed = new Set(outputs.map(({ source }) => source));
  const live: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    live.push(node);
  }
  return live.reverse();
}
