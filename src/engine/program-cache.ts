/** Programs that are compiled when they are first asked for: one for each batch size, say. */
export interface ProgramCache<Key, P> {
  /** The program for this key. */
  get(key: Key): Promise<P>;
  dispose(): Promise<void>;
}

export function createProgramCache<Key, P extends { dispose(): Promise<void> }>(
  compile: (key: Key) => Promise<P>,
): ProgramCache<Key, P> {
  const programs = new Map<Key, Promise<P>>();
  return {
    get(key) {
      const program = programs.get(key) ?? compile(key);
      programs.set(key, program);
      return program;
    },
    async dispose() {
      for (const program of programs.values()) await (await program).dispose();
    },
  };
}
