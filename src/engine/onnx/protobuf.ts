/** Encodes a graph as an ONNX model (the part of onnx.proto3 that a traced graph needs). */
import protobuf from 'protobufjs';
import type { Attribute, Graph, GraphValue } from './graph.js';

const SCHEMA = `
syntax = "proto3";
message Attribute { string name = 1; float f = 2; int64 i = 3; bytes s = 4; Graph g = 6; repeated float floats = 7; repeated int64 ints = 8; int32 type = 20; }
message Tensor { repeated int64 dims = 1; int32 dataType = 2; string name = 8; bytes rawData = 9; }
message Node { repeated string input = 1; repeated string output = 2; string name = 3; string opType = 4; repeated Attribute attribute = 5; string domain = 7; }
message Dimension { int64 dimValue = 1; }
message Shape { repeated Dimension dim = 1; }
message TensorType { int32 elemType = 1; Shape shape = 2; }
message SequenceType { Type elemType = 1; }
message Type { TensorType tensorType = 1; SequenceType sequenceType = 4; }
message ValueInfo { string name = 1; Type type = 2; }
message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5; repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
message OperatorSet { string domain = 1; int64 version = 2; }
message Model { int64 irVersion = 1; string producerName = 2; Graph graph = 7; repeated OperatorSet opsetImport = 8; }
`;

const Model = protobuf.parse(SCHEMA).root.lookupType('Model');

/** ONNX element types (TensorProto.DataType). */
export const ELEMENT_TYPE = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;

const ATTRIBUTE_TYPE = { f: 1, i: 2, s: 3, g: 5, floats: 6, ints: 7 } as const;

/** Opset 18 is the first whose reductions all take their axes as an input; the other domains are ONNX Runtime's own. */
const OPERATOR_SETS: Readonly<Record<string, number>> = { '': 18, 'com.microsoft': 1, 'com.microsoft.nchwc': 1 };

/** @param sequence names an output to put before the graph's own: an empty sequence of tensors. */
export function encodeModel(graph: Graph, sequence?: string): Uint8Array {
  const encoded = encodeGraph(graph);
  if (sequence !== undefined) {
    encoded.node.unshift({ opType: 'SequenceEmpty', output: [sequence] });
    encoded.output.unshift({ name: sequence, type: { sequenceType: { elemType: { tensorType: { elemType: 1 } } } } });
  }
  const model = {
    irVersion: 8,
    producerName: 'smoothout',
    opsetImport: Object.entries(OPERATOR_SETS).map(([domain, version]) => ({ domain, version })),
    graph: encoded,
  };
  return Model.encode(Model.fromObject(model)).finish();
}

function encodeGraph(graph: Graph) {
  return {
    name: 'traced',
    node: graph.nodes.map(
      (node, index): Record<string, unknown> => ({
        name: `${node.op}_${index}`,
        opType: node.op,
        domain: node.domain ?? '',
        input: node.inputs,
        output: node.outputs,
        attribute: Object.entries(node.attributes).map(([name, value]) => encodeAttribute(name, value)),
      }),
    ),
    initializer: graph.constants.map(({ name, dtype, shape, data }) => ({
      name,
      dataType: ELEMENT_TYPE[dtype],
      dims: shape,
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    })),
    input: graph.inputs.map(encodeValueInfo),
    output: graph.outputs.map(encodeValueInfo),
  };
}

function encodeAttribute(name: string, value: Attribute): Record<string, unknown> {
  if (typeof value === 'string') return { name, type: ATTRIBUTE_TYPE.s, s: new TextEncoder().encode(value) };
  if (typeof value === 'number') return { name, type: ATTRIBUTE_TYPE.i, i: value };
  if ('float' in value) return { name, type: ATTRIBUTE_TYPE.f, f: value.float };
  if ('floats' in value) return { name, type: ATTRIBUTE_TYPE.floats, floats: value.floats };
  if ('body' in value) return { name, type: ATTRIBUTE_TYPE.g, g: encodeGraph(value.body) };
  return { name, type: ATTRIBUTE_TYPE.ints, ints: value };
}

function encodeValueInfo({ name, dtype, shape }: GraphValue): Record<string, unknown> {
  return {
    name,
    type: { tensorType: { elemType: ELEMENT_TYPE[dtype], shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
  };
}
