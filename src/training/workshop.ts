/** What the runs of one command share: the engine, the opened data sets, where the code came from. */
import type { DatasetName, RunSpec } from '../config/schema.js';
import { openDataset } from '../data/open.js';
import type { Dataset } from '../data/source.js';
import { type ChosenEngine, createEngine, type EngineChoice } from '../engine/create.js';
import { gitCommit, versions } from '../support/versions.js';
import type { RunRecord } from './record.js';
import { type RunOptions, trainRun } from './run.js';
import { runPaths } from './run-directory.js';
import { chooseSources } from './sources.js';

export type RunEvents = Pick<RunOptions, 'onStart' | 'onStep' | 'onEpoch'>;

export interface WorkshopRunOptions extends RunEvents {
  readonly out: string;
  readonly force: boolean;
  readonly signal: AbortSignal;
}

export interface Workshop {
  readonly engine: ChosenEngine;
  /**
   * Opens the data of runs to come and checks that it fits them, so that hours of one run do not come before what is
   * wrong with the next.
   *
   * @throws what `openDataset` and `chooseSources` throw.
   */
  prepare(specs: readonly RunSpec[]): Promise<void>;
  /** @throws what `trainRun` and `openDataset` throw. */
  run(spec: RunSpec, options: WorkshopRunOptions): Promise<RunRecord>;
  dispose(): Promise<void>;
}

export async function createWorkshop(choice: EngineChoice & { readonly data?: string }): Promise<Workshop> {
  const [engine, allVersions, commit] = await Promise.all([createEngine(choice), versions(), gitCommit()]);
  const provenance = { versions: allVersions, gitCommit: commit };
  const datasets = new Map<string, Promise<Dataset>>();
  const datasetOf = ({ dataset, synthetic }: { dataset: DatasetName; synthetic: boolean }) => {
    const key = `${dataset} ${synthetic}`;
    if (!datasets.has(key)) datasets.set(key, openDataset(dataset, { directory: choice.data, synthetic }));
    return datasets.get(key)!;
  };
  return {
    engine,
    async prepare(specs) {
      for (const spec of specs) chooseSources(spec, await datasetOf(spec));
    },
    async run(spec, { out, ...options }) {
      return trainRun({
        ...options,
        spec,
        engine,
        provenance,
        dataset: await datasetOf(spec),
        paths: runPaths(out, spec),
      });
    },
    dispose: () => engine.dispose(),
  };
}
