/**
 * How a batch is cut into ghost batches. As `torch.chunk` does: a full batch gives batchSize / ghostBatchSize ghost
 * batches, and a short last batch as many, smaller ones (848 images of 2048/128: 16 of 53).
 *
 * @returns the size of each ghost batch.
 */
export function ghostBatches(count: number, batchSize: number, ghostBatchSize: number | null): number[] {
  if (ghostBatchSize === null) return [count];
  const size = Math.ceil(count / Math.floor(batchSize / ghostBatchSize));
  const ghostBatchCount = Math.ceil(count / size);
  return Array.from({ length: ghostBatchCount }, (_, i) => Math.min(size, count - i * size));
}
