/**
 * `countDistinct(x)`: how many different values, exactly. Nulls do not count; all NaNs are one value, both zeros too.
 *
 * A group keeps its values, so its state grows with them.
 */

import { bitAt } from '../batch/column.ts'
import type { Arena } from '../batch/slab.ts'
import type { FieldSpec, Fold } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { binaryString, bytesOfBinaryString, type CellKey, cellKeys } from './cell-key.ts'
import { foldOfKeptValues } from './kept-values.ts'
import { ResultColumn } from './result.ts'

const layout = {
  values: {
    kind: 'object',
    encode: value => encodeSet(value as Set<CellKey>),
    decode: bytes => decodeSet(bytes),
  },
} as const satisfies Record<string, FieldSpec>

/**
 * @param type of the argument; any
 * @param changes whether rows may be taken out again: then values are kept with how often they are there
 */
export function countDistinct(type: ColumnType, changes: boolean): Fold {
  if (!changes) return distinctOf(type) as unknown as Fold
  return foldOfKeptValues(type, {
    resultType: 'int53',
    result: (groups, arena) => counts(groups.length, arena, i => groups[i]?.distinct ?? 0),
  })
}

const distinctOf = (type: ColumnType): Fold<typeof layout> => ({
  layout,
  resultType: 'int53',
  keepsValues: true,
  step({ values }, { count, rows, groups, columns }) {
    const { validity } = columns[0]!
    const read = cellKeys(type, columns[0]!)
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      if (validity !== undefined && !bitAt(validity, row)) continue
      const group = groups[i]!
      let seen = values[group] as Set<CellKey> | undefined
      if (seen === undefined) {
        seen = new Set()
        values[group] = seen
      }
      seen.add(read(row))
    }
  },
  merge({ values }, groups, from, fromGroups) {
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      const other = from.values[fromGroups[i]!] as Set<CellKey> | undefined
      if (other === undefined) continue
      const seen = values[group] as Set<CellKey> | undefined
      if (seen === undefined) values[group] = new Set(other)
      else for (const value of other) seen.add(value)
    }
  },
  result: ({ values }, groups, arena) =>
    counts(groups.length, arena, i => (values[groups[i]!] as Set<CellKey> | undefined)?.size ?? 0),
})

function counts(length: number, arena: Arena, countAt: (i: number) => number) {
  const result = new ResultColumn('int53', length, arena)
  for (let i = 0; i < length; i++) {
    result.words32[2 * i] = countAt(i)
    result.words32[2 * i + 1] = 0
  }
  return result.finish()
}

/** Letters for what a value is. */
const KINDS = { number: 'n', bigint: 'i', string: 's' } as const

/** Each value as kind, length, colon, text; sorted, so that equal sets have equal bytes. */
function encodeSet(values: Set<CellKey>): Uint8Array {
  const parts: string[] = []
  for (const value of values) {
    const text = String(value)
    parts.push(`${KINDS[typeof value as keyof typeof KINDS]}${text.length}:${text}`)
  }
  return bytesOfBinaryString(parts.sort().join(''))
}

function decodeSet(bytes: Uint8Array): Set<CellKey> {
  const values = new Set<CellKey>()
  for (let i = 0; i < bytes.length; ) {
    const kind = String.fromCharCode(bytes[i]!)
    let length = 0
    for (i++; bytes[i] !== 58; i++) length = length * 10 + bytes[i]! - 48
    const text = binaryString(bytes.subarray(i + 1, i + 1 + length))
    values.add(kind === KINDS.number ? Number(text) : kind === KINDS.bigint ? BigInt(text) : text)
    i += 1 + length
  }
  return values
}
