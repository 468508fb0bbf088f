/** Work that is done several pieces at a time. */

/**
 * Calls `work` for each item in their order, `lanes` of them at once; a lane takes the next item as soon as it is free. After a
 * failure, which is thrown at once, nothing further is begun.
 */
export async function inLanes<T>(items: Iterable<T>, lanes: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  let isOpen = true;
  const lane = async () => {
    while (isOpen) {
      const next = rest.next();
      if (next.done) return;
      await work(next.value);
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    isOpen = false;
  }
}
