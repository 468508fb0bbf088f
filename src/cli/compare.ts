/** `smoothout compare`: runs side by side. */
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { ComparedGroup, ComparedRuns } from '../report/compare.js';
import { at } from '../support/at.js';
import { makeFolder, writeFileAtomic } from '../support/files.js';
import { type Difference, meanOf } from '../support/statistics.js';
import { durationText } from '../support/words.js';
import { GENERATED_NOTE, log, paint, print, printJson, textTable } from './output.js';

interface CompareOptions {
  readonly svg: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  smoothout compare f1-sb f1-lb
  smoothout compare f1-lb/baseline "f1-lb*/smoothout"
  smoothout compare results/runs/c1-lb ../elsewhere/results/runs/c1-lb --svg /tmp/c1.svg

Runs that differ by their seed alone are one group. The first group is what the others are measured against: of what is named
first the baseline, where there is one. Of methods that keep an average of the parameters, the accuracy is the average's.`;

export function registerCompare(program: Command): void {
  program
    .command('compare')
    .description('show runs side by side: settings that differ, results with intervals, curves in one figure')
    .argument('<runs...>', 'folders of runs, or names such as f1-lb, f1-lb/smoothout or "f1-*"')
    .option('--svg <file>', 'where the figure goes', join('results', 'figures', 'compare.svg'))
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', EXAMPLES)
    .action(async (what: string[], { svg, json }: CompareOptions) => {
      const { compareRuns } = await import('../report/compare.js');
      const comparison = await compareRuns(what, 'results');
      for (const { where, what } of comparison.problems) log(`${paint(process.stderr, 'yellow', where)}: ${what}`);
      if (comparison.svg !== null) {
        await makeFolder(dirname(svg));
        await writeFileAtomic(svg, comparison.svg);
      }
      if (json) await printAsJson(comparison);
      else await printTables(comparison);
      if (comparison.svg !== null) log(`wrote ${svg}`);
    });
}

async function printAsJson({ groups, settings }: ComparedRuns): Promise<void> {
  const { averageAccuracies } = await import('../report/groups.js');
  for (const [i, { name, group, best, last, bestDifference, lastDifference }] of groups.entries()) {
    const own = settings.map(({ path, values }) => [path, values[i] === 'unset' ? null : JSON.parse(at(values, i))]);
    printJson({
      name,
      experiment: group.experiment,
      method: group.method,
      seeds: group.runs.map(({ record }) => record.seed),
      unfinishedSeeds: group.unfinished.map(({ record }) => record.seed),
      generatedData: group.synthetic,
      ofAverage: averageAccuracies(group) !== null,
      settings: Object.fromEntries(own),
      ...{ best, last, bestDifference, lastDifference },
    });
  }
}

async function printTables({ groups, settings }: ComparedRuns): Promise<void> {
  const text = await import('../report/text.js');
  const { averageRemark, sharpness, unfinishedSeeds } = await import('../report/groups.js');
  const against = (difference: Difference | null) => (difference === null ? '' : text.differenceText(difference));
  const row = ({ name, group, best, last, bestDifference, lastDifference }: ComparedGroup, i: number): string[] => [
    ...[`${i + 1}`, name, `${best.n}`],
    ...[text.meanText(best), against(bestDifference), text.meanText(last), against(lastDifference)],
    text.sharpnessText(sharpness(group, 'defined')?.mean),
    durationText(meanOf(group.runs.map(({ record }) => record.seconds))),
    [
      ...averageRemark(group),
      ...pairing(bestDifference),
      ...(group.synthetic ? ['generated data'] : []),
      ...unfinishedSeeds(group),
    ].join('; '),
  ];
  const header = ['', 'runs', 'n', 'best %', 'against 1', 'last %', 'against 1', 'sharpness', 'time', ''];
  print(textTable([header, ...groups.map(row)], [0, 2, 3, 4, 5, 6, 7, 8]));
  if (settings.length > 0) {
    const rows = settings.map(({ path, values }) => [path, ...values]);
    print(`\n${textTable([['setting', ...groups.map((_, i) => `${i + 1}`)], ...rows])}`);
  } else if (groups.length > 1) {
    print('\nNo setting differs.');
  }
  if (groups.some(({ group }) => group.synthetic)) print(`\n${GENERATED_NOTE}`);
}

/** How an interval comes about. */
function pairing(difference: Difference | null): string[] {
  if (difference === null) return [];
  return [difference.paired ? `seed by seed over ${difference.n}` : 'seeds not shared'];
}
