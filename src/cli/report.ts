/** `smoothout report`: the paper's tables, figures and a page from the runs so far. */
import { type Command, Option } from 'commander';
import type { Report } from '../report/report.js';
import { log, paint, print, printJson, textTable } from './output.js';

interface ReportCommandOptions {
  readonly runs: string;
  readonly out?: string;
  readonly compare?: string;
  readonly bundle?: string;
  readonly json?: boolean;
}

export function registerReport(program: Command): void {
  program
    .command('report')
    .description("write the paper's Tables 1–3, figures and a page from the runs so far")
    .option('--runs <folder>', 'the folder of results, or of runs', 'results')
    .option('--out <folder>', 'where the report goes (default: the folder of results)')
    .option('--compare <folder>', 'show a second folder of results beside the first')
    .addOption(
      new Option(
        '--bundle <file.zip>',
        'put the report and what it was made from into one file, an RO-Crate',
      ).conflicts('compare'),
    )
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      '\nExamples:\n  smoothout report\n  smoothout report --compare ../elsewhere/results --out /tmp/report\n  smoothout report --bundle evidence.zip',
    )
    .action(async (options: ReportCommandOptions) => {
      const { writeReport } = await import('../report/report.js');
      const { runs, out = null, compare = null, bundle = null } = options;
      const report = await writeReport({ runs, out, compare, bundle });
      for (const { where, what } of report.problems) {
        log(`${paint(process.stderr, 'yellow', where)}: ${what}`);
      }
      if (bundle !== null)
        log(`wrote ${bundle}: the report with its runs, from which \`smoothout report\` writes it again`);
      if (options.json) printAsJson(report);
      else await printForPeople(report);
    });
}

function printAsJson({ tables, problems, files }: Report): void {
  for (const { name, lines } of tables.results.filter(({ name }) => /^table\d$|^comparison$/.test(name))) {
    for (const line of lines) printJson({ kind: name, ...line });
  }
  for (const problem of problems) printJson({ kind: 'problem', ...problem });
  printJson({ kind: 'files', files });
}

async function printForPeople({ results, comparison, files }: Report): Promise<void> {
  const { SUMMARY_HEADER, SUMMARY_RIGHT, summaryRows, countsText } = await import('../report/text.js');
  const { COMPARISON_RIGHT, comparisonLines } = await import('../report/tables/comparison.js');
  const { inTables, apart } = summaryRows(results);
  const show = (title: string, table: readonly (readonly string[])[], right: readonly number[]): void => {
    print(`${paint(process.stdout, 'bold', title)}\n${textTable(table, right)}\n`);
  };
  if (inTables.length > 0) show("The paper's tables", [SUMMARY_HEADER, ...inTables], SUMMARY_RIGHT);
  if (apart.length > 0) show('Other runs: no rows of the paper', [SUMMARY_HEADER, ...apart], SUMMARY_RIGHT);
  if (comparison !== null) show(comparison.names.join(' beside '), comparisonLines(comparison), COMPARISON_RIGHT);
  print(`${countsText(results)} Page: ${files.find((file) => file.endsWith('.html'))}`);
  log(`wrote ${files.length} files: tables, claims.csv, runs.csv, report.html, figures`);
}
