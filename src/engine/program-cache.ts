/** Programs that are compiled when they are first asked for: one for each batch size, say. */
export function createProgramCache<Key, P extends { dispose(): Promise<void> }>(compile: (key: Key) => Promise<P>) {
  const programs = new Map<Key, Promise<P>>();
  return {
    /** The program for this key. */
    get(key: Key): Promise<P> {
      const program = programs.get(key) ?? compile(key);
      programs.set(key, program);
      return program;
    },
    async dispose(): Promise<void> {
      for (const program of programs.values()) await (await program).dispose();
    },
  };
}
