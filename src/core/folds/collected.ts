/**
 * Aggregates that are lists and maps of values: `collectList(x)`, all values in the total order of their rows, nulls among them, as
 * DuckDB's `list` does in an order; `collectSet(x)`, the different ones, the least first; `topK(x, k)`, the most frequent ones; and
 * `histogram(x)`, a map of how often each occurs. But for `collectList` nulls do not count. Of no values they are null.
 *
 * A group keeps its values, so its state grows with them.
 */

import type { Column } from '../batch/column.ts'
import type { Arena } from '../batch/slab.ts'
import { JobError } from '../errors.ts'
import type { Fold } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { listType, mapType } from '../types/nested-type.ts'
import { type CellKey, columnOfKeys } from './cell-key.ts'
import type { FoldOption } from './fold-option.ts'
import { foldOfKeptValues } from './kept-values.ts'
import { placedValues, valueOfPlaced } from './placed-value.ts'
import { listColumn, mapColumn, ResultColumn } from './result.ts'
import { foldOfCounts, sortedCounts, type ValueCounts } from './value-counts.ts'

/** How many values. */
export const mostFrequent: FoldOption<number> = {
  takes: 'a whole number from 1 on',
  hint: "topK('destination', 3)",
  accepts: (value): value is number => Number.isSafeInteger(value) && (value as number) > 0,
}

/** Text is plain text in lists. */
const itemType = (type: ColumnType): ColumnType => (type === 'dictionary' ? 'utf8' : type)

/** A list for each group; undefined is null, as a list and in it. */
function lists(
  type: ColumnType,
  groups: readonly (readonly (CellKey | undefined)[] | undefined)[],
  arena: Arena,
): Column {
  const lengths = groups.map(keys => keys?.length ?? -1)
  const elements = columnOfKeys(
    type,
    groups.flatMap(keys => keys ?? []),
    arena,
  )
  return listColumn(listType(type), lengths, elements, arena)
}

/** @param type of the argument; any */
export function collectList(type: ColumnType): Fold {
  const element = itemType(type)
  const fold = foldOfKeptValues(type, {
    resultType: listType(element),
    ordered: true,
    nulls: true,
    read(input) {
      if (input.order) return placedValues(type, input, input.order)
      throw new JobError('ROW_ORDER', 'collectList was stepped without the order of the rows')
    },
    result: (groups, arena) =>
      lists(
        element,
        groups.map(placed => {
          if (placed === undefined) return undefined
          const keys: (CellKey | undefined)[] = []
          placed.forEach((text, weight) => {
            const value = valueOfPlaced(type, text as string)
            for (let n = 0; n < weight; n++) keys.push(value)
          })
          return keys
        }),
        arena,
      ),
  })
  return { ...fold, keepsValues: true }
}

const listOfCounts = (type: ColumnType, choose: (sorted: [CellKey, number][]) => CellKey[]): Fold => {
  const element = itemType(type)
  const keysOf = (counts: ValueCounts | undefined): CellKey[] | undefined => {
    const sorted = counts ? sortedCounts(counts) : []
    return sorted.length > 0 ? choose(sorted) : undefined
  }
  return foldOfCounts(type, {
    resultType: listType(element),
    result: (groups, arena) => lists(element, groups.map(keysOf), arena),
  })
}

/** @param type of the argument; any */
export const collectSet = (type: ColumnType): Fold => listOfCounts(type, sorted => sorted.map(([key]) => key))

/** Of several that are as frequent, the least. @param type of the argument; any */
export const topK = (type: ColumnType, { k }: { readonly k: number }): Fold =>
  listOfCounts(type, sorted =>
    sorted
      .sort(([, a], [, b]) => b - a)
      .slice(0, k)
      .map(([key]) => key),
  )

/** @param type of the argument; any */
export function histogram(type: ColumnType): Fold {
  const key = itemType(type)
  const resultType = mapType(key, 'int53')
  return foldOfCounts(type, {
    resultType,
    result(groups, arena) {
      const sorted = groups.map(counts => (counts ? sortedCounts(counts) : []))
      const entries = sorted.flat()
      const keys = columnOfKeys(
        key,
        entries.map(([value]) => value),
        arena,
      )
      const times = new ResultColumn('int53', entries.length, arena)
      entries.forEach(([, count], i) => {
        times.words32[2 * i] = count % 2 ** 32
        times.words32[2 * i + 1] = Math.floor(count / 2 ** 32)
      })
      const lengths = sorted.map(of => (of.length > 0 ? of.length : -1))
      return mapColumn(resultType, lengths, keys, times.finish(), arena)
    },
  })
}
