/**
 * Casts of lists, structs and maps: to others of their kind, value by value; to text, and from it. Fields of structs are matched by
 * name, and those that lack are null. `tryCast` gives null for each value within that does not fit; for a map whose keys
 * would be null or alike, and for a text that is none of the type.
 */

import type { Column } from '../../batch/column.ts'
import { nullColumn } from '../../batch/null-column.ts'
import { type Arena, allocInt32, heapArena } from '../../batch/slab.ts'
import { DataError } from '../../errors.ts'
import { type ColumnType, isText } from '../../types/column-type.ts'
import {
  elementType,
  entryType,
  isList,
  isMap,
  isNested,
  isStruct,
  mapTypes,
  structFields,
  withoutDictionaries,
} from '../../types/nested-type.ts'
import { boundCall } from '../bound.ts'
import { type Cell, cellAt, columnFromCells } from '../cell.ts'
import { canConvert, convertCell } from '../convert.ts'
import type { Call } from '../expr.ts'
import { nestedText, pairOf, piecesOf, saysNull, unquoted } from '../nested-text.ts'
import { show } from '../show.ts'
import { textOfCell } from '../text-of-cell.ts'
import { parseCell } from '../text-to-cell.ts'
import { argumentColumn, isValid, validityWhere, withValidity } from './column-cells.ts'
import type { Bound, BoundCall, FunctionSpec } from './contract.ts'

/** Whether there is a cast between two types, one of which is nested. */
export function canCastNested(from: ColumnType, to: ColumnType): boolean {
  if (!isNested(from) && !isNested(to)) return canConvert(from, to)
  if (isText(from) || isText(to)) return true
  if (isList(from) && isList(to)) return canCastNested(elementType(from), elementType(to))
  if (isMap(from) && isMap(to)) {
    const [a, b] = [mapTypes(from), mapTypes(to)]
    return canCastNested(a.key, b.key) && canCastNested(a.value, b.value)
  }
  if (!isStruct(from) || !isStruct(to)) return false
  const pairs = structFields(to).flatMap(({ name, type }) => {
    const own = structFields(from).find(field => field.name === name)
    return own ? [[own.type, type] as const] : []
  })
  return pairs.length > 0 && pairs.every(([a, b]) => canCastNested(a, b))
}

/** A cast of or to a nested type, which there is. */
export function nestedCast(name: 'cast' | 'tryCast', arg: Bound, type: ColumnType, call: Call): Bound {
  return boundCall(specs[name], withoutDictionaries(type), [arg], call, { type })
}

function specOf(name: 'cast' | 'tryCast'): FunctionSpec {
  return {
    name,
    bind: () => {
      throw new TypeError('bound by cast')
    },
    canFail: () => name === 'cast',
    nulls: name === 'cast' ? 'strict' : 'own',
    columns(node, args, count, arena) {
      const column = argumentColumn(node, 0, args, count, heapArena)
      const fails = name === 'cast' ? failing(node) : () => {}
      return new Casts(arena, fails).cast(column, node.type, count, undefined)
    },
  }
}

/** Takes note of a value that does not fit a type. */
type Fails = (type: ColumnType, shown: string, isText: boolean) => void

const failing =
  (node: BoundCall): Fails =>
  (type, shown, isText) => {
    const hint = 'tryCast() gives null for values that do not fit'
    const code = isText ? 'CAST' : 'OVERFLOW'
    throw new DataError(code, `${show(node.expr)}: ${shown} ${isText ? 'is no' : 'does not fit'} ${type}`, {
      hint,
    })
  }

/** Which rows count: those of a list that is null are there, and mean nothing. */
type Live = Uint8Array | undefined

class Casts {
  readonly #arena: Arena
  readonly #fails: Fails

  constructor(arena: Arena, fails: Fails) {
    this.#arena = arena
    this.#fails = fails
  }

  cast(column: Column, to: ColumnType, count: number, live: Live): Column {
    const { type: from, validity } = column
    if (from === to) return column
    if (isText(from) && isText(to)) return { ...column, type: to }
    if (!isNested(from) && !isNested(to)) return this.#scalars(column, to, count, live)
    const lives = (row: number) => (!live || live[row] === 1) && isValid(validity, row)
    if (isText(to)) return this.#texts(column, count, lives)
    if (isText(from)) {
      const texts = Array.from({ length: count }, (_, row) =>
        lives(row) ? (cellAt(column, row) as string) : null,
      )
      return this.#parsed(texts, to)
    }
    if (isStruct(from) && isStruct(to)) {
      const inner = validity || live ? Uint8Array.from({ length: count }, (_, row) => +lives(row)) : undefined
      const children = structFields(to).map(({ name, type }) => {
        const at = structFields(from).findIndex(field => field.name === name)
        if (at < 0) return nullColumn(type, count, this.#arena)
        return this.cast(column.children![at]!, type, count, inner)
      })
      return withValidity({ type: to, values: NOTHING, children }, validity)
    }
    return this.#lists(column, to, count, lives)
  }

  #scalars(column: Column, to: ColumnType, count: number, live: Live): Column {
    const { type: from } = column
    const cells = Array.from({ length: count }, (_, row): Cell => {
      if (live && live[row] !== 1) return null
      const cell = cellAt(column, row)
      if (cell === null) return null
      const converted = convertCell(cell, from, to)
      if (converted !== undefined) return converted
      if (isText(from)) this.#fails(to, JSON.stringify(cell), true)
      else this.#fails(to, textOfCell(cell, from), false)
      return null
    })
    return columnFromCells(to, cells, row => row, count, this.#arena)
  }

  #texts(column: Column, count: number, lives: (row: number) => boolean): Column {
    const cells = Array.from({ length: count }, (_, row) => (lives(row) ? nestedText(column, row) : null))
    return columnFromCells('utf8', cells, row => row, count, this.#arena)
  }

  /** Lists and maps. */
  #lists(column: Column, to: ColumnType, count: number, lives: (row: number) => boolean): Column {
    const offsets = column.offsets!
    const size = offsets[count]!
    const inner = new Uint8Array(size)
    for (let row = 0; row < count; row++) if (lives(row)) inner.fill(1, offsets[row]!, offsets[row + 1]!)
    const within = isMap(to) ? entryType(to) : elementType(to as 'list<int8>')
    const child = this.cast(column.children![0]!, within, size, inner)
    const cast = { ...column, type: to, children: [child] }
    return isMap(to) ? this.#withKeys(cast, count, lives) : cast
  }

  /** Maps whose keys became null, or alike, are none. */
  #withKeys(map: Column, count: number, lives: (row: number) => boolean): Column {
    const offsets = map.offsets!
    const keys = map.children![0]!.children![0]!
    const isBad = (row: number) => {
      const seen = new Set<string>()
      for (let k = offsets[row]!; k < offsets[row + 1]!; k++) {
        if (!isValid(keys.validity, k)) return true
        seen.add(isNested(keys.type) ? nestedText(keys, k) : String(cellAt(keys, k)))
      }
      return seen.size < offsets[row + 1]! - offsets[row]!
    }
    return this.#nullWhere(map, count, row => {
      if (!lives(row) || !isBad(row)) return !lives(row)
      this.#fails(map.type, nestedText(map, row), false)
      return true
    })
  }

  #nullWhere(column: Column, count: number, isNull: (row: number) => boolean): Column {
    return withValidity(column, validityWhere(count, this.#arena, isNull))
  }

  /** Columns from texts, some of which are null. */
  #parsed(texts: readonly (string | null)[], to: ColumnType): Column {
    if (!isNested(to)) return this.#parsedScalars(texts, to)
    const parsed = texts.map(text => {
      if (text === null) return null
      const pieces = isStruct(to)
        ? fieldsOf(
            text,
            structFields(to).map(({ name }) => name),
          )
        : itemsOf(text, to)
      if (pieces === undefined) this.#fails(to, JSON.stringify(text), true)
      return pieces ?? null
    })
    const column = isStruct(to) ? this.#structs(parsed, to) : this.#listsOf(parsed, to)
    return this.#nullWhere(column, texts.length, row => parsed[row] === null)
  }

  #structs(parsed: readonly (readonly Piece[] | null)[], to: ColumnType): Column {
    const children = structFields(to as 'struct<a: int8>').map(({ type }, f) =>
      this.#parsed(
        parsed.map(fields => fields && textFor(fields[f]!, type)),
        type,
      ),
    )
    return { type: to, values: NOTHING, children }
  }

  /** Lists, and maps, whose entries are pieces in twos. */
  #listsOf(parsed: readonly (readonly Piece[] | null)[], to: ColumnType): Column {
    const offsets = allocInt32(this.#arena, parsed.length + 1)
    const width = isMap(to) ? 2 : 1
    offsets[0] = 0
    parsed.forEach((items, row) => {
      offsets[row + 1] = offsets[row]! + (items?.length ?? 0) / width
    })
    const all = parsed.flatMap(items => items ?? [])
    const textsOf = (type: ColumnType, nth: number) =>
      this.#parsed(
        all.filter((_, i) => i % width === nth).map(piece => textFor(piece, type)),
        type,
      )
    if (!isMap(to)) {
      const children = [textsOf(elementType(to as 'list<int8>'), 0)]
      return { type: to, values: NOTHING, offsets, children }
    }
    const { key, value } = mapTypes(to)
    const entries = { type: entryType(to), values: NOTHING, children: [textsOf(key, 0), textsOf(value, 1)] }
    const map: Column = { type: to, values: NOTHING, offsets, children: [entries] }
    return this.#withKeys(map, parsed.length, row => parsed[row] !== null)
  }

  #parsedScalars(texts: readonly (string | null)[], to: ColumnType): Column {
    const cells = texts.map((text): Cell => {
      if (text === null || isText(to)) return text
      const cell = parseCell(text, to)
      if (cell === undefined) this.#fails(to, JSON.stringify(text), true)
      return cell ?? null
    })
    return { ...columnFromCells(to, cells, row => row, texts.length, this.#arena), type: to }
  }
}

const NOTHING = new Uint8Array(0)

/** A piece of a text, as it is written; undefined where it lacks. */
type Piece = string | undefined

const textFor = (piece: Piece, type: ColumnType): string | null => {
  if (piece === undefined || saysNull(piece)) return null
  return isNested(type) ? piece : unquoted(piece)
}

/** The pieces of a list; of a map its keys and values in turn. */
function itemsOf(text: string, to: ColumnType): readonly Piece[] | undefined {
  if (!isMap(to)) return piecesOf(text, '[')
  const pairs = piecesOf(text, '{')?.map(piece => pairOf(piece, '='))
  return pairs?.every(pair => pair !== undefined) ? pairs.flat() : undefined
}

/** The pieces of a struct's fields in their order; undefined also where it has others. */
function fieldsOf(text: string, names: readonly string[]): readonly Piece[] | undefined {
  const pairs = piecesOf(text, '{')?.map(piece => pairOf(piece, ':'))
  if (!pairs?.every(pair => pair !== undefined)) return undefined
  const byName = new Map(pairs.map(([name, value]) => [unquoted(name), value]))
  return [...byName.keys()].every(name => names.includes(name))
    ? names.map(name => byName.get(name))
    : undefined
}

const specs = { cast: specOf('cast'), tryCast: specOf('tryCast') }
