/**
 * Folds that keep how often each value of a group occurs: what `mode`, `entropy`, `bitAnd` and others are of. A value taken
 * out again counts one less; counts may be negative for a while, where a value is taken out before it comes.
 */

import { bitAt, type Column } from '../batch/column.ts'
import type { Arena } from '../batch/slab.ts'
import type { FieldSpec, Fold } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { type CellKey, cellKeys } from './cell-key.ts'
import { compareKeys, keyBytes, readKey, writeKey } from './key-bytes.ts'

/** How often each value occurs; a count is not 0. */
export type ValueCounts = ReadonlyMap<CellKey, number>

const layout = {
  /** Absent where there is nothing. */
  counts: {
    kind: 'object',
    encode: value => encodeCounts(value as ValueCounts),
    decode: bytes => decodeCounts(bytes),
  },
} as const satisfies Record<string, FieldSpec>

export interface CountedValues {
  readonly resultType: ColumnType
  /** One cell per group; undefined for a group without values. Counts that are not positive mean nothing. */
  result(groups: readonly (ValueCounts | undefined)[], arena: Arena): Column
}

/** Nulls do not count; all NaNs are one value, both zeros too. Rows may be taken out again. */
export function foldOfCounts(type: ColumnType, { resultType, result }: CountedValues): Fold {
  const fold: Fold<typeof layout> = {
    layout,
    resultType,
    retract: 'multiset',
    keepsValues: true,
    step({ counts }, { count, rows, groups, columns, weights }) {
      const { validity } = columns[0]!
      const read = cellKeys(type, columns[0]!)
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        if (validity !== undefined && !bitAt(validity, row)) continue
        addCount(counts, groups[i]!, read(row), weights === undefined ? 1 : weights[i]!)
      }
    },
    merge({ counts }, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) {
        const others = from.counts[fromGroups[i]!] as ValueCounts | undefined
        if (others) for (const [key, times] of others) addCount(counts, groups[i]!, key, times)
      }
    },
    result({ counts }, groups, arena) {
      const found: (ValueCounts | undefined)[] = []
      for (const group of groups) found.push(counts[group] as ValueCounts | undefined)
      return result(found, arena)
    },
  }
  return fold as unknown as Fold
}

function addCount(counts: unknown[], group: number, key: CellKey, times: number): void {
  let found = counts[group] as Map<CellKey, number> | undefined
  if (found === undefined) {
    found = new Map()
    counts[group] = found
  }
  const total = (found.get(key) ?? 0) + times
  if (total !== 0) found.set(key, total)
  else if (found.delete(key) && found.size === 0) counts[group] = undefined
}

/** The values that are there, the least first, with their counts. */
export const sortedCounts = (counts: ValueCounts): [CellKey, number][] =>
  [...counts].filter(([, times]) => times > 0).sort(([a], [b]) => compareKeys(a, b))

/** Each count and its value, in order of the values: equal counts, equal bytes. */
function encodeCounts(counts: ValueCounts): Uint8Array {
  const entries = [...counts].sort(([a], [b]) => compareKeys(a, b))
  const bytes = new Uint8Array(entries.reduce((size, [key]) => size + 8 + keyBytes(key), 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [key, times] of entries) {
    view.setFloat64(at, times, true)
    at = writeKey(bytes, view, at + 8, key)
  }
  return bytes
}

function decodeCounts(bytes: Uint8Array): ValueCounts {
  const counts = new Map<CellKey, number>()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length; ) {
    const [key, end] = readKey(bytes, view, at + 8)
    counts.set(key, view.getFloat64(at, true))
    at = end
  }
  return counts
}
