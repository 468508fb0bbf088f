/** `smoothout doctor`: what this machine has to compute with, and what is missing. */
import { statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { DATASET_NAMES, dataDirectory } from '../data/catalogue.js';
import { SmoothOutError } from '../support/errors.js';
import { gitCommit, processFacts, versions } from '../support/versions.js';
import { paint, print, printJson, textTable } from './output.js';

interface DoctorOptions {
  readonly data?: string;
  readonly out: string;
  readonly json?: boolean;
}

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('show what this machine has to compute with, and which data is here')
    .option('--data <folder>', 'where to look for data (default: SMOOTHOUT_DATA, then datasets/)')
    .option('--out <folder>', 'where results would go', 'results')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  smoothout doctor --data ~/data')
    .action(async (options: DoctorOptions) => {
      const report = await examine(options);
      if (options.json) printJson(report);
      else print(describe(report));
    });
}

type Report = Awaited<ReturnType<typeof examine>>;

async function examine({ data, out }: DoctorOptions) {
  const { findDevices } = await import('../engine/devices.js');
  const { loadSharp } = await import('../data/imagenet.js');
  const [all, commit, devices, jpegProblem, { processor, threads }, found, freeDisk] = await Promise.all([
    versions(),
    gitCommit(),
    findDevices(),
    // Why JPEG files, of which ImageNet is made, cannot be read; null where they can.
    loadSharp().then(
      () => null,
      (error: Error) => error.message,
    ),
    processFacts(),
    findData(data),
    freeDiskBytes(out),
  ]);
  const platform = `${process.platform} ${process.arch}`;
  const memory = { memoryBytes: totalmem(), freeMemoryBytes: freemem(), freeDiskBytes: freeDisk };
  const machine = { platform, processor, threads, ...memory };
  return { versions: all, gitCommit: commit, devices, jpegProblem, machine, data: found };
}

/** Of each data set where its official files are, intact or not, or why they are not found; and whether its stand-in is. */
async function findData(directory: string | undefined) {
  const { findGenerated } = await import('../data/generated/stand-ins.js');
  const { locateDataset, officialPlace } = await import('../data/open.js');
  const root = dataDirectory(directory);
  return Promise.all(
    DATASET_NAMES.map(async (dataset) => {
      const place = officialPlace(dataset, root, directory);
      const generated = (await findGenerated(root, dataset)) !== null;
      try {
        const folder = await locateDataset(place);
        return { dataset, folder, problem: null, generated };
      } catch (error) {
        if (!(error instanceof SmoothOutError)) throw error;
        return { dataset, folder: null, problem: error.message, generated };
      }
    }),
  );
}

/** Of the disk that a folder is on, or will be. */
async function freeDiskBytes(folder: string): Promise<number> {
  for (let path = resolve(folder); ; path = dirname(path)) {
    try {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    } catch (error) {
      if (path === dirname(path)) throw error;
    }
  }
}

function describe({ versions: all, gitCommit: commit, devices, jpegProblem, machine, data }: Report): string {
  const title = (text: string) => paint(process.stdout, 'bold', text);
  const mark = (good: boolean) => (good ? 'yes' : 'no');
  const software = Object.entries(all).map(([name, version]) => `${name} ${version ?? 'not installed'}`);
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  return [
    title('Software'),
    `  ${software.join(', ')}`,
    `  commit ${commit ?? 'unknown'}`,
    title('Machine'),
    `  ${machine.platform}, ${machine.threads} threads, ${machine.processor}`,
    `  memory ${gib(machine.freeMemoryBytes)} free of ${gib(machine.memoryBytes)}, disk ${gib(machine.freeDiskBytes)} free`,
    title('Engines and devices'),
    indent(
      textTable(devices.map(({ engine, device, available, detail }) => [mark(available), engine, device, detail])),
    ),
    title('Data'),
    indent(
      textTable(
        data.map(({ folder, dataset, generated }) => [
          mark(folder !== null),
          dataset,
          folder ?? `not found${generated ? '; its generated stand-in is here' : ''}`,
        ]),
      ),
    ),
    ...(jpegProblem === null ? [] : [`  ${jpegProblem}`]),
    ...(data.some(({ folder }) => folder === null) ? ['  smoothout data list says more.'] : []),
  ].join('\n');
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}
