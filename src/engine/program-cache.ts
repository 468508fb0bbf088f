import type { Program } from './engine.js';

/** Programs that are compiled when they are first asked for: one a batch size, say. */
export interface ProgramCache<Key> {
  once(key: Key, compile: () => Promise<Program>): Promise<Program>;
  dispose(): Promise<void>;
}

export function createProgramCache<Key>(): ProgramCache<Key> {
  const programs = new Map<Key, Promise<Program>>();
  return {
    once(key, compile) {
      const program = programs.get(key) ?? compile();
      programs.set(key, program);
      return program;
    },
    async dispose() {
      for (const program of programs.values()) await (await program).dispose();
    },
  };
}
