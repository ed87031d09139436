import { defineConfig } from 'vitest/config'

// Every case in every combination of settings: see `test/cases/verb-case.ts`.
process.env.MATRIX = 'full'

export default defineConfig({
  test: {
    include: ['test/cases/**/*.test.ts'],
    testTimeout: 600_000,
    pool: 'forks',
    maxWorkers: 2,
    isolate: false,
  },
})
