/** The section of the page that says, for every group of runs, with which settings and commands it was made. */

import { durationText, percentText, sharpnessText } from '../format.js';
import { type ClaimingGroup, describeGroup } from '../paper/cells.js';
import { nameOf, seedList } from '../runs/group.js';
import { measurementOf, type Run } from '../runs/run.js';
import { CONVENTION_NAMES } from '../sharpness-record.js';
import { anchorOf, small } from './cells.js';
import { type Html, html } from './html.js';
import { type Column, sortableTable } from './table.js';

const COLUMNS: readonly Column[] = [
  { title: 'Seed', numeric: true },
  { title: 'Best epoch', numeric: true },
  { title: 'Best, %', numeric: true },
  { title: 'Last, %', numeric: true },
  { title: 'As defined', group: 'Sharpness', numeric: true },
  { title: "Keskar's", group: 'Sharpness', numeric: true },
  { title: "Authors' code", group: 'Sharpness', numeric: true },
  { title: 'Images/s', numeric: true },
  { title: 'Time', numeric: true },
  { title: 'Engine' },
  { title: 'Commit' },
];

export function provenanceSection(groups: readonly ClaimingGroup[]): Html | null {
  if (groups.length === 0) return null;
  return html`
<section id="provenance">
<h2>Settings and commands</h2>
<p>Every group of runs above, seed by seed. The commands repeat it from the folder that <code>results/</code> is in.</p>
${groups.map(groupDetails)}
</section>`;
}

function groupDetails(cell: ClaimingGroup): Html {
  const { group } = cell;
  const first = `results/runs/${group.runs[0]!.folder}`;
  const measured = group.runs.some(({ sharpness }) => sharpness !== null);
  const commands = [
    `smoothout run ${first}/config.yaml --seed ${seedList(group)}`,
    ...(measured
      ? [`smoothout sharpness --ckpt results/runs/${nameOf(group)}/seed-*/best.safetensors --all-conventions`]
      : []),
  ];
  return html`
<details>
<summary>${nameOf(group)} <span class="after">${describeGroup(cell)}, seeds ${seedList(group)}</span></summary>
<div id="${anchorOf(group)}">
<pre>${commands.join('\n')}</pre>
${sortableTable(`Seeds of ${nameOf(group)}`, COLUMNS, group.runs.map(seedRow))}
<pre>${group.runs[0]!.config.trimEnd()}</pre>
</div>
</details>`;
}

function seedRow(run: Run) {
  const { record } = run;
  const number = (value: number | null | undefined, text: string) => ({ content: text, sort: value ?? '' });
  return [
    number(record.seed, String(record.seed)),
    number(record.bestEpoch, String(record.bestEpoch)),
    number(record.bestAccuracy, percentText(record.bestAccuracy)),
    number(record.finalAccuracy, percentText(record.finalAccuracy)),
    ...CONVENTION_NAMES.map((convention) => {
      const measurement = measurementOf(run, convention);
      if (measurement === undefined) return { content: '', sort: '' };
      const { value, images } = measurement;
      return { content: [sharpnessText(value), small(`${images} images`)], sort: value };
    }),
    number(record.imagesPerSecond, record.imagesPerSecond === null ? '' : String(Math.round(record.imagesPerSecond))),
    number(record.seconds, durationText(record.seconds)),
    `${record.engine}, ${record.device}`,
    record.gitCommit?.slice(0, 10) ?? 'unknown',
  ];
}
