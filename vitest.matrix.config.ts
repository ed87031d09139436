import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Everything that tests can try: see `test/effort.ts`.
process.env.MATRIX = 'full'

/** The tests that say themselves how much they try. */
const withMore = globSync('test/**/*.test.ts', { cwd: import.meta.dirname }).filter(path =>
  readFileSync(join(import.meta.dirname, path), 'utf8').includes("/effort.ts'"),
)

export default defineConfig({
  test: {
    include: ['test/cases/**/*.test.ts', 'test/core/folds/**/*.test.ts', ...withMore],
    exclude: ['test/long/**', 'node_modules/**'],
    setupFiles: ['test/quick-equality.ts'],
    testTimeout: 600_000,
    pool: 'forks',
    maxWorkers: 2,
    isolate: false,
  },
})
