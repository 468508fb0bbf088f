/** Methods of the user's own: modules that a config names by their path. */
import type { Layout } from '../nn/layout.js';
import type { Method, Noise } from './method.js';

/** What a config says of such a method beside its name. */
export interface OwnMethodSettings {
  readonly noise: Omit<Noise, 'distribution'> | null;
  readonly settings: Readonly<Record<string, number | string | boolean>>;
}

/** What the module of a method exports as its default. */
export interface OwnMethod {
  /** As tables and figures call it. */
  readonly title: string;
  build(settings: OwnMethodSettings, layout: Layout): Method;
}

const registered = new Map<string, OwnMethod>();

export function registerMethod(path: string, method: OwnMethod): void {
  registered.set(path, method);
}

/** @throws Error for a path that no config has named: a programming error. */
export function ownMethod(path: string): OwnMethod {
  const method = registered.get(path);
  if (method === undefined) throw new Error(`no config has loaded the method ${path}`);
  return method;
}
