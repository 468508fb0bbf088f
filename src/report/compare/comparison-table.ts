import { percentText, plusMinus, sharpnessText, signedText } from '../format.js';
import { type ClaimingGroup, describeGroup } from '../paper/cells.js';
import { meanAccuracy, nameOf, sharpness } from '../runs/group.js';
import type { Comparison } from './compare.js';

/** The columns with numbers. */
export const COMPARISON_RIGHT = [1, 2, 3, 4, 5, 6, 7];

/** The comparison for the terminal, its header first. */
export function comparisonTable({ names: [left, right], pairs }: Comparison): string[][] {
  const accuracy = (cell: ClaimingGroup | null): string[] => {
    const value = cell === null ? null : meanAccuracy(cell.group);
    return [String(value?.n ?? 0), `${percentText(value?.mean)}${plusMinus(value)}`];
  };
  const sharp = (cell: ClaimingGroup | null): string =>
    sharpnessText(cell === null ? null : sharpness(cell.group, 'defined')?.mean);
  return [
    ['runs', 'n', left, 'n', right, 'difference', 'sharpness', 'sharpness', ''],
    ...pairs.map((pair) => {
      const present = (pair.left ?? pair.right)!;
      const { best } = pair.difference;
      return [
        nameOf(present.group),
        ...accuracy(pair.left),
        ...accuracy(pair.right),
        `${signedText(best?.mean)}${plusMinus(best)}`,
        sharp(pair.left),
        sharp(pair.right),
        [describeGroup(present), ...pair.settings].join('; '),
      ];
    }),
  ];
}
