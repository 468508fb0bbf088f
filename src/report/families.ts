/** Families of groups: those that differ in batch size and method, and in what follows from the batch size. */
import { groupBy } from '../support/statistics.js';
import type { Group } from './groups.js';
import { problemTitle } from './paper.js';

interface Family {
  readonly groups: readonly [Group, ...Group[]];
  /** Network and data set, with what sets it apart from the paper's: "F1 on MNIST, reference". */
  readonly heading: string;
  /** The same for a file: "f1-mnist-reference". */
  readonly name: string;
  /** Trained as the paper's rows are, so that the paper's numbers may stand beside. */
  readonly isComparable: boolean;
}

export function familiesOf(groups: readonly Group[]): Family[] {
  const keyOf = ({ settings, synthetic }: Group): string => {
    const { model, dataset, epochs, validation, trainLimit, validationLimit, preset, augment, optimizer } = settings;
    const rest = [trainLimit, validationLimit, preset, augment, optimizer.name];
    return JSON.stringify([model, dataset, synthetic, epochs, validation, ...rest]);
  };
  return [...groupBy(groups, keyOf).values()].map(familyOf);
}

function familyOf(groups: readonly [Group, ...Group[]]): Family {
  const [{ settings, synthetic }] = groups;
  const { model, dataset, epochs, validation, trainLimit, preset } = settings;
  const isComparable = groups.some(({ standing }) => standing.deviations.length === 0);
  const marks = [
    ...(synthetic ? ['generated'] : []),
    ...(isComparable ? [] : [`${epochs}-epochs`]),
    ...(validation === 'test' ? [] : ['holdout']),
    ...(trainLimit === null ? [] : [`${trainLimit}-images`]),
    ...(preset === 'paper' ? [] : [preset]),
  ];
  const heading = [problemTitle(settings), ...marks].join(', ');
  return { groups, heading, name: [model, dataset, ...marks].join('-'), isComparable };
}
