import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Worker threads and the command line run as Node runs them: what Node compiled once need not be compiled per process.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compile')

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/browser/**',
      'test/environments/**',
      'test/site/**',
      'test/long/**',
      'test/notebooks/**',
      'test/nexmark/matrix/**',
      'node_modules/**',
    ],
    setupFiles: ['test/quick-equality.ts'],
    typecheck: { enabled: false },
    testTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    // Test files of a worker share the modules they load: loading them again per file took a quarter of the time.
    isolate: false,
  },
})
