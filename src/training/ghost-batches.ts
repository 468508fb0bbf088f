/**
 * Where a batch is cut into ghost batches. As `torch.chunk` does: a full batch gives batchSize / ghostBatchSize ghost
 * batches, and a short last batch as many, smaller ones (848 images of 2048/128: 16 of 53).
 *
 * @returns start and end of each ghost batch.
 */
export function ghostBatches(count: number, batchSize: number, ghostBatchSize: number | null): [number, number][] {
  if (ghostBatchSize === null) return [[0, count]];
  const size = Math.ceil(count / Math.floor(batchSize / ghostBatchSize));
  const starts = Array.from({ length: Math.ceil(count / size) }, (_, i) => i * size);
  return starts.map((start) => [start, Math.min(start + size, count)]);
}
