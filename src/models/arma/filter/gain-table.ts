/**
 * The start-up gains of a model as a table, computed once and shared by every key: gains do not depend on the data.
 * A model that never becomes steady (a moving-average root on the unit circle) is cut off at a fixed table size, where
 * F differs from its limit by about 1/points.
 */

import { advanceGains, type CompiledModel, modelGains } from '../model.ts'
import type { GainRecursion } from './gains.ts'

const TABLE_BYTES = 32 * 1024 * 1024

/** Gains by point since the start; a row is made when it is first asked for. */
export interface GainTable {
  readonly width: number
  /** F_t by row. */
  F: Float64Array
  /** F_t θ⁽ᵗ⁾ by row. */
  rows: Float64Array[]
  /** Rows made. */
  count: number
  /** From this row on every row is the same; Infinity while unknown. */
  steadyFrom: number
  readonly recursion: GainRecursion
  readonly model: CompiledModel
}

/** An empty table with its first row. */
export function gainTable(model: CompiledModel): GainTable {
  const recursion = modelGains(model)
  const table: GainTable = {
    width: recursion.m,
    F: new Float64Array(16),
    rows: [],
    count: 0,
    steadyFrom: Number.POSITIVE_INFINITY,
    recursion,
    model,
  }
  push(table)
  return table
}

/** The row to use at point `t`, extending the table as needed. */
export function gainRow(table: GainTable, t: number): number {
  while (table.count <= t && table.steadyFrom === Number.POSITIVE_INFINITY) {
    advanceGains(table.model, table.recursion)
    push(table)
  }
  return Math.min(t, table.steadyFrom)
}

function push(table: GainTable): void {
  const { recursion } = table
  if (table.count === table.F.length) {
    const longer = new Float64Array(2 * table.F.length)
    longer.set(table.F)
    table.F = longer
  }
  table.F[table.count] = recursion.F
  table.rows.push(recursion.H.slice())
  if (recursion.steady || table.count * (table.width + 1) * 8 > TABLE_BYTES) table.steadyFrom = table.count
  table.count++
}
