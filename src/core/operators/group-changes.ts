/** What has become of the rows of groups: which are taken back, and which are given in their place. */

import type { Column } from '../batch/column.ts'
import { markDiffering } from '../batch/differing-cells.ts'
import { iota } from '../batch/take.ts'

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
