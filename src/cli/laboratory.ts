/** What sharpness, sensitivity, interpolate and landscape do alike: open the engine and checkpoints, and name them. */
import type { Laboratory, LaboratoryOptions, Subject } from '../analysis/laboratory.js';
import { onInterrupt } from './interrupt.js';
import { log } from './output.js';

/** Opens the engine and what else an analysis needs, and closes it whatever happens. Signals abort its signal. */
export async function inLaboratory<T>(
  options: Omit<LaboratoryOptions, 'signal'>,
  use: (laboratory: Laboratory) => Promise<T>,
): Promise<T> {
  const { createLaboratory } = await import('../analysis/laboratory.js');
  const interrupt = onInterrupt();
  try {
    const laboratory = await createLaboratory({ ...options, signal: interrupt.signal });
    if (laboratory.engine.reason) log(laboratory.engine.reason);
    return await use(laboratory).finally(() => laboratory.dispose());
  } finally {
    interrupt.dispose();
  }
}

/** Opens checkpoints one after another; the first that cannot be ends the command. */
export async function openSubjects(laboratory: Laboratory, paths: readonly string[]): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (const path of paths) subjects.push(await laboratory.open(path));
  return subjects;
}

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
