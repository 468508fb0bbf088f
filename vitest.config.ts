import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
    globalSetup: 'src/testing/global-setup.ts',
    // Training and native inference need seconds on two cores, and minutes where others compute there too.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // A worker that holds native libraries takes its time to end where others compute.
    teardownTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    // The commands that tests run compute the same wherever there is a GPU.
    env: { SMOOTHOUT_DEVICE: 'cpu' },
    // .ci/run reads the counts from the second report.
    reporters: process.env.CI ? ['default', 'json'] : ['default'],
    outputFile: { json: 'coverage/tests.json' },
  },
});
