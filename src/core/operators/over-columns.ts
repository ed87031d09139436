/** The columns that `over` appends: places in order, rows before and after, folds over frames. */

import type { Batch } from '../batch/batch.ts'
import { allocValues } from '../batch/build.ts'
import { bitAt, bitmapBytes, type Column, isNullAt, words32Of } from '../batch/column.ts'
import { type Arena, allocUint8, heapArena } from '../batch/slab.ts'
import { takeColumn } from '../batch/take.ts'
import type { Fold } from '../fold.ts'
import { openFold } from '../folds/index.ts'
import { GroupFields } from '../state/group-fields.ts'
import type { Schema } from '../types/schema.ts'
import { foldSpecOf } from './agg-input.ts'
import type { AggregateSpec } from './agg-node.ts'
import { aggregateInputs } from './aggregate-inputs.ts'
import type { OperatorContext } from './contract.ts'
import { FrameFold, valuesOfKept } from './over-folds.ts'
import { frameBounds, type OrderedPartitions, type OverFrame, scanPlan } from './over-frames.ts'
import { isFold, isGrowing } from './over-node.ts'

/** What partitions had before the rows at hand; see `over-events.ts`. All by partition. */
export interface CarriedRows {
  /** The first position whose values are asked for: rows before it were given before, and are there as context. */
  readonly active: Uint32Array
  /** How many rows were given. */
  readonly given: Float64Array
  /** Of the last row given: its rank, and its dense rank. */
  readonly rank: Float64Array
  readonly denseRank: Float64Array
  /** Its group of the carried folds. */
  readonly groups: Uint32Array
  readonly folded: Uint32Array
  readonly foldTo: Uint32Array
}

interface OpenFold {
  readonly frames: FrameFold
  /** The fold over changes, of those that keep values. */
  readonly kept?: Fold
}

export class OverColumns {
  readonly #columns: readonly AggregateSpec[]
  readonly #frame: OverFrame
  readonly #arena: Arena
  readonly #folds: readonly (OpenFold | undefined)[]
  readonly #inputs: ReturnType<typeof aggregateInputs>

  constructor(
    columns: readonly AggregateSpec[],
    frame: OverFrame,
    schema: Schema,
    context: Pick<OperatorContext, 'arena' | 'distributions' | 'functions'>,
  ) {
    this.#columns = columns
    this.#frame = frame
    this.#arena = context.arena
    this.#inputs = aggregateInputs(columns, schema, { ...context, arena: heapArena })
    this.#folds = columns.map(column => {
      if (!isFold(column)) return undefined
      const spec = foldSpecOf(column, schema)
      const { functions } = context
      const fold = openFold(spec, { functions })
      const kept = fold.keepsValues ? { kept: openFold(spec, { changes: true, functions }) } : {}
      return { frames: new FrameFold(fold), ...kept }
    })
  }

  /** State for the folds of rows that come in parts, one by column. */
  carriedFields(): ({ readonly fields: GroupFields; readonly fold: Fold } | undefined)[] {
    return this.#folds.map(open => {
      const fold = open?.kept ?? open?.frames.fold
      return fold && isGrowing(this.#frame) ? { fields: new GroupFields([fold]), fold } : undefined
    })
  }

  /**
   * A cell per position of each column.
   *
   * @param batch the rows that positions name; all of it counts
   * @param fields those of {@link carriedFields}, where rows came before
   */
  values(
    batch: Batch,
    partitions: OrderedPartitions,
    carried?: CarriedRows,
    fields?: readonly (GroupFields | undefined)[],
  ): Column[] {
    const { argColumns, passing } = this.#inputs(batch)
    const growing = isGrowing(this.#frame)
    const folds = this.#columns.some(isFold)
    const bounds = folds ? frameBounds(this.#frame, partitions) : undefined
    const plan = bounds && scanPlan(bounds, partitions, growing, growing ? carried?.folded : undefined)
    const sequence = folds ? sequenceOf(partitions, carried) : new Float64Array(0)
    return this.#columns.map((column, c) => {
      const open = this.#folds[c]
      if (!open) return functionValues(column, argColumns[c]![0], partitions, carried, this.#arena)
      const args = { columns: argColumns[c]!, passing: passing?.[c] }
      const own = growing && carried && fields ? { ...carried, fields: fields[c]! } : undefined
      return open.kept
        ? valuesOfKept(open.kept, partitions, bounds!, args, sequence, own)
        : open.frames.values(partitions, plan!, args, sequence, this.#arena, own)
    })
  }
}

/** By position, how many rows of its partition were before. */
function sequenceOf({ count, starts }: OrderedPartitions, carried?: CarriedRows): Float64Array {
  const sequence = new Float64Array(count)
  for (let k = 0; k + 1 < starts.length; k++) {
    const first = carried ? carried.given[k]! - carried.active[k]! : -starts[k]!
    for (let p = starts[k]!; p < starts[k + 1]!; p++) sequence[p] = first + p
  }
  return sequence
}

function functionValues(
  { fold, options = {} }: AggregateSpec,
  column: Column | undefined,
  partitions: OrderedPartitions,
  carried: CarriedRows | undefined,
  arena: Arena,
): Column {
  const n = options.n as number
  if (fold === 'interpolate')
    return interpolated(
      column!,
      partitions,
      (options.maxGapMs as number | undefined) ?? Number.POSITIVE_INFINITY,
      arena,
    )
  if (fold === 'lag' || fold === 'lead') return shifted(column!, partitions, fold === 'lag' ? -n : n, arena)
  return numbers(partitions, arena, fold === 'ntile' ? tiles(n) : ranks(fold, carried))
}

/** Writes a number for each position of a partition. */
type Numbering = (k: number, start: number, end: number, leads: Uint8Array, out: Float64Array) => void

function numbers({ count, starts, leads }: OrderedPartitions, arena: Arena, number: Numbering): Column {
  const values = new Float64Array(count)
  for (let k = 0; k + 1 < starts.length; k++) number(k, starts[k]!, starts[k + 1]!, leads, values)
  const column: Column = { type: 'int53', values: allocValues('int53', count, arena) }
  const words32 = words32Of(column)
  for (let i = 0; i < count; i++) {
    const high = Math.floor(values[i]! / 2 ** 32)
    words32[2 * i] = values[i]! - high * 2 ** 32
    words32[2 * i + 1] = high
  }
  return column
}

/** Row numbers, ranks and dense ranks, from 1 on. */
function ranks(fold: string, carried: CarriedRows | undefined): Numbering {
  return (k, start, end, leads, out) => {
    const first = carried ? carried.active[k]! : start
    let row = carried ? carried.given[k]! : 0
    let rank = carried ? carried.rank[k]! : 0
    let dense = carried ? carried.denseRank[k]! : 0
    for (let p = first; p < end; p++) {
      row++
      if (leads[p] === 1) {
        rank = row
        dense++
      }
      out[p] = fold === 'rowNumber' ? row : fold === 'rank' ? rank : dense
    }
  }
}

/** Which of `n` parts, as equal as can be, the first ones longer. */
const tiles =
  (n: number): Numbering =>
  (_, start, end, __, out) => {
    const size = Math.floor((end - start) / n)
    const longer = (end - start) % n
    for (let p = start; p < end; p++) {
      const at = p - start
      const inLonger = at < longer * (size + 1)
      out[p] =
        1 + (inLonger ? Math.floor(at / (size + 1)) : longer + Math.floor((at - longer * (size + 1)) / size))
    }
  }

/** The cells of the rows so far behind, or ahead; null where there is none. */
function shifted(
  column: Column,
  { count, starts, rows }: OrderedPartitions,
  by: number,
  arena: Arena,
): Column {
  const from = new Uint32Array(count)
  const valid = allocUint8(arena, bitmapBytes(count))
  valid.fill(0)
  for (let k = 0; k + 1 < starts.length; k++) {
    const start = starts[k]!
    const end = starts[k + 1]!
    for (let p = start; p < end; p++) {
      const at = p + by
      const row = rows[at >= start && at < end ? at : p]!
      from[p] = row
      if (at < start || at >= end || (column.validity && !bitAt(column.validity, row))) continue
      valid[p >> 3]! |= 1 << (p & 7)
    }
  }
  return { ...takeColumn(column, from, arena), validity: valid }
}

/**
 * The values, and where there is none what lies between the values before and after it, by time: where those are no
 * further apart than `maxGapMs`. NaN counts as a value. Of several values of one time the last, or the first, counts.
 */
function interpolated(column: Column, partitions: OrderedPartitions, maxGapMs: number, arena: Arena): Column {
  const { count, starts, rows } = partitions
  const values = allocValues('float64', count, arena) as Float64Array
  const valid = allocUint8(arena, bitmapBytes(count))
  valid.fill(0)
  const read = numberAt(column)
  for (let k = 0; k + 1 < starts.length; k++) {
    let before = -1
    for (let p = starts[k]!; p < starts[k + 1]!; p++) {
      if (isNullAt(column, rows[p]!)) continue
      values[p] = read(rows[p]!)
      valid[p >> 3]! |= 1 << (p & 7)
      if (before >= 0 && p > before + 1) fillBetween(partitions, before, p, maxGapMs, values, valid)
      before = p
    }
  }
  return { type: 'float64', values, validity: valid }
}

function fillBetween(
  { timesMs, restNs }: OrderedPartitions,
  from: number,
  to: number,
  maxGapMs: number,
  values: Float64Array,
  valid: Uint8Array,
): void {
  const since = (p: number) => timesMs![p]! - timesMs![from]! + (restNs![p]! - restNs![from]!) / 1e6
  const gapMs = since(to)
  if (gapMs > maxGapMs) return
  const low = values[from]!
  const high = values[to]!
  for (let p = from + 1; p < to; p++) {
    const share = gapMs === 0 ? 0 : since(p) / gapMs
    values[p] = low * (1 - share) + high * share
    valid[p >> 3]! |= 1 << (p & 7)
  }
}

/** Reads numbers of any type as doubles. */
function numberAt(column: Column): (row: number) => number {
  const { values } = column
  return row => Number(values[row])
}
