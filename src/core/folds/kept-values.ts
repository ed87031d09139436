/**
 * Folds over changes that keep every value of a group with its weight: what `min`, `max`, `first`, `last`, `quantile` and
 * `countDistinct` are where a value they have passed may be asked for again.
 */

import { bitAt, type Column } from '../batch/column.ts'
import type { Arena } from '../batch/slab.ts'
import type { FieldSpec, Fold, StepRows } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { type CellKey, cellKeys } from './cell-key.ts'
import { Multiset } from './multiset.ts'

const layout = {
  /** Absent where there is nothing. */
  values: {
    kind: 'object',
    encode: value => (value as Multiset).encode(),
    decode: bytes => Multiset.decode(bytes),
  },
} as const satisfies Record<string, FieldSpec>

export interface KeptValues {
  readonly resultType: ColumnType
  /** Whether {@link read} needs the order of rows. */
  readonly ordered?: boolean
  /** Whether nulls are values too. Otherwise rows with a null in either argument do not count. */
  readonly nulls?: boolean
  /** Reads a value by step row and physical row; see {@link nulls}. Default: the cell. */
  readonly read?: (input: StepRows) => (i: number, row: number) => CellKey
  /** One cell per group; undefined for a group without values. */
  result(groups: readonly (Multiset | undefined)[], arena: Arena): Column
}

/** @param type of the argument */
export function foldOfKeptValues(type: ColumnType, kept: KeptValues): Fold {
  const { resultType, ordered = false, nulls = false, read, result } = kept
  const fold: Fold<typeof layout> = {
    layout,
    resultType,
    retract: 'multiset',
    ordered,
    step({ values }, input) {
      const { count, rows, groups, columns, weights } = input
      const validity = nulls ? undefined : columns[0]!.validity
      const otherValidity = nulls ? undefined : columns[1]?.validity
      const keyAt = read?.(input) ?? cellAt(type, columns[0]!)
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        if (validity !== undefined && !bitAt(validity, row)) continue
        if (otherValidity !== undefined && !bitAt(otherValidity, row)) continue
        addTo(values, groups[i]!, keyAt(i, row), weights === undefined ? 1 : weights[i]!)
      }
    },
    merge({ values }, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) mergeInto(values, groups[i]!, from.values[fromGroups[i]!])
    },
    result({ values }, groups, arena) {
      const sets: (Multiset | undefined)[] = []
      for (const group of groups) {
        const set = values[group] as Multiset | undefined
        sets.push(set !== undefined && set.total > 0 ? set : undefined)
      }
      return result(sets, arena)
    },
  }
  return fold as unknown as Fold
}

function cellAt(type: ColumnType, column: Column): (i: number, row: number) => CellKey {
  const read = cellKeys(type, column)
  return (_i, row) => read(row)
}

/** Adds a value to a group's multiset, which is there only while it holds something. */
export function addTo(sets: unknown[], group: number, key: CellKey, weight: number): void {
  let set = sets[group] as Multiset | undefined
  if (set === undefined) {
    set = new Multiset()
    sets[group] = set
  }
  set.add(key, weight)
  if (set.isEmpty) sets[group] = undefined
}

export function mergeInto(sets: unknown[], group: number, from: unknown): void {
  if (from === undefined) return
  // The other's own set may go on being used.
  const set = (sets[group] as Multiset | undefined) ?? new Multiset()
  set.merge(from as Multiset)
  sets[group] = set.isEmpty ? undefined : set
}
