/**
 * `argMin(x, by)` and `argMax(x, by)`: the value that x has in the row with the least, or greatest, `by`; of several such rows, in
 * the first of them in the total order of rows. As in DuckDB, rows in which x or `by` is null do not count; of no others it is
 * null. NaN is greater than every number. Text comes out as utf8.
 */

import { type Column, isNullAt } from '../batch/column.ts'
import { JobError } from '../errors.ts'
import type { FieldSpec, Fold, RowOrder, StepRows } from '../fold.ts'
import { type ColumnType, isText } from '../types/column-type.ts'
import { binaryString, bytesOfBinaryString, type CellKey, cellKeys, columnOfKeys } from './cell-key.ts'
import { foldOfKeptValues } from './kept-values.ts'
import { isBelow, keyBytes, readKey, writeKey } from './key-bytes.ts'
import { orderedKey, orderedKeyLength, placedValues, valueOfPlaced } from './placed-value.ts'

/** The row that counts so far. Never changed: what is better takes its place. */
interface Best {
  readonly by: CellKey
  /** Place and value, as `placed-value.ts` writes them. */
  readonly placed: string
}

const layout = {
  best: {
    kind: 'object',
    encode: value => encodeBest(value as Best),
    decode: bytes => decodeBest(bytes),
  },
} as const satisfies Record<string, FieldSpec>

export const argMinOrMax =
  (which: 'min' | 'max') =>
  (_: ColumnType, __: unknown, changes: boolean, types: readonly ColumnType[]): Fold => {
    const [type, by] = types as [ColumnType, ColumnType]
    return changes ? bestOfChanges(type, by, which === 'max') : bestOfRows(type, by, which === 'max')
  }

function orderOf({ order }: StepRows): RowOrder {
  if (order) return order
  throw new JobError('ROW_ORDER', 'argMin and argMax were stepped without the order of the rows')
}

function bestOfRows(type: ColumnType, byType: ColumnType, greatest: boolean): Fold {
  const resultType = isText(type) ? 'utf8' : type
  const comesFirst = (a: CellKey, b: CellKey): boolean => (greatest ? isBelow(b, a) : isBelow(a, b))
  const fold: Fold<typeof layout> = {
    layout,
    resultType,
    ordered: true,
    step({ best }, input) {
      const { count, rows, groups, columns } = input
      const [values, bys] = columns as [Column, Column]
      const readBy = cellKeys(byType, bys)
      const readPlaced = placedValues(type, input, orderOf(input))
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        if (isNullAt(values, row) || isNullAt(bys, row)) continue
        const by = readBy(row)
        const group = groups[i]!
        const known = best[group] as Best | undefined
        if (known !== undefined && comesFirst(known.by, by)) continue
        const placed = readPlaced(i, row)
        if (known === undefined || comesFirst(by, known.by) || placed < known.placed)
          best[group] = { by, placed } satisfies Best
      }
    },
    merge({ best }, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) {
        const other = from.best[fromGroups[i]!] as Best | undefined
        const known = best[groups[i]!] as Best | undefined
        if (other === undefined || (known !== undefined && comesFirst(known.by, other.by))) continue
        if (known === undefined || comesFirst(other.by, known.by) || other.placed < known.placed)
          best[groups[i]!] = other
      }
    },
    result({ best }, groups, arena) {
      const found: (CellKey | undefined)[] = []
      for (const group of groups) {
        const known = best[group] as Best | undefined
        found.push(known && valueOfPlaced(type, known.placed))
      }
      return columnOfKeys(resultType, found, arena)
    },
  }
  return fold as unknown as Fold
}

/** Keeps all rows, in the order of `by` and then of their places. */
function bestOfChanges(type: ColumnType, byType: ColumnType, greatest: boolean): Fold {
  const resultType = isText(type) ? 'utf8' : type
  return foldOfKeptValues(type, {
    resultType,
    ordered: true,
    read(input) {
      const readBy = cellKeys(byType, input.columns[1]!)
      const readPlaced = placedValues(type, input, orderOf(input))
      return (i, row) => orderedKey(byType, readBy(row), greatest) + readPlaced(i, row)
    },
    result: (groups, arena) =>
      columnOfKeys(
        resultType,
        groups.map(rows => {
          if (rows === undefined) return undefined
          const text = rows.at(0) as string
          return valueOfPlaced(type, text.slice(orderedKeyLength(byType, text, greatest)))
        }),
        arena,
      ),
  })
}

function encodeBest({ by, placed }: Best): Uint8Array {
  const size = keyBytes(by)
  const bytes = new Uint8Array(size + placed.length)
  writeKey(bytes, new DataView(bytes.buffer), 0, by)
  bytes.set(bytesOfBinaryString(placed), size)
  return bytes
}

function decodeBest(bytes: Uint8Array): Best {
  const [by, end] = readKey(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0)
  return { by, placed: binaryString(bytes.subarray(end)) }
}
