/**
 * The place of a row: a total order of all rows of a dataset, the same however rows are cut into batches and spread
 * over shards. What ties in event time are broken by, and what rows that several shards emit in one step are merged by.
 *
 * A row of a source is at (split, offset), by the batch's `position` and `meta.parent`, or in the long form by
 * `meta.split` and `meta.offset`. A row that an operator made is at the columns by which its rows differ, `meta.order0`
 * and so on. `meta.child` and so on tell rows apart that were made of one row. What came by another input of a union is in
 * another branch, and comes after all that came by the inputs before it. Within a branch, rows of sources come before
 * made rows; those come in the order of their columns, as in `compare.ts`.
 */

import { isBytes, isEightByteInteger, isText, isWideDecimal } from '../types/column-type.ts'
import type { Batch, Position } from './batch.ts'
import { NO_POSITION, rowCount } from './batch.ts'
import { bytesColumn } from './bytes.ts'
import type { Column } from './column.ts'
import { compareBytes, compareCells, sortRows } from './compare.ts'
import { concatColumn } from './concat-column.ts'
import {
  BRANCH,
  childColumns,
  childName,
  childNames,
  constantColumn,
  defaultColumn,
  ENCODED,
  NOT_OF_PLACE,
  OFFSET,
  orderColumns,
  orderMeta,
  orderName,
  PARENT,
  parentsOf,
  type RowMeta,
  SPLIT,
  withMeta,
} from './meta.ts'
import { baseKeys, placeKeys } from './place-key.ts'
import { type Arena, allocFloat64, allocUint32 } from './slab.ts'

/** Whether places do not depend on the batch's position: of made rows, and in the long form. */
export const hasOwnPlace = (meta: RowMeta | undefined): boolean =>
  meta !== undefined && (orderName(0) in meta || ENCODED in meta || OFFSET in meta)

/** Whether an operator made the rows. */
export const isMade = ({ meta }: Pick<Batch, 'meta'>): boolean =>
  meta !== undefined && (orderName(0) in meta || ENCODED in meta)

/** The split and offset of a source row, which is physical row `row`. */
export const splitAt = ({ position, meta }: Batch, row: number): number =>
  (meta?.[SPLIT]?.values[row] as number | undefined) ?? position.split

export function offsetAt(batch: Batch, row: number): number {
  const own = batch.meta?.[OFFSET]?.values[row] as number | undefined
  return own ?? batch.position.offset + (parentsOf(batch)?.[row] ?? row)
}

/**
 * Compares the places of physical row `i` of `a` and `j` of `b`: negative when the first comes first, 0 only where they
 * are one row.
 */
export function comparePlaces(a: Batch, i: number, b: Batch, j: number): number {
  const [ofA, ofB] = [a.meta, b.meta]
  if (!ofA && !ofB) return compareSource(a, i, b, j)
  if ((ofA && ENCODED in ofA) || (ofB && ENCODED in ofB)) return compareKeys(a, i, b, j)
  const branches = compareNumbers(ofA, i, ofB, j, BRANCH)
  if (branches !== 0) return branches
  if (!isMade(a) && !isMade(b)) return compareSource(a, i, b, j) || compareChildren(ofA, i, ofB, j)
  for (let k = 0; ; k++) {
    const cellsA = ofA?.[orderName(k)]
    const cellsB = ofB?.[orderName(k)]
    if (!cellsA && !cellsB) return compareChildren(ofA, i, ofB, j)
    if (!cellsA || !cellsB || !comparable(cellsA, cellsB)) return compareKeys(a, i, b, j)
    const order = compareCells(cellsA, i, cellsB, j)
    if (order !== 0) return order
  }
}

const compareSource = (a: Batch, i: number, b: Batch, j: number): number =>
  splitAt(a, i) - splitAt(b, j) || offsetAt(a, i) - offsetAt(b, j)

function compareChildren(a: RowMeta | undefined, i: number, b: RowMeta | undefined, j: number): number {
  for (let level = 0; ; level++) {
    const name = childName(level)
    if (!a?.[name] && !b?.[name]) return 0
    const order = compareNumbers(a, i, b, j, name)
    if (order !== 0) return order
  }
}

function compareNumbers(
  a: RowMeta | undefined,
  i: number,
  b: RowMeta | undefined,
  j: number,
  name: string,
): number {
  return Number(a?.[name]?.values[i] ?? 0) - Number(b?.[name]?.values[j] ?? 0)
}

function compareKeys(a: Batch, i: number, b: Batch, j: number): number {
  const keyA = placeKeys(a).key(i)
  const keyB = placeKeys(b).key(j)
  return compareBytes(keyA, 0, keyA.length, keyB, 0, keyB.length)
}

const comparable = (a: Column, b: Column): boolean => a.type === b.type || (isText(a.type) && isText(b.type))

const sameTypes = (a: readonly Column[], b: readonly Column[]): boolean =>
  a.length === b.length && a.every((column, k) => comparable(column, b[k]!))

/** Columns that sort the batch's rows by place, the first first; by physical row. */
export function placeColumns(batch: Batch, arena: Arena): Column[] {
  const named = (name: string) => (batch.meta?.[name] ? [batch.meta[name]] : [])
  return [...named(BRANCH), ...baseColumns(batch, arena), ...named(ENCODED), ...childColumns(batch)]
}

/**
 * The same with the columns that batches may lack: for places that become a part of other places, which are to be of one
 * kind in all batches.
 *
 * @param children how many levels of children the rows may have
 */
export function wholePlaces(batch: Batch, children: number, arena: Arena): Column[] {
  const { meta = {}, length } = batch
  const optional = (name: string) => meta[name] ?? defaultColumn(name, length)!
  const encoded = meta[ENCODED] ? [meta[ENCODED]] : []
  const levels = Array.from({ length: children }, (_, level) => optional(childName(level)))
  return [optional(BRANCH), ...baseColumns(batch, arena), ...encoded, ...levels]
}

/** All cells of a place but those that `meta` has under names of their own. */
function baseColumns(batch: Batch, arena: Arena): Column[] {
  const { meta, length } = batch
  if (isMade(batch)) return orderColumns(batch)
  if (meta?.[OFFSET]) return [meta[SPLIT]!, meta[OFFSET]]
  const split = allocUint32(arena, length).fill(batch.position.split)
  const offset = allocFloat64(arena, length)
  sourceOffsets(batch, undefined, offset)
  return [
    { type: 'uint32', values: split },
    { type: 'float64', values: offset },
  ]
}

/** Writes the offsets of rows of a source: of physical row `rows[i]` (or `i`). */
export function sourceOffsets(batch: Batch, rows: Uint32Array | undefined, to: Float64Array): void {
  const own = batch.meta?.[OFFSET]?.values as Float64Array | undefined
  const parents = parentsOf(batch)
  if (own) ownOffsets(own, rows, to)
  else if (parents) offsetsOfParents(batch.position.offset, parents, rows, to)
  else followingOffsets(batch.position.offset, rows, to)
}

// Loops of their own, with nothing after them: see `slots.ts` of the row store.

function ownOffsets(own: Float64Array, rows: Uint32Array | undefined, to: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] = own[rows === undefined ? i : rows[i]!]!
}

function offsetsOfParents(
  first: number,
  parents: Uint32Array,
  rows: Uint32Array | undefined,
  to: Float64Array,
): void {
  for (let i = 0; i < to.length; i++) to[i] = first + parents[rows === undefined ? i : rows[i]!]!
}

function followingOffsets(first: number, rows: Uint32Array | undefined, to: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] = first + (rows === undefined ? i : rows[i]!)
}

/**
 * The order that places give rows of these cells; undefined where the rows lie in it.
 *
 * @param places as {@link placeColumns} gives them
 */
export function orderOfPlaces(places: readonly Column[], length: number): Uint32Array | undefined {
  const first = places.findIndex(column => !isConstant(column, length))
  if (first < 0 || ascends(places[first]!, length)) return undefined
  const columns = [places[first]!, ...places.slice(first + 1).filter(column => !isConstant(column, length))]
  const order = sortRows(
    { schema: [], length, columns, position: NO_POSITION },
    columns.map((_, column) => ({ column })),
  )
  return order.every((row, i) => row === i) ? undefined : order
}

/** Whether all cells are alike, for columns of small numbers: most of a place's are. */
export function isConstant(column: Column, length: number): boolean {
  const { values } = column
  if (!isPlainNumbers(column)) return false
  // A loop per kind of the usual places: one that sees several kinds is four times slower.
  if (values instanceof Float64Array) return areAlikeDoubles(values, length)
  if (values instanceof Uint32Array) return areAlikeWords(values, length)
  for (let i = 1; i < length; i++) if (values[i] !== values[0]) return false
  return true
}

function areAlikeDoubles(values: Float64Array, length: number): boolean {
  for (let i = 1; i < length; i++) if (values[i] !== values[0]) return false
  return true
}

function areAlikeWords(values: Uint32Array, length: number): boolean {
  for (let i = 1; i < length; i++) if (values[i] !== values[0]) return false
  return true
}

/** Whether each cell is greater than the one before, for columns of small numbers. */
function ascends(column: Column, length: number): boolean {
  const { values } = column
  if (!isPlainNumbers(column)) return false
  if (values instanceof Float64Array) return areAscendingDoubles(values, length)
  for (let i = 1; i < length; i++) if (!(values[i]! > values[i - 1]!)) return false
  return true
}

function areAscendingDoubles(values: Float64Array, length: number): boolean {
  for (let i = 1; i < length; i++) if (!(values[i]! > values[i - 1]!)) return false
  return true
}

const isPlainNumbers = ({ type, offsets, children, validity }: Column): boolean =>
  type !== 'bool' &&
  !isEightByteInteger(type) &&
  !isWideDecimal(type) &&
  !isBytes(type) &&
  !offsets &&
  !children &&
  !validity

const LEADING: readonly string[] = [BRANCH, PARENT, SPLIT, OFFSET]

/**
 * The batch with `leading` before what its rows' places were: for operators that emit the rows they got in another
 * order, which `leading` is.
 */
export function placedBy(batch: Batch, leading: readonly Column[], arena: Arena): Batch {
  const { meta = {}, length } = batch
  const kept = Object.entries(meta).filter(([name]) => !LEADING.includes(name))
  // A place has the same cells in every batch, whether or not some of its rows came by another branch.
  const branch = meta[BRANCH] ?? defaultColumn(BRANCH, length)!
  const order = orderMeta([...leading, branch, ...baseColumns(batch, arena)])
  return { ...batch, position: NO_POSITION, meta: { ...Object.fromEntries(kept), ...order } }
}

/** The batch with rows that follow one another from a position on, whatever their places were. */
export function placedAt({ meta, ...batch }: Batch, position: Position): Batch {
  const kept = NOT_OF_PLACE.filter(name => meta && name in meta).map(name => [name, meta![name]!])
  return { ...batch, position, ...(kept.length ? { meta: Object.fromEntries(kept) } : {}) }
}

/**
 * The batch of an input of a union, whose rows come after those of the inputs before it.
 *
 * @param from how many branches those have
 */
export function inBranch(batch: Batch, from: number): Batch {
  if (from === 0) return batch
  const before = batch.meta?.[BRANCH]?.values as Float64Array | undefined
  const own: Column = before
    ? { type: 'float64', values: before.map(branch => from + branch) }
    : constantColumn('float64', from, batch.length)
  return { ...batch, meta: { ...batch.meta, [BRANCH]: own } }
}

/**
 * The batch of rows that were made of others, several of one, with which of its row's each is. What they are is told by
 * the level alone, not by whether earlier levels are there: places of all batches compare.
 *
 * @param level how many levels of children the rows that they were made of may have had
 */
export function withChildren(batch: Batch, level: number, children: Uint32Array): Batch {
  const added: Record<string, Column> = {}
  for (let before = 0; before < level; before++) {
    const name = childName(before)
    if (!batch.meta?.[name]) added[name] = defaultColumn(name, batch.length)!
  }
  added[childName(level)] = { type: 'uint32', values: children }
  return withMeta(batch, added)
}

/**
 * Which of its row's each of some rows is, where rows that were made of one row follow one another.
 *
 * @param rows the row that each was made of
 * @param from the first that is numbered, of `count`
 */
export function numberChildren(rows: Uint32Array, from: number, count: number, arena: Arena): Uint32Array {
  const numbers = allocUint32(arena, count)
  let first = from
  while (first > 0 && rows[first - 1] === rows[from]) first--
  for (let i = 0; i < count; i++) {
    if (i > 0 && rows[from + i] !== rows[from + i - 1]) first = from + i
    numbers[i] = from + i - first
  }
  return numbers
}

/**
 * What joined batches have as position and as metadata, that of places and all other.
 *
 * @param columns the parts' columns, joined
 */
export function concatMeta(
  parts: readonly Batch[],
  columns: readonly Column[],
  arena: Arena,
): { position: Position; meta?: RowMeta } {
  const names = new Set(parts.flatMap(({ meta }) => Object.keys(meta ?? {})))
  if (names.size === 0 && follow(parts)) return { position: parts[0]?.position ?? NO_POSITION }
  const length = parts.reduce((sum, part) => sum + rowCount(part), 0)
  const meta: Record<string, Column> = {}
  for (const name of NOT_OF_PLACE) if (names.has(name)) meta[name] = joined(parts, name, length, arena)
  const place = concatPlaces(parts, { names, columns, length }, arena)
  Object.assign(meta, place.meta)
  return Object.keys(meta).length ? { position: place.position, meta } : { position: place.position }
}

/** Whether rows without metadata follow one another in one split. */
function follow(parts: readonly Batch[]): boolean {
  for (let p = 0; p < parts.length; p++) {
    const { position, selection } = parts[p]!
    if (selection) return false
    if (p === 0) continue
    const before = parts[p - 1]!
    if (position.split !== before.position.split) return false
    if (position.offset !== before.position.offset + before.length) return false
  }
  return true
}

/** One column of all parts; parts that lack it have what it means that it is absent. */
function joined(parts: readonly Batch[], name: string, length: number, arena: Arena): Column {
  const columns = parts.map(({ meta, length }) => meta?.[name] ?? defaultColumn(name, length)!)
  return joinedColumns(columns, parts, length, arena)
}

/** Text of either kind becomes one kind. */
function joinedColumns(columns: Column[], parts: readonly Batch[], length: number, arena: Arena): Column {
  const plain = columns.map(column =>
    column.type === 'dictionary' ? { ...column, type: 'utf8' as const } : column,
  )
  return concatColumn(plain, parts, length, arena)
}

interface JoinedParts {
  /** Of all metadata that some part has. */
  readonly names: ReadonlySet<string>
  readonly columns: readonly Column[]
  readonly length: number
}

function concatPlaces(
  parts: readonly Batch[],
  joinedParts: JoinedParts,
  arena: Arena,
): { position: Position; meta: RowMeta } {
  const { names, length } = joinedParts
  const orders = parts.map(orderColumns)
  const encoded = parts.filter(({ meta }) => meta?.[ENCODED]).length
  const alike = orders.every(order => sameTypes(order, orders[0]!)) && encoded % parts.length === 0
  const optional = [...childNames(names), BRANCH].filter(name => names.has(name))
  const meta = Object.fromEntries(optional.map(name => [name, joined(parts, name, length, arena)]))
  if (!alike) return { position: NO_POSITION, meta: { [ENCODED]: encodedPlaces(parts, arena), ...meta } }
  if (encoded > 0) meta[ENCODED] = joined(parts, ENCODED, length, arena)
  const base =
    orders[0]!.length > 0 || encoded > 0
      ? { position: NO_POSITION, meta: orderMeta(joinedOrders(orders, parts, joinedParts, arena)) }
      : concatSourcePlaces(parts, length, arena)
  return { position: base.position, meta: { ...base.meta, ...meta } }
}

/** Order columns that are columns of the batches, too, are not joined twice. */
const joinedOrders = (
  orders: readonly (readonly Column[])[],
  parts: readonly Batch[],
  { columns, length }: JoinedParts,
  arena: Arena,
): Column[] =>
  orders[0]!.map((first, k) => {
    const own = orders.map(order => order[k]!)
    const index = parts[0]!.columns.indexOf(first)
    const known = index >= 0 && own.every((column, p) => column === parts[p]!.columns[index])
    return known ? columns[index]! : joinedColumns(own, parts, length, arena)
  })

/** Places of different kinds in the one form that all have, but for branches and children. */
function encodedPlaces(parts: readonly Batch[], arena: Arena): Column {
  const keys: Uint8Array[] = []
  for (const part of parts) {
    const of = baseKeys(part)
    const count = rowCount(part)
    for (let i = 0; i < count; i++) keys.push(of.key(part.selection ? part.selection[i]! : i))
  }
  const { validity: _, ...column } = bytesColumn(keys, arena)
  return column
}

/** In short where all rows are of one split and not far apart. */
function concatSourcePlaces(
  parts: readonly Batch[],
  length: number,
  arena: Arena,
): { position: Position; meta: RowMeta } {
  const first = parts[0]!.position
  let low = Number.POSITIVE_INFINITY
  let high = 0
  let short = true
  for (const { position, meta, length: rows } of parts) {
    if (position.split !== first.split || hasOwnPlace(meta)) short = false
    const parents = meta?.[PARENT]?.values as Uint32Array | undefined
    low = Math.min(low, position.offset)
    high = Math.max(high, position.offset + (parents ? greatest(parents) : rows))
  }
  const offsets = <A extends Uint32Array | Float64Array>(base: number, to: A): A => {
    let at = 0
    for (const part of parts) at = writeOffsets(part, base, to, at)
    return to
  }
  if (short && high - low <= 0xffffffff) {
    if (parts.every(({ meta }) => !meta?.[PARENT]) && follow(parts)) return { position: first, meta: {} }
    const values = offsets(low, allocUint32(arena, length))
    return { position: { split: first.split, offset: low }, meta: { [PARENT]: { type: 'uint32', values } } }
  }
  const splits = allocUint32(arena, length)
  let at = 0
  for (const part of parts) {
    const count = rowCount(part)
    for (let i = 0; i < count; i++) splits[at++] = splitAt(part, part.selection ? part.selection[i]! : i)
  }
  return {
    position: NO_POSITION,
    meta: {
      [SPLIT]: { type: 'uint32', values: splits },
      [OFFSET]: { type: 'float64', values: offsets(0, allocFloat64(arena, length)) },
    },
  }
}

/** The offsets, less `base`, of the rows that count; returns where the next ones go. */
function writeOffsets(part: Batch, base: number, to: Uint32Array | Float64Array, at: number): number {
  const { position, meta, selection } = part
  const own = meta?.[OFFSET]?.values as Float64Array | undefined
  const parents = parentsOf(part)
  const first = position.offset - base
  const count = rowCount(part)
  for (let i = 0; i < count; i++) {
    const row = selection ? selection[i]! : i
    to[at++] = own ? own[row]! - base : first + (parents ? parents[row]! : row)
  }
  return at
}

function greatest(values: Uint32Array): number {
  let most = 0
  for (let i = 0; i < values.length; i++) if (values[i]! > most) most = values[i]!
  return most
}
