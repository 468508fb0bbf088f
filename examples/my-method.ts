/** A method of one's own, named by a config as `{ name: ./my-method.ts }`: SmoothOut whose gradient is also clipped to ±c. */
import * as tf from '@tensorflow/tfjs';
import { type NoisyMethod, type OwnMethod, smoothOutGradient, uniformPerturbation } from 'smoothout';

export default {
  title: 'SmoothOut, clipped',
  build({ noise, settings }): NoisyMethod {
    const c = Number(settings.c ?? 1);
    if (noise === null) throw new Error('the config gives it no noise');
    return {
      noise: { distribution: 'uniform', ...noise },
      evaluations: 1,
      gradient(w, { backPropagate, u, a }) {
        const pass = smoothOutGradient(w, { theta: uniformPerturbation(w, u, a), backPropagate });
        return { ...pass, gradient: tf.clipByValue(pass.gradient, -c, c) };
      },
    };
  },
} satisfies OwnMethod;
