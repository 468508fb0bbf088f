/** What the command line makes of errors of the GPU, on SwiftShader, whose largest array is 1 GiB. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { describeOnSwiftShader } from '../engine/testing/swiftshader.js';
import { exists } from '../support/files.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import { smoothout } from './testing/smoothout.js';

await describeOnSwiftShader('run --device webgpu', async () => {
  test('a GPU that fails ends the run, of which nothing is kept, and the next one trains', async () => {
    const data = await smallMnist(2000, 20);
    // 2000 × 140,000 activations are 1.04 GiB.
    const variants = [
      { experiment: 'too-large', batchSize: 2000, hidden: [2, 140_000] },
      { experiment: 'fits', batchSize: 1000, hidden: [2] },
    ];
    const config = await smallConfig({ experiment: undefined, variants, epochs: 1, methods: [{ name: 'baseline' }] });
    const out = dirname(config);
    const { status, stderr } = await smoothout`run ${config} --data ${data} --out ${out} --device webgpu`;
    expect(status).toBe(1);
    expect(stderr).toContain('the GPU reported an error: ');
    expect(stderr).toContain('a ghostBatchSize or a smaller batchSize');
    const inRun = (experiment: string, name: string) => join(out, 'runs', experiment, 'baseline', 'seed-1', name);
    const record = async (experiment: string) => JSON.parse(await readFile(inRun(experiment, 'run.json'), 'utf8'));
    expect(await record('too-large')).toMatchObject({ status: 'failed', epochsDone: 0, error: { code: 'GPU_FAILED' } });
    for (const name of ['last.safetensors', 'best.safetensors']) {
      expect(await exists(inRun('too-large', name)), name).toBe(false);
    }
    expect(await readFile(inRun('too-large', 'metrics.jsonl'), 'utf8')).toBe('');
    expect(await record('fits')).toMatchObject({
      status: 'completed',
      device: 'webgpu',
      environments: [{ device: 'webgpu', fromEpoch: 0 }],
    });
  });
});
