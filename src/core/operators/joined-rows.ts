/** The rows that a join of two streams gives: of pairs, and of rows of one side alone. */

import { type Batch, NO_POSITION } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import {
  BRANCH,
  constantColumn,
  defaultColumn,
  orderMeta,
  type RowMeta,
  WEIGHT,
  weightsOf,
} from '../batch/meta.ts'
import { nullColumn } from '../batch/null-column.ts'
import { orderOfPlaces, wholePlaces } from '../batch/place.ts'
import { allocInt32 } from '../batch/slab.ts'
import { take } from '../batch/take.ts'
import { takeColumn } from '../batch/take-column.ts'
import type { RowStore } from '../state/row-store/row-store.ts'
import type { ColumnType } from '../types/column-type.ts'
import type { OperatorContext } from './contract.ts'
import { isPreserved } from './join-columns.ts'
import { castKey } from './join-keys.ts'
import type { JoinLayout } from './join-layout.ts'

/** Rows of one input, a number of them: those that came, or those that are kept. */
export interface SideRows {
  readonly count: number
  column(index: number): Column
  /** Their places, whole. */
  readonly places: readonly Column[]
  /** How often each counts; absent: once. */
  readonly weights: Int32Array | undefined
}

export class JoinedRows {
  readonly #layout: JoinLayout
  readonly #context: OperatorContext
  /** By input: the types of the cells of places, once a row was seen. */
  readonly #placeTypes: [ColumnType[]?, ColumnType[]?] = []

  constructor(layout: JoinLayout, context: OperatorContext) {
    this.#layout = layout
    this.#context = context
  }

  /** Physical rows of a batch. */
  came(batch: Batch, rows: Uint32Array, input: 0 | 1): SideRows {
    const { arena, inputs } = this.#context
    const weights = weightsOf(batch)
    return this.#noted(input, {
      count: rows.length,
      column: index => takeColumn(batch.columns[index]!, rows, arena),
      places: wholePlaces(batch, inputs[input]!.children ?? 0, arena).map((column, i) =>
        // The branch comes first; most rows have none, which costs nothing.
        i === 0 && !batch.meta?.[BRANCH]
          ? defaultColumn(BRANCH, rows.length)!
          : takeColumn(column, rows, arena),
      ),
      weights: weights && Int32Array.from(rows, row => weights[row]!),
    })
  }

  /** Rows of a store. */
  kept(store: RowStore, slots: Uint32Array, input: 0 | 1): SideRows {
    const { arena, inputs } = this.#context
    const meta = store.takeMeta(slots, arena)
    return this.#noted(input, {
      count: slots.length,
      column: index => store.column(index, slots, arena),
      places: wholePlaces(meta, inputs[input]!.children ?? 0, arena),
      weights: weightsOf(meta),
    })
  }

  #noted(input: 0 | 1, rows: SideRows): SideRows {
    this.#placeTypes[input] ??= rows.places.map(({ type }) => type)
    return rows
  }

  /** What leaves for pairs: row `i` of the one side with row `i` of the other. */
  pairs(left: SideRows, right: SideRows): Batch {
    const places = [...this.#flag(0, left.count), ...left.places, ...right.places]
    return this.#batch([left, right], places, productOf(left.weights, right.weights, left.count))
  }

  /**
   * What leaves for rows of one input alone, with nulls for the other.
   *
   * @param sign -1: they are taken back
   */
  alone(rows: SideRows, input: 0 | 1, sign: 1 | -1): Batch {
    const { count, places } = rows
    const weights = sign === 1 ? rows.weights : negated(rows.weights, count)
    const { how } = this.#layout
    if (how === 'semi' || how === 'anti') return this.#batch([rows, undefined], places, weights)
    const { arena } = this.#context
    const flag = this.#flag(input, count)
    // The place of a row without a first one is its own: what kind of places first rows have is not known before one came.
    if (input === 1) return this.#batch([undefined, rows], [...flag, ...places], weights)
    const nulls = (this.#placeTypes[1] ?? []).map(type => nullColumn(type, count, arena))
    return this.#batch([rows, undefined], [...flag, ...places, ...nulls], weights)
  }

  /** Rows without a first one come after those that have one. */
  #flag(input: 0 | 1, count: number): Column[] {
    return isPreserved(this.#layout.how, 1) ? [constantColumn('uint32', input, count)] : []
  }

  #batch(
    sides: readonly [SideRows | undefined, SideRows | undefined],
    places: readonly Column[],
    weights: Int32Array | undefined,
  ): Batch {
    const { arena, output } = this.#context
    const { count } = (sides[0] ?? sides[1])!
    const columns = this.#layout.columns.map(({ input, column, type, or }): Column => {
      const own = sides[input]?.column(column) ?? (or === undefined ? undefined : sides[1]?.column(or))
      return own ? asType(own, count, type) : nullColumn(type, count, arena)
    })
    const joined: Batch = {
      schema: output.schema,
      length: count,
      columns,
      position: NO_POSITION,
      meta: { ...orderMeta(places), ...this.#weightMeta(weights) },
    }
    // What shards emit in a step is merged by place, and is to be the same from one shard. A changelog keeps its order.
    const order = weights ? undefined : orderOfPlaces(places, count)
    return order ? take(joined, order, arena) : joined
  }

  #weightMeta(weights: Int32Array | undefined): RowMeta {
    if (!weights) return {}
    const values = allocInt32(this.#context.arena, weights.length)
    values.set(weights)
    return { [WEIGHT]: { type: 'int32', values } }
  }
}

/** Cells of a key as those of the type that the output has it in, which holds them. */
const asType = (column: Column, count: number, type: ColumnType): Column =>
  column.type === type ? column : castKey(column, count, type)

function negated(weights: Int32Array | undefined, count: number): Int32Array {
  return weights ? weights.map(weight => -weight) : new Int32Array(count).fill(-1)
}

/** By pair, the product of both weights; undefined where all count once. */
function productOf(
  left: Int32Array | undefined,
  right: Int32Array | undefined,
  count: number,
): Int32Array | undefined {
  if (!left || !right) return left ?? right
  const product = new Int32Array(count)
  for (let i = 0; i < count; i++) product[i] = left[i]! * right[i]!
  return product
}
