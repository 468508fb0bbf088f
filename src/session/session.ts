/** What the runs or analyses of one command share: the engine, the data sets that are open, where the code comes from. */
import type { RunSpec } from '../config/schema.js';
import { openImages, type SplitImages } from '../data/batches.js';
import { unofficialFiles } from '../data/catalogue.js';
import { openDataset } from '../data/open.js';
import type { Dataset, ImageSource } from '../data/source.js';
import { type ChosenEngine, createEngine, type EngineChoice } from '../engine/create.js';
import type { Provenance } from '../records/run-record.js';
import { gitCommit, processFacts, versions } from '../support/versions.js';

export interface SessionOptions extends EngineChoice {
  /** Where the data is; without it SMOOTHOUT_DATA, then this installation's datasets folder. */
  readonly data?: string;
  /** Stops what is under way, with what is done saved. */
  readonly signal: AbortSignal;
  /** Is called with what the user should know before the results: that data files are not the official ones. */
  readonly onNotice?: (text: string) => void;
}

/** Which data a run sees. */
type DataSettings = Pick<RunSpec, 'dataset' | 'synthetic' | 'validation'>;

export interface Session {
  readonly engine: ChosenEngine;
  readonly signal: AbortSignal;
  readonly provenance: Provenance;
  /** Opened once for the whole session. @throws what `openDataset` throws. */
  dataset(of: DataSettings): Promise<Dataset>;
  /** Images of a run with these settings, normalised once for the whole session. @throws what `source.read` throws. */
  images(of: DataSettings, source: ImageSource): Promise<SplitImages>;
  dispose(): Promise<void>;
}

/** @throws what `createEngine` throws. */
export async function openSession({ data, signal, onNotice, ...choice }: SessionOptions): Promise<Session> {
  const facts = Promise.all([versions(), gitCommit(), processFacts(choice.threads)]);
  const engine = await createEngine(choice);
  const [allVersions, commit, process] = await facts;
  const datasets = new Map<string, Promise<Dataset>>();
  const kept = new Map<string, Promise<SplitImages>>();
  async function open({ dataset, synthetic }: DataSettings): Promise<Dataset> {
    const opened = await openDataset(dataset, { directory: data, synthetic });
    const files = unofficialFiles(opened);
    if (files.length > 0) {
      const what = `not the official ${files.join(', ')}; \`smoothout data verify ${dataset}\` says how`;
      onNotice?.(`${opened.directory}: ${what}`);
    }
    return opened;
  }
  return {
    engine,
    signal,
    provenance: { versions: allVersions, gitCommit: commit, process },
    dataset: (of) => once(datasets, `${of.dataset} ${of.synthetic}`, () => open(of)),
    images: ({ dataset, synthetic, validation }, source) =>
      once(kept, [dataset, synthetic, validation, source.name, source.count].join(), () => openImages(source)),
    dispose: () => engine.dispose(),
  };
}

function once<T>(made: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const value = made.get(key) ?? make();
  made.set(key, value);
  return value;
}
