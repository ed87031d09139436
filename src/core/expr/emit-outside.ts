/**
 * Calls of functions outside a kernel that compute a cell of cells: for what is too rare, or too involved, to be written out.
 * They see cells as the interpreter does.
 */

import { binaryString, bytesOfBinaryString } from '../batch/bytes.ts'
import { decodeText } from '../batch/column.ts'
import { type ColumnType, isText } from '../types/column-type.ts'
import type { Cell } from './cell.ts'
import type { Bound, BoundCall, Emitted, Emitter } from './functions/contract.ts'
import type { Scratch } from './text-bytes.ts'

type Value = Exclude<Cell, null>

export interface OutsideCall {
  /** Equal keys, equal functions: kernels that call them are found again. */
  readonly key: string
  /** Undefined for cells that the result's type has no value for. */
  compute(...cells: readonly Value[]): Value | undefined
  /** What no value means: the call's error, or null. */
  readonly none: 'error' | 'null'
}

/** Functions made so far, by key and layout: a kernel is found again by the functions that it calls. */
const made = new Map<string, unknown>()
const KEPT = 1000

function kept<F>(key: string, make: () => F): F {
  const known = made.get(key)
  if (known) return known as F
  if (made.size >= KEPT) made.clear()
  const fresh = make()
  made.set(key, fresh)
  return fresh
}

/** Code that gives the cell of a call whose arguments are not null. */
export function emitOutside(node: BoundCall, emitter: Emitter, { key, compute, none }: OutsideCall): Emitted {
  const { args, ...nulls } = emitter.strict(node)
  const types = node.args.map(arg => arg.type!)
  const given = args.flatMap((arg, i) => givenCode(arg, node.args[i]!, emitter))
  const layout = `${types.join()}>${node.type}${emitter.layout.wide ? ' wide' : ''} ${key}`
  const kind = emitter.representation(node.type)
  const { valid } = nulls
  const guarded = (call: string, otherwise: string) =>
    emitter.constant(valid === undefined ? call : `${valid} ? ${call} : ${otherwise}`)
  const read = cellsReader(types, emitter)
  const shown = () => shownCode(args[0]!, node.args[0]!, emitter)
  if (kind === 'text') {
    const append = kept(layout, () => appender(read, compute, node.type))
    const start = guarded(`${emitter.outside(append)}(scratch, ${given.join(', ')})`, '0')
    const made = emitter.scratchText(start)
    return { ...made, ...checked(node, emitter, `${start} < 0`, shown, valid, nulls, none) }
  }
  const call = kept(layout, () => computing(read, compute, emitter.isNarrowed(node.type)))
  const zero = kind === 'big' ? '0n' : '0'
  const value = guarded(`${emitter.outside(call)}(${given.join(', ')})`, zero)
  if (emitter.isNarrowed(node.type)) emitter.widenIf(`${value} !== ${value}`, valid)
  const after = checked(node, emitter, `${value} === undefined`, shown, valid, nulls, none)
  if (none === 'error') return { value, ...after }
  return { value: emitter.constant(`${after.valid} ? ${value} : ${zero}`), ...after }
}

/** Whether there is a value: else the call's error, or null. */
function checked(
  node: BoundCall,
  emitter: Emitter,
  isNone: string,
  shown: () => string,
  valid: string | undefined,
  nulls: Pick<Emitted, 'valid' | 'nullWith'>,
  none: 'error' | 'null',
): Pick<Emitted, 'valid' | 'nullWith'> {
  if (none === 'error') {
    emitter.failIf(node, isNone, shown(), valid)
    return nulls
  }
  return { valid: emitter.constant(`(${valid === undefined ? '' : `${valid} & `}!(${isNone})) | 0`) }
}

const givenCode = (cell: Emitted, node: Bound, emitter: Emitter): string[] =>
  emitter.representation(node.type!) === 'text' ? [cell.value, cell.start!, cell.end!] : [cell.value]

/** The value of the first argument, for errors. */
function shownCode(cell: Emitted, node: Bound, emitter: Emitter): string {
  if (emitter.representation(node.type!) !== 'text') return cell.value
  const read = node.type === 'binary' ? bytesSlice : textSlice
  return `${emitter.outside(read)}(${cell.value}, ${cell.start}, ${cell.end})`
}

const textSlice = (bytes: Uint8Array, start: number, end: number): string =>
  start < end ? decodeText(bytes.subarray(start, end)) : ''
const bytesSlice = (bytes: Uint8Array, start: number, end: number): string =>
  binaryString(bytes.subarray(start, end))

/** Reads what the code hands over, three items per text, as cells. */
function cellsReader(types: readonly ColumnType[], emitter: Emitter): (given: readonly any[]) => Value[] {
  const readers = types.map((type): { items: number; read(given: readonly any[], at: number): Value } => {
    const representation = emitter.representation(type)
    if (representation === 'text') {
      const slice = isText(type) ? textSlice : bytesSlice
      return { items: 3, read: (given, at) => slice(given[at], given[at + 1], given[at + 2]) }
    }
    if (representation === 'bool') return { items: 1, read: (given, at) => Boolean(given[at]) }
    if (emitter.isNarrowed(type)) {
      // What is not exact is computed again, with BigInts; columns give all doubles down to -2^53, which is.
      return { items: 1, read: (given, at) => (Number.isInteger(given[at]) ? BigInt(given[at]) : 0n) }
    }
    return { items: 1, read: (given, at) => given[at] }
  })
  return given => {
    let at = 0
    return readers.map(({ items, read }) => {
      at += items
      return read(given, at - items)
    })
  }
}

type Read = ReturnType<typeof cellsReader>

/** A narrowed result that is no exact double is NaN. */
function computing(read: Read, compute: OutsideCall['compute'], narrowed: boolean) {
  return (...given: readonly unknown[]): number | bigint | undefined => {
    const value = compute(...read(given))
    if (typeof value === 'boolean') return value ? 1 : 0
    if (!narrowed || value === undefined) return value as number | bigint | undefined
    const near = Number(value)
    return Number.isSafeInteger(near) ? near : Number.NaN
  }
}

/** Appends the text; -1 where there is none. */
function appender(read: Read, compute: OutsideCall['compute'], type: ColumnType) {
  return (scratch: Scratch, ...given: readonly unknown[]): number => {
    const value = compute(...read(given)) as string | undefined
    if (value === undefined) return -1
    if (isText(type)) return scratch.text(value)
    const bytes = bytesOfBinaryString(value)
    return scratch.append(bytes, 0, bytes.length)
  }
}
