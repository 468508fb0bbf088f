/** A small convolutional network of one's own: named by a config as `model: ./my-network.ts`. */
import {
  batchNorm,
  chain,
  channelsLast,
  conv2d,
  globalAveragePool,
  linear,
  type OwnNetwork,
  relu,
  sequential,
} from 'smoothout';

export default {
  title: 'Small CNN',
  build({ channels }, { classes }) {
    const features = sequential(conv2d({ inputs: channels, outputs: 8, kernel: 3, padding: 1 }), batchNorm(8), relu);
    return chain(
      channelsLast,
      features('features'),
      globalAveragePool,
      linear(8, classes, { bias: true })('classifier'),
    );
  },
} satisfies OwnNetwork;
