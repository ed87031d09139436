import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**', 'node_modules/**'],
    typecheck: { enabled: false },
    testTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
