import { createEagerEngine } from './eager.js';
import { describeConformance } from './testing/conformance.js';

describeConformance('the eager engine', createEagerEngine());
