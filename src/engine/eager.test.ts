import { createEagerEngine } from './eager.js';
import { describeConformance } from './testing/conformance.js';
import { describeContract } from './testing/contract.js';

describeConformance('the eager engine', createEagerEngine());
describeContract('the eager engine', createEagerEngine());
