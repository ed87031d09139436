/** The suites by name. */

import type { Suite } from './suite.ts'

export const SUITES = {
  json: async (): Promise<Suite> => (await import('../json.bench.ts')).jsonSuite,
  'group-by': async (): Promise<Suite> => (await import('../group-by.bench.ts')).groupBySuite,
  join: async (): Promise<Suite> => (await import('../join.bench.ts')).joinSuite,
  csv: async (): Promise<Suite> => (await import('../csv.bench.ts')).csvSuite,
  demo: async (): Promise<Suite> => (await import('../demo.bench.ts')).demoSuite,
  kernel: async (): Promise<Suite> => (await import('../kernel.bench.ts')).kernelSuite,
  'text-functions': async (): Promise<Suite> =>
    (await import('../text-functions.bench.ts')).textFunctionsSuite,
  'row-store': async (): Promise<Suite> => (await import('../row-store.bench.ts')).rowStoreSuite,
  'start-up': async (): Promise<Suite> => (await import('../start-up.bench.ts')).startUpSuite,
}

export type SuiteName = keyof typeof SUITES
