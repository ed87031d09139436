/**
 * What every fold must do, whatever it computes: give what the naive definition gives, and give the same bits however
 * its rows are cut, ordered, spread over tables, merged, saved and restored, in generated loops or without.
 */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_POSITION } from '../../../src/core/batch/batch.ts'
import { columnFrom } from '../../../src/core/batch/build.ts'
import type { Column } from '../../../src/core/batch/column.ts'
import type { RowMeta } from '../../../src/core/batch/meta.ts'
import { rowsOf } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { MillraceError } from '../../../src/core/errors.ts'
import type { RowOrder } from '../../../src/core/fold.ts'
import { type FoldOptions, openFold } from '../../../src/core/folds/index.ts'
import { rowOrderOf } from '../../../src/core/operators/row-order.ts'
import { AggregationTable, type ClosedGroups } from '../../../src/core/state/aggregation-table.ts'
import type { ColumnType } from '../../../src/core/types/column-type.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { runs } from '../../effort.ts'

export interface FoldCase {
  readonly fold: string
  /** Of the argument; without one the fold has none. */
  readonly type?: ColumnType
  readonly options?: FoldOptions
  /** JavaScript values of the type, without null. */
  readonly values: fc.Arbitrary<unknown>
  /** A second argument. */
  readonly second?: { readonly type: ColumnType; readonly values: fc.Arbitrary<unknown> }
  /** The definition: the values of a group in the total order of their rows, nulls included; and those of the second argument. */
  readonly oracle?: (values: readonly unknown[], others: readonly unknown[]) => unknown
  /** `false`: it cannot take rows out again. */
  readonly retracts?: false
  /** What the places of rows are like: of one split, of several, children of one row, made by an operator. */
  readonly places?: 'offsets' | 'splits' | 'children' | 'made'
}

interface Row {
  readonly key: number
  readonly value: unknown
  readonly other?: unknown
  readonly timeMs: number
  readonly offset: number
}

type Codegen = 'always' | 'never'

function newTable(
  { fold, type, options, second }: FoldCase,
  codegen: Codegen,
  changes = false,
): AggregationTable {
  const argTypes = [...(type ? [type] : []), ...(second ? [second.type] : [])]
  const spec = { fold, argTypes, ...(options && { options }) }
  return new AggregationTable({ keyTypes: ['int32'], folds: [openFold(spec, { changes })], codegen, changes })
}

function step(
  table: AggregationTable,
  { type, places, second }: FoldCase,
  rows: readonly Row[],
  weights?: readonly number[],
): void {
  const column = (of: ColumnType, values: unknown[]) => columnFrom(of, values, heapArena)
  table.step({
    count: rows.length,
    keyColumns: [
      column(
        'int32',
        rows.map(row => row.key),
      ),
    ],
    argColumns: [
      type
        ? [
            column(
              type,
              rows.map(row => row.value),
            ),
            ...(second
              ? [
                  column(
                    second.type,
                    rows.map(row => row.other),
                  ),
                ]
              : []),
          ]
        : [],
    ],
    order: orderOf(rows, places),
    ...(weights && { weights: Int32Array.from(weights) }),
  })
}

/** Rows in the order of time and offset, whichever way their places say so. */
function orderOf(rows: readonly Row[], places: FoldCase['places'] = 'offsets'): RowOrder {
  const uint32 = (of: (offset: number) => number): Column => ({
    type: 'uint32',
    values: Uint32Array.from(rows, ({ offset }) => of(offset)),
  })
  const offset: Column = { type: 'float64', values: Float64Array.from(rows, row => row.offset) }
  const names = rows.map(row => String(row.offset).padStart(2, '0'))
  const kinds: Readonly<Record<NonNullable<FoldCase['places']>, RowMeta>> = {
    offsets: { parent: uint32(offset => offset) },
    splits: { split: uint32(offset => offset >> 3), offset },
    children: { parent: uint32(offset => offset >> 2), child: uint32(offset => offset & 3) },
    // All have the same first column.
    made: { order0: uint32(() => 1), order1: columnFrom('utf8', names, heapArena) },
  }
  const times = rows.map(row => BigInt(row.timeMs))
  const batch = {
    schema: schemaFrom({ time: 'timestamp[ms]' }),
    length: rows.length,
    columns: [columnFrom('timestamp[ms]', times, heapArena)],
    position: NO_POSITION,
    meta: kinds[places],
  }
  return rowOrderOf(batch, 0)
}

/** Key and result by group, or the code of the error. */
function resultsOf(table: AggregationTable): unknown {
  try {
    return asRows(table.close(Number.POSITIVE_INFINITY, heapArena, 2))
  } catch (error) {
    if (error instanceof MillraceError) return error.code
    throw error
  }
}

export function asRows(chunks: readonly ClosedGroups[]): unknown[] {
  return chunks.flatMap(({ count, keys, results }) => {
    const columns = [...keys, ...results]
    const schema = columns.map(({ type }, i) => ({ name: `c${i}`, type }))
    const batch = { schema, length: count, columns, position: { split: 0, offset: 0 } }
    return rowsOf(batch, { timestamps: 'bigint' })
  })
}

/** Declares the laws for one fold over one type. */
export function foldLaws(foldCase: FoldCase): void {
  const { fold, type, values, oracle, second } = foldCase
  const rowsArbitrary = fc
    .array(
      fc.record({
        key: fc.integer({ min: 0, max: 3 }),
        value: fc.option(values, { freq: 5, nil: null }),
        ...(second ? { other: fc.option(second.values, { freq: 5, nil: null }) } : {}),
        timeMs: fc.integer({ min: -5, max: 5 }),
      }),
      { maxLength: 40 },
    )
    .map(rows => rows.map((row, offset) => ({ ...row, offset })))

  const expected = (rows: readonly Row[]): unknown => {
    const byKey = new Map<number, Row[]>()
    for (const row of rows) byKey.set(row.key, [...(byKey.get(row.key) ?? []), row])
    try {
      return [...byKey]
        .sort(([a], [b]) => a - b)
        .map(([key, group]) => {
          const ordered = group.sort((a, b) => a.timeMs - b.timeMs || a.offset - b.offset)
          return {
            c0: key,
            c1: oracle!(
              ordered.map(row => row.value),
              ordered.map(row => row.other),
            ),
          }
        })
    } catch (error) {
      if (error instanceof MillraceError) return error.code
      throw error
    }
  }
  const straight = (rows: readonly Row[], codegen: Codegen = 'always'): unknown => {
    const table = newTable(foldCase, codegen)
    if (rows.length > 0) step(table, foldCase, rows)
    return resultsOf(table)
  }
  const property = (name: string, check: (rows: Row[], random: (below: number) => number) => void) => {
    it(name, () => {
      fc.assert(
        fc.property(rowsArbitrary, fc.array(fc.nat(), { minLength: 8, maxLength: 50 }), (rows, numbers) => {
          let at = 0
          check(rows, below => numbers[at++ % numbers.length]! % below)
        }),
        { numRuns: runs(9) },
      )
    })
  }

  /** The row so many times, one after the other. */
  const repeated = (rows: readonly Row[], weights: readonly number[]): Row[] =>
    rows.flatMap((row, i) => Array.from({ length: weights[i]! }, () => row))

  const shuffle = <T>(items: T[], random: (below: number) => number): T[] => {
    for (let i = items.length - 1; i > 0; i--) {
      const j = random(i + 1)
      ;[items[i], items[j]] = [items[j]!, items[i]!]
    }
    return items
  }

  /**
   * Rows that come and go, in any order, so that of row i `weights[i]` are left; a row may be taken out before it has
   * come.
   */
  const changesOf = (rows: readonly Row[], weights: readonly number[], random: (below: number) => number) => {
    const events = rows.flatMap((row, i): [Row, number][] => {
      const there = [1, 2, 5, 2 ** 20 + 1, 2 ** 31 - 1][random(5)]!
      const parts = [there, -there, weights[i]!]
      return parts.flatMap(weight => (weight === 0 ? [] : [[row, weight] as [Row, number]]))
    })
    return shuffle(events, random)
  }
  const stepChanges = (table: AggregationTable, events: readonly (readonly [Row, number])[]) => {
    if (events.length === 0) return
    step(
      table,
      foldCase,
      events.map(([row]) => row),
      events.map(([, weight]) => weight),
    )
  }

  const title = [type, second?.type, foldCase.places, ...Object.values(foldCase.options ?? {})]
    .filter(part => part !== undefined)
    .join(', ')
  describe(`${fold}(${title})`, () => {
    if (oracle) {
      property('is what its definition says', rows => {
        expect(straight(rows)).toEqual(expected(rows))
      })
    }

    property('is the same without generated code', rows => {
      expect(straight(rows, 'never')).toEqual(straight(rows))
    })

    property('does not depend on how the rows are cut into batches', (rows, random) => {
      const table = newTable(foldCase, 'always')
      for (let from = 0; from < rows.length; ) {
        const to = from + 1 + random(7)
        step(table, foldCase, rows.slice(from, to))
        from = to
      }
      expect(resultsOf(table)).toEqual(straight(rows))
    })

    property('does not depend on the order in which rows arrive', (rows, random) => {
      expect(straight(shuffle([...rows], random))).toEqual(straight(rows))
    })

    property(
      'does not depend on where partial states are made or in which order they merge',
      (rows, random) => {
        const parts = [0, 1, 2].map(() => newTable(foldCase, 'always'))
        for (const row of rows) step(parts[random(3)]!, foldCase, [row])
        const batches = parts.map(part => part.partials().batch)
        const merged = newTable(foldCase, 'always')
        if (random(2) === 0) batches.reverse()
        if (random(2) === 0) {
          // (a + b) + c or a + (b + c).
          const inner = newTable(foldCase, 'always')
          inner.mergePartials(batches[1]!)
          inner.mergePartials(batches[2]!)
          merged.mergePartials(batches[0]!)
          merged.mergePartials(inner.partials().batch)
        } else for (const batch of batches) merged.mergePartials(batch)
        expect(resultsOf(merged)).toEqual(straight(rows))
      },
    )

    property('goes on from a snapshot as if nothing had happened', (rows, random) => {
      const cut = random(rows.length + 1)
      const before = newTable(foldCase, 'always')
      if (cut > 0) step(before, foldCase, rows.slice(0, cut))
      const snapshot = before.snapshot().batch
      const after = newTable(foldCase, 'always')
      after.mergePartials(snapshot)
      if (cut < rows.length) {
        step(before, foldCase, rows.slice(cut))
        step(after, foldCase, rows.slice(cut))
      }
      expect(resultsOf(after)).toEqual(straight(rows))
      expect(resultsOf(before)).toEqual(straight(rows))
    })

    property('takes a row of weight n for n rows', (rows, random) => {
      const weights = rows.map(() => 1 + random(3))
      const codegen = random(2) === 0 ? 'always' : 'never'
      for (const changes of foldCase.retracts === false ? [false] : [false, true]) {
        const table = newTable(foldCase, codegen, changes)
        if (rows.length > 0) step(table, foldCase, rows, weights)
        expect(resultsOf(table)).toEqual(straight(repeated(rows, weights)))
      }
    })

    if (foldCase.retracts === false) return

    property('has never seen what is taken out again', (rows, random) => {
      const weights = rows.map(() => random(3))
      const events = changesOf(rows, weights, random)
      const table = newTable(foldCase, random(2) === 0 ? 'always' : 'never', true)
      for (let from = 0; from < events.length; ) {
        const to = from + 1 + random(9)
        stepChanges(table, events.slice(from, to))
        from = to
      }
      expect(resultsOf(table)).toEqual(straight(repeated(rows, weights)))
    })

    property('merges what came in one table and went in another', (rows, random) => {
      const weights = rows.map(() => random(3))
      const parts = [0, 1, 2].map(() => newTable(foldCase, 'always', true))
      for (const event of changesOf(rows, weights, random)) stepChanges(parts[random(3)]!, [event])
      const merged = newTable(foldCase, 'always', true)
      for (const part of shuffle(parts, random)) merged.mergePartials(part.partials().batch)
      expect(resultsOf(merged)).toEqual(straight(repeated(rows, weights)))
    })
  })
}
