/** Multiplications and additions of a forward pass over one image: of all its products, and of the first of them. */
export const MULTIPLY_ADDS: Readonly<Record<string, { readonly all: number; readonly first: number }>> = {
  f1: { all: 1_455_104, first: 401_408 },
  c1: { all: 29_235_072, first: 4_915_200 },
  c3: { all: 29_252_352, first: 4_915_200 },
  resnet44: { all: 97_436_288, first: 442_368 },
  alexnet: { all: 714_188_480, first: 70_276_800 },
  // With the usual hidden layers, on MNIST.
  mlp: { all: 118_016, first: 100_352 },
};
