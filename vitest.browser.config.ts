import { defineConfig } from 'vitest/config'

// What needs programs of the system: Chromium for the live page, Prometheus for its metrics. Without them it says so and passes.
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
