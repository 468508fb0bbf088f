/** Our side, as a process: requests on stdin, replies on stdout. */
import { createOnnxEngine } from '../../src/engine/onnx/cpu/engine.js';
import { prepareWork } from './ours-work.js';
import { serve } from './serve.js';

const engine = createOnnxEngine();
await serve(process.stdin, process.stdout, (task) => prepareWork(engine, task));
