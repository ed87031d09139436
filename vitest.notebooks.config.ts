import { defineConfig } from 'vitest/config'

// Every notebook, executed: on this Node, and by the Deno kernel where Jupyter and Deno are there.
export default defineConfig({
  test: {
    include: ['test/notebooks/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
