/**
 * ro-crate-metadata.json: what a bundle of results holds, for programs that know nothing of this one. RO-Crate 1.1
 * (https://w3id.org/ro/crate/1.1) with a CreateAction for each run, as its profile Process Run Crate 0.5 asks.
 */
import { basename, extname } from 'node:path';
import type { Run } from './runs.js';

const CRATE = 'https://w3id.org/ro/crate/1.1';
const PROFILE = 'https://w3id.org/ro/wfrun/process/0.5';
const LICENSE = 'https://spdx.org/licenses/MIT';

const FORMATS: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.html': 'text/html',
  '.json': 'application/json',
  '.jsonl': 'application/jsonl',
  '.svg': 'image/svg+xml',
  '.yaml': 'application/yaml',
};

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  'config.yaml': 'The settings of a run, every default written out: `smoothout run` of this file repeats it',
  'run.json':
    'The record of a run: how it ended, its accuracies, and the command, commit and machines it was made with',
  'metrics.jsonl': 'Loss and accuracy of a run, a line an epoch',
  'sharpness.json': 'The sharpness of the best checkpoint of a run, by each convention',
  'curvature.json': 'Second derivatives of the loss at the best checkpoint of a run',
  'report.html': 'The page with all tables and figures',
};

/** A reference; folders that were copied by hand may have spaces in their names. */
const at = (id: string) => ({ '@id': encodeURI(id) });

/**
 * The text of ro-crate-metadata.json for these files, given by path and size in bytes, and the runs among them.
 *
 * @param tables what the report's tables are called, by the names of their files.
 * @param program that wrote the bundle; without a commit where it was not run from a repository of its own.
 */
export function crateMetadata(
  files: ReadonlyMap<string, number>,
  tables: Readonly<Record<string, string>>,
  runs: readonly Run[],
  program: { readonly version: string; readonly commit: string | null },
): string {
  const descriptions = { ...DESCRIPTIONS, ...tables };
  const actions = runs.map((run) => actionOf(run, files));
  const graph = [
    { '@id': 'ro-crate-metadata.json', '@type': 'CreativeWork', conformsTo: at(CRATE), about: at('./') },
    {
      '@id': './',
      '@type': 'Dataset',
      name: 'SmoothOut, reproduced',
      description:
        'Runs of the experiments of Wen et al., SmoothOut (arXiv 1805.07898): settings, records, metrics, tables, figures and a ' +
        'page. `smoothout report --runs .` in this folder, by the version below, writes every table again, byte for byte.',
      datePublished: lastDay(runs),
      license: at(LICENSE),
      conformsTo: at(PROFILE),
      isBasedOn: at('https://arxiv.org/abs/1805.07898'),
      hasPart: [...files.keys()].map(at),
      mentions: runs.map(({ folder }) => at(`#${folder}`)),
    },
    { '@id': PROFILE, '@type': 'CreativeWork', name: 'Process Run Crate', version: '0.5' },
    {
      '@id': 'https://arxiv.org/abs/1805.07898',
      '@type': 'ScholarlyArticle',
      name: 'SmoothOut: Smoothing Out Sharp Minima for Generalization in Large-Batch Deep Learning',
    },
    {
      '@id': LICENSE,
      '@type': 'CreativeWork',
      name: 'MIT License',
      description: 'The license of smoothout and of the results that are published with it',
    },
    {
      '@id': '#smoothout',
      '@type': 'SoftwareApplication',
      name: 'smoothout',
      softwareVersion: program.commit === null ? program.version : `${program.version}, commit ${program.commit}`,
    },
    ...[...files].map(([path, size]) => fileOf(path, size, descriptions)),
    ...actions,
  ];
  return `${JSON.stringify({ '@context': `${CRATE}/context`, '@graph': graph }, null, 2)}\n`;
}

function fileOf(path: string, size: number, descriptions: Readonly<Record<string, string>>) {
  const name = basename(path);
  const description =
    descriptions[name] ?? (path.startsWith('figures/') ? 'A figure, or the curve that it is drawn from' : name);
  return {
    '@id': encodeURI(path),
    '@type': 'File',
    name: path,
    description,
    encodingFormat: FORMATS[extname(path)] ?? 'application/octet-stream',
    contentSize: String(size),
  };
}

function actionOf({ folder, record }: Run, files: ReadonlyMap<string, number>) {
  const { experiment, method, seed, status, epochs, epochsDone, startedAt, finishedAt, error } = record;
  const config = `runs/${folder}/config.yaml`;
  const results = [...files.keys()].filter((path) => path.startsWith(`runs/${folder}/`) && path !== config);
  const completed = status === 'completed';
  return {
    '@id': encodeURI(`#${folder}`),
    '@type': 'CreateAction',
    name: `Training of ${experiment}, ${method}, seed ${seed}`,
    description: `${status}, ${epochsDone} of ${epochs} epochs`,
    instrument: at('#smoothout'),
    object: at(config),
    result: results.map(at),
    startTime: offsetTime(startedAt),
    ...(finishedAt !== null && { endTime: offsetTime(finishedAt) }),
    // There is none for what is still under way, or was interrupted.
    actionStatus: `http://schema.org/${completed ? 'Completed' : 'Failed'}ActionStatus`,
    ...(!completed && { error: error?.message ?? status }),
  };
}

/** The profile wants the offset in digits. */
const offsetTime = (utc: string): string => utc.replace(/Z$/, '+00:00');

/** The day on which the last run ended: the same runs give the same crate. */
function lastDay(runs: readonly Run[]): string {
  const times = runs.map(({ record }) => record.finishedAt ?? record.startedAt);
  return times.reduce((last, time) => (time > last ? time : last)).slice(0, 10);
}
