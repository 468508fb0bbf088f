/** `smoothout data`: lists, fetches, verifies and generates data sets. */
import type { Command } from 'commander';
import { DATASET_NAMES, type DatasetName, dataDirectory, readCatalogue } from '../data/catalogue.js';
import { didYouMean, SmoothOutError } from '../support/errors.js';
import { log, paint, print, printJson, textTable } from './output.js';
import { createCountBar } from './progress.js';

interface DataOptions {
  readonly data?: string;
  readonly json?: boolean;
  readonly force?: boolean;
}

export function registerData(program: Command): void {
  const data = program.command('data').description('list, fetch, verify and generate data sets');
  const command = (name: string, description: string, example: string) =>
    data
      .command(name)
      .description(description)
      .option('--data <folder>', 'the data folder (default: SMOOTHOUT_DATA, then datasets/)')
      .option('--json', 'print one JSON object a line')
      .addHelpText('after', `\nExample:\n  ${example}`);

  command('list', 'show the data sets, and which are here', 'smoothout data list').action(list);
  command('fetch <names...>', 'download and verify official files', 'smoothout data fetch mnist cifar10')
    .option('--mirror <url>', 'download <url>/<file name> instead of the official addresses')
    .option('--force', 'replace files that differ from the official ones')
    .action(fetch);
  command('verify [names...]', 'compare files with the official digests', 'smoothout data verify cifar10').action(
    verify,
  );
  command('generate [names...]', 'make generated stand-ins', 'smoothout data generate mnist --data ~/data')
    .option('--force', 'make them anew where they are there')
    .action(generate);
}

async function list(options: DataOptions): Promise<void> {
  const { findGenerated } = await import('../data/generated/stand-ins.js');
  const { findDataset, officialPlace } = await import('../data/open.js');
  const root = dataDirectory(options.data);
  const catalogue = readCatalogue();
  const rows = await Promise.all(
    DATASET_NAMES.map(async (name) => {
      const { title, about, classes, images, downloads } = catalogue[name];
      return {
        name,
        title: `${title}, ${about}`,
        classes,
        images,
        downloadBytes: downloads.length > 0 ? downloads.reduce((sum, { bytes }) => sum + bytes, 0) : null,
        folder: (await findDataset(officialPlace(name, root, options.data))) ?? null,
        generated: await findGenerated(root, name),
      };
    }),
  );
  if (options.json) {
    for (const row of rows) printJson(row);
    return;
  }
  const lines = rows.map(({ name, title, images, downloadBytes, folder, generated }) => [
    name,
    title,
    String(images.train),
    String(images.test),
    downloadBytes === null ? 'by hand' : `${(downloadBytes / 1e6).toFixed(0)} MB`,
    folder ?? 'not here',
    generated === null ? 'no' : 'yes',
  ]);
  const header = ['name', 'what', 'train', 'test', 'fetch', 'official files', 'generated'];
  print(textTable([header, ...lines], [2, 3, 4]));
  log(`Looked in ${root}.`);
}

async function fetch(names: string[], options: DataOptions & { readonly mirror?: string }): Promise<void> {
  const { fetchDataset } = await import('../data/fetch.js');
  if (options.mirror !== undefined && !URL.canParse(options.mirror)) {
    throw new SmoothOutError('USAGE', `--mirror "${options.mirror}" is no web address`, {
      hint: 'Give one such as https://example.com/datasets.',
    });
  }
  const root = dataDirectory(options.data);
  for (const name of datasetNames(names)) {
    const bar = createCountBar('MB', 1e6);
    const { folder, files } = await fetchDataset(name, {
      root,
      mirror: options.mirror,
      force: options.force ?? false,
      progress: bar.update,
      onWait: (why) => log(`${name}: waiting: ${why}`),
    }).finally(bar.stop);
    if (options.json) printJson({ dataset: name, folder, files });
    else if (files.length === 0) print(`${name}: all there and verified, in ${folder}`);
    else print(`${name}: fetched and verified ${files.length} files, in ${folder}`);
  }
}

async function verify(names: string[], options: DataOptions): Promise<void> {
  const root = dataDirectory(options.data);
  // What is not here is wrong only where it was asked for.
  const absent = { good: 0, bad: names.length > 0 ? 1 : 0 };
  let good = 0;
  let bad = 0;
  for (const name of datasetNames(names)) {
    const found = (await verifyOne(name, root, options)) ?? absent;
    good += found.good;
    bad += found.bad;
  }
  if (bad > 0) {
    throw new SmoothOutError('DATA_CORRUPT', `${bad} of ${bad + good} checks failed in ${root}`, {
      hint: '`smoothout data fetch` gets what is missing; with --force it replaces what differs.',
    });
  }
}

/** Prints a line for each file; undefined where nothing of the data set is there. */
async function verifyOne(name: DatasetName, root: string, options: DataOptions) {
  const { inspectDataset, officialPlace } = await import('../data/open.js');
  const place = officialPlace(name, root, options.data);
  const say = (state: string, what: string, detail?: string) => {
    if (options.json) printJson({ dataset: name, state, what, ...(detail !== undefined && { detail }) });
    else print(`${name}: ${what}: ${paintState(state)}${detail === undefined ? '' : `: ${detail}`}`);
  };
  const bar = createCountBar('checked');
  const progress = (done: number, total: number) => bar.update(name, done, total);
  const inspection = await inspectDataset(place, progress).finally(bar.stop);
  if (inspection === undefined) say('not here', place.folders.join(', '));
  for (const { state, what, detail } of inspection?.findings ?? []) say(state, what, detail);
  return inspection;
}

function paintState(state: string): string {
  const good = state === 'official' || state.startsWith('readable');
  return paint(process.stdout, good ? 'green' : state === 'not here' ? 'dim' : 'red', state);
}

async function generate(names: string[], options: DataOptions): Promise<void> {
  const { ensureGenerated } = await import('../data/generated/stand-ins.js');
  const root = dataDirectory(options.data);
  for (const name of datasetNames(names)) {
    const bar = createCountBar('images');
    const { folder, made } = await ensureGenerated(root, name, {
      force: options.force ?? false,
      progress: (done, total) => bar.update(name, done, total),
    }).finally(bar.stop);
    if (options.json) printJson({ dataset: name, folder, made });
    else print(`${name}: ${made ? 'made' : 'there already'}, in ${folder}`);
  }
}

/** The names asked for, all where none is. @throws SmoothOutError USAGE */
function datasetNames(names: readonly string[]): readonly DatasetName[] {
  if (names.length === 0) return DATASET_NAMES;
  return names.map((name) => {
    const known = DATASET_NAMES.find((each) => each === name);
    if (known !== undefined) return known;
    throw new SmoothOutError('USAGE', `there is no data set "${name}"${didYouMean(name, DATASET_NAMES)}`, {
      hint: `The data sets are ${DATASET_NAMES.join(', ')}.`,
    });
  });
}
