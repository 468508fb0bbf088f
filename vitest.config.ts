import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
    globalSetup: 'src/testing/global-setup.ts',
    // Training and native inference need seconds, not milliseconds, on two cores.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // The commands that tests run compute the same wherever there is a GPU.
    env: { SMOOTHOUT_DEVICE: 'cpu' },
    // .ci/run reads the counts from the second report.
    reporters: process.env.CI ? ['default', 'json'] : ['default'],
    outputFile: { json: 'coverage/tests.json' },
  },
});
