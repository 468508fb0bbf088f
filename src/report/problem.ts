/** Something that the report could not use, or used with a reservation. Shown on stderr and at the end of the page. */
export interface Problem {
  /** The file, folder or cell it is about, relative to the folder of results. */
  readonly where: string;
  /** What is wrong and what follows from it, one sentence without its full stop. */
  readonly what: string;
}

/** The reason of an error on one line. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
