import { describe, expect, test } from 'vitest';
import { createGraphBuilder } from './graph.js';

function builder() {
  const graph = createGraphBuilder();
  const x = graph.input('x', 'float32', [2, 3]);
  const output = (source: string, name = 'y', shape: readonly number[] = [2, 3]) =>
    ({ name, dtype: 'float32', shape, source }) as const;
  return { graph, x, output };
}

describe('common subexpressions', () => {
  test('an equal node is written once', () => {
    const { graph, x } = builder();
    expect(graph.node('Exp', [x])).toBe(graph.node('Exp', [x]));
    expect(graph.nodes('Split', [x], 2, { axis: 1 })).toEqual(graph.nodes('Split', [x], 2, { axis: 1 }));
  });

  test('operands in another order, other attributes, outputs or domains make another node', () => {
    const { graph, x } = builder();
    const two = graph.float(2);
    const names = [
      graph.node('Sub', [x, two]),
      graph.node('Sub', [two, x]),
      graph.node('Transpose', [x], { perm: [0, 1] }),
      graph.node('Transpose', [x], { perm: [1, 0] }),
      graph.node('LeakyRelu', [x], { alpha: { float: 1 } }),
      graph.node('LeakyRelu', [x], { alpha: 1 }),
      graph.node('Gemm', [x, x]),
      graph.node('Gemm', [x, x], {}, 'com.microsoft'),
      ...graph.nodes('MaxPool', [x], 1),
      ...graph.nodes('MaxPool', [x], 2),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  test('small constants are shared by their bytes, dtype and shape', () => {
    const { graph } = builder();
    expect(graph.float(2)).toBe(graph.float(Float32Array.of(2), []));
    expect(graph.scalar(3, 'int32')).toBe(graph.int32(Int32Array.of(3), []));
    const different = [
      graph.float(0),
      graph.float(-0),
      graph.float(Float32Array.of(0), [1]),
      graph.scalar(0, 'int32'),
      graph.scalar(0, 'bool'),
      graph.integers([0]),
      graph.float(NaN),
      graph.float(new Float32Array(2), [2]),
      graph.float(new Float32Array(2), [1, 2]),
    ];
    expect(new Set(different).size).toBe(different.length);
  });
});

describe('reshapes', () => {
  test('a chain becomes one, and a shape taken back none', () => {
    const { graph, x, output } = builder();
    const flat = graph.reshape(x, [2, 3], [6]);
    const back = graph.reshape(flat, [6], [3, 2]);
    expect(graph.reshape(back, [3, 2], [2, 3])).toBe(x);
    const { nodes, constants } = graph.build([output(back, 'y', [3, 2])]);
    expect(nodes).toEqual([{ op: 'Reshape', inputs: ['x', constants[0]!.name], outputs: ['y'], attributes: {} }]);
    expect(constants.map(({ data }) => data)).toEqual([BigInt64Array.of(3n, 2n)]);
  });

  test('the value that a node makes of a reshaped one has an origin of its own', () => {
    const { graph, x } = builder();
    const squared = graph.node('Exp', [graph.reshape(x, [2, 3], [6])]);
    expect(graph.producer(graph.reshape(squared, [6], [2, 3]))).toMatchObject({
      op: 'Reshape',
      inputs: [squared, expect.anything()],
    });
    expect(graph.producer(squared)?.op).toBe('Exp');
    expect(graph.producer(x)).toBeUndefined();
  });
});

describe('the finished graph', () => {
  test('has neither the nodes, nor the constants, nor the inputs that no output needs', () => {
    const { graph, x, output } = builder();
    const unused = graph.input('unused', 'float32', [2, 3]);
    const y = graph.node('Add', [x, graph.float(1)]);
    graph.node('Mul', [graph.node('Add', [unused, y]), graph.float(2)]);
    const { nodes, constants, inputs, outputs } = graph.build([output(y)]);
    expect(nodes.map(({ op }) => op)).toEqual(['Add']);
    expect(constants.map(({ data }) => [...data])).toEqual([[1]]);
    expect(inputs.map(({ name }) => name)).toEqual(['x']);
    expect(outputs).toEqual([{ name: 'y', dtype: 'float32', shape: [2, 3] }]);
  });

  test('keeps a node of which one output is needed, and the order of nodes', () => {
    const { graph, x, output } = builder();
    const [values] = graph.nodes('MaxPool', [x], 2) as [string, string];
    const exp = graph.node('Exp', [x]);
    const sum = graph.node('Add', [values, exp]);
    expect(graph.build([output(sum)]).nodes.map(({ op }) => op)).toEqual(['MaxPool', 'Exp', 'Add']);
  });

  test('writes an output where its node does, also where another node reads it', () => {
    const { graph, x, output } = builder();
    const exp = graph.node('Exp', [x]);
    const log = graph.node('Log', [exp]);
    const { nodes } = graph.build([output(exp, 'a'), output(log, 'b')]);
    expect(nodes.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([
      [['x'], ['a']],
      [['a'], ['b']],
    ]);
  });

  test('copies an input, a constant, and the second of two outputs with one source', () => {
    const { graph, x, output } = builder();
    const exp = graph.node('Exp', [x]);
    const one = graph.float(1);
    const sources = [output(exp, 'a'), output(exp, 'b'), output(x, 'c'), output(x, 'd'), output(one, 'e', [])];
    const { nodes, outputs } = graph.build(sources);
    expect(nodes.map(({ op, inputs, outputs: [name] }) => `${name} = ${op} ${inputs}`)).toEqual([
      'a = Exp x',
      'b = Identity a',
      'c = Identity x',
      'd = Identity x',
      `e = Identity ${one}`,
    ]);
    expect(outputs.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
