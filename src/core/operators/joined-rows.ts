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
import { withScratch } from '../batch/scratch.ts'
import { type Arena, allocInt32 } from '../batch/slab.ts'
import { itemsAt, takeColumn } from '../batch/take-column.ts'
import type { RowStore } from '../state/row-store/row-store.ts'
import type { ColumnType } from '../types/column-type.ts'
import type { OperatorContext } from './contract.ts'
import { isPreserved } from './join-columns.ts'
import { castKey } from './join-keys.ts'
import type { JoinLayout, LayoutColumn } from './join-layout.ts'

/** Rows of one input, a number of them: those that came, or those that are kept. */
export interface SideRows {
  readonly count: number
  column(index: number, arena: Arena): Column
  /** Their places, whole. */
  places(): readonly Column[]
  /** How often each counts; absent: once. */
  readonly weights: Int32Array | undefined
  /** Those with these numbers, in this order. */
  only(numbers: Uint32Array): SideRows
}

/** By input: the rows that leave as the cells of one; those of an input that they have nothing of are absent. */
type Sides = readonly [SideRows | undefined, SideRows | undefined]

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
    let places: readonly Column[] | undefined
    const of = (rows: Uint32Array): SideRows => ({
      count: rows.length,
      column: (index, arena) => takeColumn(batch.columns[index]!, rows, arena),
      places: () => {
        places ??= wholePlaces(batch, inputs[input]!.children ?? 0, arena)
        const taken = places.map((column, i) =>
          // The branch comes first; most rows have none, which costs nothing.
          i === 0 && !batch.meta?.[BRANCH]
            ? defaultColumn(BRANCH, rows.length)!
            : takeColumn(column, rows, arena),
        )
        return this.#noted(input, taken)
      },
      weights: weights && Int32Array.from(rows, row => weights[row]!),
      only: numbers => of(itemsAt(rows, numbers)),
    })
    return of(rows)
  }

  /** Rows of a store. */
  kept(store: RowStore, slots: Uint32Array, input: 0 | 1): SideRows {
    const { arena, inputs } = this.#context
    const of = (slots: Uint32Array): SideRows => ({
      count: slots.length,
      column: (index, arena) => store.column(index, slots, arena),
      places: () => {
        const meta = store.takeMeta(slots, arena)
        return this.#noted(input, wholePlaces(meta, inputs[input]!.children ?? 0, arena))
      },
      weights: store.weights(slots, arena)?.values as Int32Array | undefined,
      only: numbers => of(itemsAt(slots, numbers)),
    })
    return of(slots)
  }

  #noted(input: 0 | 1, places: readonly Column[]): readonly Column[] {
    this.#placeTypes[input] ??= places.map(({ type }) => type)
    return places
  }

  /**
   * What leaves for pairs: row `i` of the one side with row `i` of the other; those of them that are wanted, which may be
   * none.
   */
  pairs(left: SideRows, right: SideRows): Batch {
    const placesOf = ([left, right]: Sides) => [
      ...this.#flag(0, left!.count),
      ...left!.places(),
      ...right!.places(),
    ]
    return this.#batch([left, right], placesOf, productOf(left.weights, right.weights, left.count))
  }

  /**
   * What leaves for rows of one input alone, with nulls for the other.
   *
   * @param sign -1: they are taken back
   */
  alone(rows: SideRows, input: 0 | 1, sign: 1 | -1): Batch {
    const weights = sign === 1 ? rows.weights : negated(rows.weights, rows.count)
    const sides: Sides = input === 0 ? [rows, undefined] : [undefined, rows]
    return this.#batch(sides, sides => this.#placesAlone(sides[input]!, input), weights)
  }

  #placesAlone(rows: SideRows, input: 0 | 1): readonly Column[] {
    const { how } = this.#layout
    const { count } = rows
    const places = rows.places()
    if (how === 'semi' || how === 'anti') return places
    const flag = this.#flag(input, count)
    // The place of a row without a first one is its own: what kind of places first rows have is not known before one came.
    if (input === 1) return [...flag, ...places]
    const nulls = (this.#placeTypes[1] ?? []).map(type => nullColumn(type, count, this.#context.arena))
    return [...flag, ...places, ...nulls]
  }

  /** Rows without a first one come after those that have one. */
  #flag(input: 0 | 1, count: number): Column[] {
    return isPreserved(this.#layout.how, 1) ? [constantColumn('uint32', input, count)] : []
  }

  #batch(
    sides: Sides,
    placesOf: (sides: Sides) => readonly Column[],
    weights: Int32Array | undefined,
  ): Batch {
    if (this.#context.placesIgnored?.()) return this.#made(sides, [], weights)
    const places = placesOf(sides)
    // A changelog keeps its order.
    const numbers = weights ? undefined : this.#leaving(sides, places)
    if (!numbers) return this.#made(sides, places, weights)
    const leaving: Sides = [sides[0]?.only(numbers), sides[1]?.only(numbers)]
    return this.#made(leaving, placesOf(leaving), undefined)
  }

  /**
   * Which rows leave, in which order, known before any is made: what shards emit in a step is merged by place, and is to be
   * the same from one shard. Undefined: all as they are.
   */
  #leaving(sides: Sides, places: readonly Column[]): Uint32Array | undefined {
    const { count } = (sides[0] ?? sides[1])!
    const wanted = withScratch(scratch => {
      const column = (index: number) => this.#column(sides, this.#layout.columns[index]!, scratch)
      return this.#context.wanted?.({ count, meta: orderMeta(places), column })
    })
    const order = withScratch(scratch => {
      const left = wanted ? places.map(place => takeColumn(place, wanted, scratch)) : places
      return orderOfPlaces(left, wanted?.length ?? count)
    })
    return wanted && order ? itemsAt(wanted, order) : (order ?? wanted)
  }

  #made(sides: Sides, places: readonly Column[], weights: Int32Array | undefined): Batch {
    const { arena, output } = this.#context
    return {
      schema: output.schema,
      length: (sides[0] ?? sides[1])!.count,
      columns: this.#layout.columns.map(column => this.#column(sides, column, arena)),
      position: NO_POSITION,
      meta: { ...orderMeta(places), ...this.#weightMeta(weights) },
    }
  }

  #column(sides: Sides, { input, column, type, or }: LayoutColumn, arena: Arena): Column {
    const { count } = (sides[0] ?? sides[1])!
    const own =
      sides[input]?.column(column, arena) ?? (or === undefined ? undefined : sides[1]?.column(or, arena))
    return own ? asType(own, count, type) : nullColumn(type, count, arena)
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
