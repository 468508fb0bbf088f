import type { Subject } from '../sharpness/laboratory.js';

/** A checkpoint in tables and legends: its run, and its file's name unless that is best.safetensors. */
export function subjectLabel({ file: { origin, path } }: Subject): string {
  if (origin === null) return path;
  const run = `${origin.experiment}/${origin.method}, seed ${origin.seed}`;
  const name = path.split(/[/\\]/).at(-1)!;
  return name === 'best.safetensors' ? run : `${run}, ${name}`;
}

/** Labels by path; two checkpoints that would have the same are called by their paths. */
export function subjectLabels(subjects: readonly Subject[]): (path: string) => string {
  const labels = subjects.map(subjectLabel);
  const isUnique = (label: string): boolean => labels.filter((other) => other === label).length === 1;
  const byPath = new Map(subjects.map(({ file: { path } }, i) => [path, isUnique(labels[i]!) ? labels[i]! : path]));
  return (path) => byPath.get(path)!;
}
