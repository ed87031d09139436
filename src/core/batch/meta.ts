/**
 * What travels with rows beside their columns: how often a row counts, what its split had shown up to it, and its place
 * in the total order of rows (`place.ts`).
 *
 * Each is a physical column, as long as the batch, under a name of its own; batches without them pay nothing.
 * Everything that copies, cuts or joins rows treats these columns like any other.
 */

import type { Batch } from './batch.ts'
import type { Column, Values } from './column.ts'

/** Columns that travel with rows, by name. */
export type RowMeta = Readonly<Record<string, Column>>

/** int32, never 0: the row counts that often; negative takes earlier rows away. Absent: +1. */
export const WEIGHT = 'weight'
/**
 * float64: the watermark (ms) that the row found, of its split, the rows before it in this batch counted. Present only
 * where some row may be late.
 */
export const SEEN = 'seen'

// The place of source rows, where the batch's position does not say it: see `place.ts`.

/** uint32: the row descends from source row `position.offset + parent`. Absent: `position.offset` + its number. */
export const PARENT = 'parent'
/** uint32 and float64: the long form of a source row's place, where rows of several splits were joined. */
export const SPLIT = 'split'
export const OFFSET = 'offset'

// The place of rows that an operator made.

/** `order0`, `order1`, …: all the columns by which the rows of an operator differ, which are their order too. */
export const orderName = (i: number): string => ORDER_NAMES[i] ?? `order${i}`
const ORDER_NAMES: readonly string[] = Array.from({ length: 32 }, (_, i) => `order${i}`)
/** utf8: the rest of a place in bytes (`baseKeys`), where rows of different kinds were joined. */
export const ENCODED = 'encoded'

// Of either.

/** float64: by which input of a union the row came, or of several unions. Absent: 0. */
export const BRANCH = 'branch'
/**
 * `child`, `child1`, …, uint32: which of the rows that were made of one row, and which of those that were made of that
 * one. The plan says how often that happens to rows, and so at which level a verb counts (`NodeOutput.children`). Absent:
 * 0; a batch that has a level has those before it.
 */
export const childName = (level: number): string => CHILD_NAMES[level] ?? `child${level}`
const CHILD_NAMES: readonly string[] = ['child', ...Array.from({ length: 15 }, (_, i) => `child${i + 1}`)]
export const isChildName = (name: string): boolean => name.startsWith('child')

/** Names of the levels of children that are among `names`. */
export function childNames(names: { has(name: string): boolean }): string[] {
  const found: string[] = []
  while (names.has(childName(found.length))) found.push(childName(found.length))
  return found
}

/** What a row has where its batch lacks the column and others that it is joined with have it. */
const DEFAULTS: Readonly<Record<string, number>> = {
  [WEIGHT]: 1,
  [SEEN]: Number.NEGATIVE_INFINITY,
  [BRANCH]: 0,
}

/** Names of {@link RowMeta} that have nothing to do with places. */
export const NOT_OF_PLACE: readonly string[] = [WEIGHT, SEEN]

/** The values of a column of numbers that travels with the rows, if there is one. */
const numbersOf = <V extends Values>({ meta }: Pick<Batch, 'meta'>, name: string): V | undefined =>
  meta?.[name]?.values as V | undefined

/** How often each physical row counts; absent: once. */
export const weightsOf = (batch: Pick<Batch, 'meta'>): Int32Array | undefined => numbersOf(batch, WEIGHT)
/** By physical row, the watermark (ms) that it found; see {@link SEEN}. */
export const seenOf = (batch: Pick<Batch, 'meta'>): Float64Array | undefined => numbersOf(batch, SEEN)
/** By physical row, which source row it descends from; see {@link PARENT}. */
export const parentsOf = (batch: Pick<Batch, 'meta'>): Uint32Array | undefined => numbersOf(batch, PARENT)

/** The columns `order0`, `order1`, …; empty for rows of a source. */
export function orderColumns({ meta }: Pick<Batch, 'meta'>): Column[] {
  const columns: Column[] = []
  if (!meta) return columns
  for (let column = meta[orderName(0)]; column; column = meta[orderName(columns.length)]) columns.push(column)
  return columns
}

/** The levels of children of a batch, the first first. */
export function childColumns({ meta }: Pick<Batch, 'meta'>): Column[] {
  const columns: Column[] = []
  if (!meta) return columns
  for (let column = meta[childName(0)]; column; column = meta[childName(columns.length)]) columns.push(column)
  return columns
}

/** The place of rows that an operator made: the columns by which they differ, the first first. */
export const orderMeta = (columns: readonly Column[]): RowMeta =>
  Object.fromEntries(columns.map((column, i) => [orderName(i), column]))

/** The batch with these columns beside its rows, in place of those of the same names. */
export const withMeta = <B extends Batch>(batch: B, meta: RowMeta): B => ({
  ...batch,
  meta: { ...batch.meta, ...meta },
})

/** The batch without the column of this name beside its rows. */
export function withoutMeta<B extends Batch>(batch: B, name: string): B {
  if (!batch.meta || !(name in batch.meta)) return batch
  const { [name]: _, ...others } = batch.meta
  const { meta, ...rest } = batch
  return (Object.keys(others).length ? { ...rest, meta: others } : rest) as B
}

/**
 * The columns of a batch, and those that travel with its rows, through `of`. One that is both, as keys are, goes through
 * it once.
 */
export function mapColumns(
  { columns, meta }: Pick<Batch, 'columns' | 'meta'>,
  of: (column: Column) => Column,
): Pick<Batch, 'columns' | 'meta'> {
  const mapped = columns.map(column => of(column))
  if (!meta) return { columns: mapped }
  const others: Record<string, Column> = {}
  for (const name in meta) others[name] = mapped[columns.indexOf(meta[name]!)] ?? of(meta[name]!)
  return { columns: mapped, meta: others }
}

/** A column that holds what rows have that lack `name`; undefined where there is no such thing. */
export function defaultColumn(name: string, length: number): Column | undefined {
  if (isChildName(name)) return constantColumn('uint32', 0, length)
  const value = DEFAULTS[name]
  if (value === undefined) return undefined
  return constantColumn(name === WEIGHT ? 'int32' : 'float64', value, length)
}

const CONSTANT_TYPES = { int32: Int32Array, uint32: Uint32Array, float64: Float64Array } as const
/** By type and number, as long as was ever needed: in shared memory, which shards are sent once. */
const constants = new Map<string, Int32Array | Uint32Array | Float64Array>()

/** A column of one number, which costs nothing. */
export function constantColumn(type: keyof typeof CONSTANT_TYPES, value: number, length: number): Column {
  const key = `${type} ${value}`
  let values = constants.get(key)
  if (!values || values.length < length) {
    const Constructor = CONSTANT_TYPES[type]
    const memory = new SharedArrayBuffer(Constructor.BYTES_PER_ELEMENT * Math.max(length, 1 << 12))
    values = new Constructor(memory as ArrayBufferLike as ArrayBuffer).fill(value)
    constants.set(key, values)
  }
  return { type, values: values.subarray(0, length) }
}
