import { structured } from '../../structured.js';
import { describeConformance } from '../../testing/conformance.js';
import { trace } from '../tracer.js';
import { createOnnxEngine } from './engine.js';
import { createCpuMemory } from './memory.js';
import { createCpuProgram } from './program.js';

describeConformance('the onnx engine on the CPU', createOnnxEngine());

/** The graph as devices other than this CPU get it: vectors whole, and none of the CPU's own operators. */
const portable = structured({
  ...createOnnxEngine(),
  compile: async (fn, signature, isKept) =>
    createCpuProgram(trace(fn, signature, { pieces: false }), createCpuMemory(), 1, isKept),
});

describeConformance('the portable graph', portable);
