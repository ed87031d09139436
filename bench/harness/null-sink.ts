/** A sink that counts rows and drops them. */

import { rowCount } from '../../src/core/batch/batch.ts'
import type { Sink } from '../../src/core/connector.ts'

export interface NullSink extends Sink {
  readonly rows: number
}

export function nullSink(): NullSink {
  let rows = 0
  return {
    label: 'nothing',
    guarantee: 'at-most-once',
    get rows() {
      return rows
    },
    accepts: 'changes',
    async open() {},
    async begin() {},
    async write(batch) {
      rows += rowCount(batch)
    },
    async commit() {},
    async abort() {},
    async close() {},
  }
}
