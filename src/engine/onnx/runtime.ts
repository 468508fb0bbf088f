/** ONNX Runtime as all of this project imports it: with its telemetry off. Imports are evaluated in their order. */
import './library.js';

// biome-ignore lint/style/noRestrictedImports: one of the two places.
export * from 'onnxruntime-node';
