/**
 * Flat vectors without copies. Parameters, noise and optimizer state are one flat vector each, and a model splits the
 * parameters into one vector a layer. Written out, that is a Split of millions of elements at the start of each step and
 * a Concat at its end. So a traced vector knows how it can be had in pieces: an input as views of the host's memory, a
 * concatenation as its parts, an elementwise result as the same op over pieces of its operands. Then the whole vector
 * never exists in the graph.
 */
import { at, named } from '../../support/at.js';
import { sizeOf } from '../../support/shape.js';
import { mapValues, type Signature } from '../flat.js';
import type { GraphBuilder } from './graph.js';
import { type Traced, traced } from './traced.js';

export interface Pieces {
  /** The sizes that cost nothing, where the vector has such. */
  readonly sizes: readonly number[] | undefined;
  /** The vector in pieces of the given sizes, or undefined where it would have to be cut. */
  readonly split: (sizes: readonly number[]) => readonly Traced[] | undefined;
}

/** The ONNX value `name` is part of an input or an output, from element `offset` on. */
export interface Piece {
  readonly name: string;
  readonly offset: number;
  readonly shape: readonly number[];
}

export interface InputPiece extends Piece {
  /** The function's input. */
  readonly source: string;
  readonly dtype: 'float32' | 'int32';
}

/** Declares the inputs of a graph; with `split`, vectors may be fed in pieces. */
export function declareInputs(graph: GraphBuilder, signature: Signature, split: boolean) {
  const declared = new Map<string, InputPiece>();
  function declare(name: string, source: string, offset: number, shape: readonly number[]): Traced {
    const { dtype } = named(signature, source);
    if (!declared.has(name)) {
      declared.set(name, { name, source, offset, shape, dtype });
      graph.input(name, dtype, shape);
    }
    return traced(name, shape, dtype);
  }

  const values = mapValues(signature, ({ shape }, name): Traced => {
    const whole = declare(name, name, 0, shape);
    if (!split || shape.length !== 1) return whole;
    const inPieces = (sizes: readonly number[]) =>
      offsetsOf(sizes).map((offset, i) => declare(`${name}@${offset}:${sizes[i]}`, name, offset, [at(sizes, i)]));
    return { ...whole, pieces: { sizes: undefined, split: inPieces } };
  });
  return { values, declared: () => [...declared.values()] };
}

export function offsetsOf(sizes: readonly number[]): number[] {
  let end = 0;
  return sizes.map((size) => {
    end += size;
    return end - size;
  });
}

/** A concatenation of vectors. */
export function joined(whole: Traced, parts: readonly Traced[]): Traced {
  const sizes = parts.map(({ shape }) => at(shape, 0));
  return { ...whole, pieces: { sizes, split: (wanted) => (`${wanted}` === `${sizes}` ? parts : undefined) } };
}

/** An elementwise op over operands of which each is a vector as long as the result, or a single number. */
export function piecewise<const Operands extends readonly Traced[]>(
  operands: Operands,
  apply: (operands: Operands) => Traced,
): Traced {
  const whole = apply(operands);
  const isVector = ({ shape }: Traced) => shape.length === 1 && shape[0] === whole.shape[0];
  const isNumber = ({ shape }: Traced) => sizeOf(shape) === 1;
  const canSplit = whole.shape.length === 1 && operands.every((x) => (isVector(x) ? x.pieces : isNumber(x)));
  if (!canSplit) return whole;
  const known = new Map<string, readonly Traced[] | undefined>();
  const split = (sizes: readonly number[]) => {
    const key = `${sizes}`;
    if (!known.has(key)) known.set(key, applyInPieces(sizes));
    return known.get(key);
  };
  const applyInPieces = (sizes: readonly number[]) => {
    const columns = operands.map((x) => (isVector(x) ? x.pieces!.split(sizes) : sizes.map(() => x)));
    if (columns.includes(undefined)) return undefined;
    return sizes.map((_, i) => apply(columns.map((column) => at(column!, i)) as readonly Traced[] as Operands));
  };
  const sizes = operands.find((x) => isVector(x) && x.pieces?.sizes)?.pieces?.sizes;
  return { ...whole, pieces: { sizes, split } };
}
