/** A sink that tells when so many rows have been written, committed or not. */

import { rowsOf } from '../../../src/core/batch/rows.ts'
import type { Sink } from '../../../src/core/connector.ts'

export interface ExpectedRows extends Sink {
  readonly rows: Readonly<Record<string, unknown>>[]
  /** Settles once they have come. */
  readonly reached: Promise<void>
}

export function expectRows(count: number): ExpectedRows {
  const { promise: reached, resolve } = Promise.withResolvers<void>()
  const rows: Readonly<Record<string, unknown>>[] = []
  return {
    label: 'expected rows',
    guarantee: 'at-most-once',
    accepts: 'changes',
    rows,
    reached,
    async open() {},
    async begin() {},
    async write(batch) {
      rows.push(...(rowsOf(batch) as Readonly<Record<string, unknown>>[]))
      if (rows.length >= count) resolve()
    },
    async commit() {},
    async abort() {},
    async close() {},
  }
}
