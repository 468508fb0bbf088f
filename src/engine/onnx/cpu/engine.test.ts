import { describeContract } from '../../testing/contract.js';
import { createOnnxEngine } from './engine.js';

describeContract('the onnx engine on the CPU', createOnnxEngine());
