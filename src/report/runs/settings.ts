import { parse } from 'yaml';
import { type Config, configSchema, type MethodConfig, type OptimizerConfig } from '../../config/schema.js';

/** The settings of one run, its method's overrides applied. */
export interface RunSettings extends Omit<Config, 'methods' | 'seeds'> {
  readonly method: MethodConfig;
  readonly optimizer: OptimizerConfig;
  /** The learning rate that the run starts with, "learning rate tuning" included: η·√(batch / ghost batch). */
  readonly initialLearningRate: number;
}

/**
 * Reads a run's config.yaml. `label` picks its method where the file lists several.
 *
 * @throws Error with a one-line reason: not YAML, a key that does not belong there, no method of that label.
 */
export function parseRunSettings(text: string, label: string): RunSettings {
  const parsed = configSchema.safeParse(parse(text, { maxAliasCount: 0 }));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new Error(`${issue.path.join('.') || 'the config'}: ${issue.message}`);
  }
  const { methods, seeds: _, ...config } = parsed.data;
  const method = methods.find((candidate) => (candidate.label ?? candidate.name) === label);
  if (method === undefined) throw new Error(`no method is called "${label}"`);
  const optimizer = { ...config.optimizer, ...definedOnly(method.optimizer) };
  const scale = optimizer.scaleLearningRate
    ? Math.sqrt(config.batchSize / (config.ghostBatchSize ?? config.batchSize))
    : 1;
  return {
    ...config,
    method,
    optimizer,
    dropout: method.dropout ?? config.dropout,
    initialLearningRate: optimizer.learningRate * scale,
  };
}

/** Without the keys that are undefined, which would override with nothing. */
function definedOnly(overrides: MethodConfig['optimizer']): Partial<OptimizerConfig> {
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
}
