/** Which folder of src may import which other: the table of CONTRIBUTING.md, and the imports that break it. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';

const onNetworks = ['nn', 'data', 'engine', 'support'];
const onOptimizers = ['optim', 'config', 'smoothout', ...onNetworks];
const onRecords = ['records', ...onOptimizers];
const onSession = ['session', ...onRecords];

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  cli: ['jobs', 'training', 'analysis', 'report', 'submit', ...onSession],
  jobs: ['training', 'analysis', ...onSession],
  training: onSession,
  analysis: ['lbfgsb', ...onSession],
  report: onSession,
  submit: onRecords,
  session: onRecords,
  records: onOptimizers,
  optim: ['config', 'smoothout', ...onNetworks],
  config: ['smoothout', 'nn', 'data', 'support'],
  smoothout: onNetworks,
  nn: ['data', 'engine', 'support'],
  data: ['support'],
  engine: ['support'],
  support: [],
  lbfgsb: [],
};

/** Every way to name a module: `from '…'`, `import '…'`, and `import('…')`, which a type may be taken from too. */
const IMPORT = /\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g;

/** A line for each import that the table forbids. Tests, and what only they use, may import from everywhere. */
export function forbiddenImports(source: string): string[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.includes(sep) && /(?<!\.test)\.ts$/.test(file) && !file.split(sep).includes('testing'),
  );
  return files.sort().flatMap((file) => {
    const [folder = ''] = file.split(sep);
    const allowed = MAY_IMPORT[folder];
    if (allowed === undefined)
      return [`src/${file}: CONTRIBUTING.md and scripts/check-imports/arrows.ts do not know src/${folder}`];
    return [...readFileSync(join(source, file), 'utf8').matchAll(IMPORT)].flatMap(([, path = '']) => {
      const [target = ''] = normalize(join(dirname(file), path)).split(sep);
      if (target === folder || allowed.includes(target)) return [];
      return [`src/${file}: imports ${path}, but ${folder} may import ${allowed.join(', ') || 'no other folder'}`];
    });
  });
}
