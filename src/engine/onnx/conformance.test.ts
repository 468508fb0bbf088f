import { describeConformance } from '../testing/conformance.js';
import { createOnnxEngine } from './engine.js';

describeConformance('the onnx engine on the CPU', createOnnxEngine());
