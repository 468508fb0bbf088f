/** Chooses an engine by the names the command line uses; each is loaded only when it is asked for. */
import type { Engine } from './engine.js';

export interface EngineChoice {
  readonly engine: 'onnx' | 'tensorflow' | 'tfjs';
  readonly device: 'auto' | 'cpu' | 'webgpu' | 'cuda';
}

export async function createEngine({ engine }: EngineChoice): Promise<Engine> {
  if (engine === 'onnx') return (await import('./onnx/engine.js')).createOnnxEngine();
  return (await import('./eager.js')).createEagerEngine('cpu');
}
