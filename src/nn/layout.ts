/**
 * A model's parameters are one flat vector, and so are its running statistics. The layout says which piece of the
 * vector is which tensor, in the order and under the names of the reference model's PyTorch `state_dict`.
 */
import { SmoothOutError } from '../support/errors.js';
import { sizeOf } from '../support/shape.js';

export type ParameterRole = 'weight' | 'bias' | 'batchNormScale' | 'batchNormShift';

/** How a parameter starts. `batchNormScale` is 1 or U(0, 1), by a setting: PyTorch changed its default in version 1.2. */
export type Initialiser =
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'normal'; readonly standardDeviation: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'batchNormScale' };

export interface ParameterDeclaration {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: ParameterRole;
  readonly initial: Initialiser;
}

export interface StatisticDeclaration {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: 0 | 1;
}

/** A named tensor's place in a flat vector. */
export interface Slot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

export interface ParameterSlot extends Slot, ParameterDeclaration {}
export interface StatisticSlot extends Slot, StatisticDeclaration {}

export interface Layout {
  readonly parameters: readonly ParameterSlot[];
  readonly size: number;
  readonly statistics: readonly StatisticSlot[];
  readonly statisticsSize: number;
}

/**
 * Lays the tensors out one after another, in the order given.
 *
 * @throws SmoothOutError CONFIG_INVALID where two have the same name: they would be one.
 */
export function buildLayout(
  parameters: readonly ParameterDeclaration[],
  statistics: readonly StatisticDeclaration[],
): Layout {
  const [parameterSlots, size] = place(parameters);
  const [statisticSlots, statisticsSize] = place(statistics);
  return { parameters: parameterSlots, size, statistics: statisticSlots, statisticsSize };
}

function place<T extends { readonly name: string; readonly shape: readonly number[] }>(declarations: readonly T[]) {
  checkNames(declarations);
  let end = 0;
  const slots = declarations.map((declaration) => {
    const size = sizeOf(declaration.shape);
    end += size;
    return { ...declaration, offset: end - size, size };
  });
  return [slots, end] as const;
}

/** @throws SmoothOutError CONFIG_INVALID where two have the same name. */
export function checkNames(declarations: readonly { readonly name: string }[]): void {
  const names = new Set<string>();
  for (const { name } of declarations) {
    if (!names.has(name)) names.add(name);
    else {
      throw new SmoothOutError('CONFIG_INVALID', `two layers have the name "${name}"`, {
        hint: 'Give each layer a name of its own.',
      });
    }
  }
}
