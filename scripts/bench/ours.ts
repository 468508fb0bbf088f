/**
 * Our side, as a process of Node.js: the requests of protocol.ts on stdin until that ends, replies on stdout, where nothing
 * else may write. With the argument `tensorflow`, on that engine.
 */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createOnnxEngine } from '../../src/engine/onnx/cpu/engine.js';
import { createTensorFlowEngine } from '../../src/engine/tensorflow.js';
import { prepareWork, type Work } from './ours-work.js';
import type { Reply, Request } from './protocol.js';

const engine = process.argv[2] === 'tensorflow' ? await createTensorFlowEngine('cpu') : createOnnxEngine();
const works = new Map<string, Work>();
for await (const line of createInterface({ input: process.stdin })) {
  const reply = await answer(JSON.parse(line) as Request).catch((error: unknown) => {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  });
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

async function answer(request: Request): Promise<Reply> {
  if (request.do === 'memory') return { bytes: await peakResidentBytes() };
  if (request.do === 'prepare') {
    const work = await prepareWork(engine, request.task);
    works.set(request.name, work);
    return { seconds: work.compileSeconds };
  }
  const work = works.get(request.name);
  if (!work) throw new Error(`nothing is prepared under the name ${request.name}`);
  return work.run(request.times, request.untimed);
}

/** Linux counts it from the start of the program; elsewhere what there is (getrusage) may include the parent's. */
async function peakResidentBytes(): Promise<number | null> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  return match ? 1024 * Number(match[1]) : null;
}
