/** What has become of the rows of groups: which are taken back, and which are given in their place. */

import { type Batch, NO_POSITION, withSelection } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { concatColumn } from '../batch/concat-column.ts'
import { markDiffering } from '../batch/differing-cells.ts'
import { constantColumn, orderMeta, WEIGHT } from '../batch/meta.ts'
import { type Arena, allocInt32 } from '../batch/slab.ts'
import { iota } from '../batch/take.ts'
import type { Schema } from '../types/schema.ts'

/** Rows of groups, each group once: row `i` has the results of group `groups[i]`. */
export interface GroupRows {
  readonly groups: Uint32Array
  /** One column per aggregate. */
  readonly results: readonly Column[]
}

export class GroupChanges {
  /** By group: its place among the rows after, and 1. All zero between calls. */
  #places = new Uint32Array(0)

  /**
   * Compares the rows that were given with those that there are now.
   *
   * @param groupsEnd all groups are below
   * @returns the rows of `before` that do not hold any more, and the rows of `after` that were not there before
   */
  between(
    before: GroupRows,
    after: GroupRows,
    groupsEnd: number,
  ): { readonly back: Uint32Array; readonly come: Uint32Array } {
    const all = after.groups.length
    if (before.groups.length === 0) return { back: before.groups, come: iota(all) }
    if (this.#places.length < groupsEnd) this.#places = new Uint32Array(2 * groupsEnd)
    const places = this.#places
    for (let i = 0; i < all; i++) places[after.groups[i]!] = i + 1
    const pairsBefore = new Uint32Array(before.groups.length)
    const pairsAfter = new Uint32Array(before.groups.length)
    const back = new Uint32Array(before.groups.length)
    let pairs = 0
    let backs = 0
    for (let i = 0; i < before.groups.length; i++) {
      const place = places[before.groups[i]!]!
      if (place === 0) back[backs++] = i
      else {
        pairsBefore[pairs] = i
        pairsAfter[pairs++] = place - 1
      }
    }
    for (let i = 0; i < all; i++) places[after.groups[i]!] = 0
    const differs = differing(before, pairsBefore.subarray(0, pairs), after, pairsAfter.subarray(0, pairs))
    const same = new Uint8Array(all)
    for (let i = 0; i < pairs; i++) {
      if (differs[i] === 0) same[pairsAfter[i]!] = 1
      else back[backs++] = pairsBefore[i]!
    }
    const come = new Uint32Array(all)
    let comes = 0
    for (let i = 0; i < all; i++) if (same[i] === 0) come[comes++] = i
    return { back: back.subarray(0, backs), come: come.subarray(0, comes) }
  }
}

/** By pair of rows, whether any result differs. */
function differing(
  before: GroupRows,
  rowsBefore: Uint32Array,
  after: GroupRows,
  rowsAfter: Uint32Array,
): Uint8Array {
  const differs = new Uint8Array(rowsBefore.length)
  before.results.forEach((column, i) => {
    markDiffering(column, rowsBefore, after.results[i]!, rowsAfter, differs)
  })
  return differs
}

/** The groups that a test holds for. */
export function selected(groups: Uint32Array, test: (group: number) => boolean): Uint32Array {
  const some = new Uint32Array(groups.length)
  let count = 0
  for (let i = 0; i < groups.length; i++) if (test(groups[i]!)) some[count++] = groups[i]!
  return some.subarray(0, count)
}

/** Rows of groups to take back, and rows to give, by place in each. */
export interface Changes {
  readonly before: GroupRows
  readonly back: Uint32Array
  readonly after: GroupRows
  readonly come: Uint32Array
}

/** What comes before the results in the rows of groups, and the columns among it that are the place of a row. */
export interface GroupKeys {
  readonly columns: readonly Column[]
  readonly order: readonly Column[]
}

/** What is taken back, with weight -1, then what is given. */
export function changeBatch(
  schema: Schema,
  { before, back, after, come }: Changes,
  keysOf: (groups: Uint32Array) => GroupKeys,
  arena: Arena,
): Batch {
  const length = back.length + come.length
  const groups = new Uint32Array(length)
  for (let i = 0; i < back.length; i++) groups[i] = before.groups[back[i]!]!
  for (let i = 0; i < come.length; i++) groups[back.length + i] = after.groups[come[i]!]!
  const keys = keysOf(groups)
  const parts = [before, after].map(rows => ({
    schema,
    columns: [],
    length: rows.groups.length,
    position: NO_POSITION,
  }))
  const rows = [withSelection(parts[0]!, back), withSelection(parts[1]!, come)]
  const results = after.results.map((column, i) =>
    concatColumn([before.results[i]!, column], rows, length, arena),
  )
  // A place is never without cells: those of one row are the same wherever it stands.
  const order = keys.order.length > 0 ? keys.order : [constantColumn('float64', 0, length)]
  return {
    schema,
    length,
    columns: [...keys.columns, ...results],
    position: NO_POSITION,
    meta: {
      ...orderMeta(order),
      ...(back.length > 0 ? { [WEIGHT]: weightsOf(back.length, length, arena) } : {}),
    },
  }
}

function weightsOf(back: number, length: number, arena: Arena): Column {
  const values = allocInt32(arena, length)
  values.fill(-1, 0, back)
  values.fill(1, back)
  return { type: 'int32', values }
}
