/** Made-up rows of (time, key, value) in shared memory: in order of time, keys at random, the same at every run. */

import type { Table } from 'apache-arrow'
import type { Batch } from '../../src/core/batch/batch.ts'
import type { Column } from '../../src/core/batch/column.ts'
import { toArrowTable } from '../../src/core/batch/to-arrow.ts'
import { schemaFrom } from '../../src/core/types/schema.ts'

export type KeyType = 'int32' | 'utf8'

export interface KeyedRows {
  readonly rows: number
  readonly keyType: KeyType
  readonly batches: readonly Batch[]
  /** The batches' memory as an Arrow table. */
  readonly table: Table
}

export const HOUR_MS = 3_600_000
/** Windows of an hour over which the rows spread evenly. */
export const WINDOWS = 100
const BATCH_ROWS = 1 << 16
const START_MS = Date.UTC(2026, 0, 1)

/** Columns `at` (timestamp[us]), `key` and `value` (int32). Text keys are five bytes long. */
export function keyedRows(rows: number, keyCount: number, keyType: KeyType): KeyedRows {
  const schema = schemaFrom({ at: 'timestamp[us]', key: keyType, value: 'int32' })
  const random = randomNumbers()
  const batches: Batch[] = []
  for (let offset = 0; offset < rows; offset += BATCH_ROWS) {
    const length = Math.min(BATCH_ROWS, rows - offset)
    const at = new BigInt64Array(shared(8 * length))
    const codes = new Int32Array(shared(4 * length))
    const values = new Int32Array(shared(4 * length))
    for (let i = 0; i < length; i++) {
      at[i] = BigInt(START_MS + Math.floor(((offset + i) * WINDOWS * HOUR_MS) / rows)) * 1000n
      codes[i] = Math.floor(random() * keyCount)
      values[i] = Math.floor(random() * 2000) - 500
    }
    const columns: Column[] = [
      { type: 'timestamp[us]', values: at },
      keyType === 'int32' ? { type: 'int32', values: codes } : textOf(codes),
      { type: 'int32', values },
    ]
    batches.push({ schema, length, columns, position: { split: 0, offset } })
  }
  return { rows, keyType, batches, table: toArrowTable(schema, batches) }
}

/** Columns `key`, each once in an order of chance, and `extra` (int32). */
export function keysOnce(keyCount: number, keyType: KeyType): KeyedRows {
  const schema = schemaFrom({ key: keyType, extra: 'int32' })
  const random = randomNumbers()
  const codes = new Int32Array(shared(4 * keyCount))
  for (let i = 0; i < keyCount; i++) {
    const other = Math.floor(random() * (i + 1))
    codes[i] = codes[other]!
    codes[other] = i
  }
  const extra: Column = { type: 'int32', values: new Int32Array(shared(4 * keyCount)).map((_, i) => i) }
  const key: Column = keyType === 'int32' ? { type: 'int32', values: codes } : textOf(codes)
  const batches = [{ schema, length: keyCount, columns: [key, extra], position: { split: 0, offset: 0 } }]
  return { rows: keyCount, keyType, batches, table: toArrowTable(schema, batches) }
}

const TEXT_BYTES = 5

function textOf(codes: Int32Array): Column {
  const offsets = new Int32Array(shared(4 * (codes.length + 1)))
  const values = new Uint8Array(shared(TEXT_BYTES * codes.length))
  for (let i = 0; i < codes.length; i++) {
    const from = TEXT_BYTES * i
    let rest = codes[i]!
    values[from] = 0x4b
    for (let digit = TEXT_BYTES - 1; digit > 0; digit--) {
      values[from + digit] = 0x30 + (rest % 10)
      rest = Math.floor(rest / 10)
    }
    offsets[i + 1] = from + TEXT_BYTES
  }
  return { type: 'utf8', values, offsets }
}

const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes)

/** Numbers from 0 to 1 (Numerical Recipes' linear congruential generator). */
function randomNumbers(): () => number {
  let state = 12_345
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 0) / 2 ** 32
  }
}
