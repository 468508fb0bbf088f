/** Our side, as a process: requests on stdin, replies on stdout. With the argument `tensorflow`, on that engine. */
import { createOnnxEngine } from '../../src/engine/onnx/cpu/engine.js';
import { createTensorFlowEngine } from '../../src/engine/tensorflow.js';
import { prepareWork } from './ours-work.js';
import { serve } from './serve.js';

const engine = process.argv[2] === 'tensorflow' ? await createTensorFlowEngine('cpu') : createOnnxEngine();
await serve(process.stdin, process.stdout, (task) => prepareWork(engine, task));
