/** What the functions' typing rules share: making bound nodes, common types, the errors of wrong arguments. */

import { PlanError } from '../errors.ts'
import {
  type ColumnType,
  isFloat,
  isInteger,
  isNumeric,
  isText,
  isTimestamp,
  isWide,
  timestampUnit,
  UNITS_PER_SECOND,
} from '../types/column-type.ts'
import type { Cell } from './cell.ts'
import type { Call, Expr } from './expr.ts'
import type { Bound, BoundCall, BoundLiteral, FunctionSpec } from './functions/contract.ts'
import { integerRange, literalOfCell } from './literal.ts'
import { show } from './show.ts'

const NO_OPTIONS = Object.freeze({})

/** A call node that stands for `expr`. */
export const boundCall = (
  spec: FunctionSpec,
  type: ColumnType,
  args: readonly Bound[],
  expr: Expr,
  options: Readonly<Record<string, unknown>> = NO_OPTIONS,
): BoundCall => ({ kind: 'call', spec, type, args, options, expr })

export const boundLiteral = (cell: Cell, type: ColumnType): BoundLiteral => ({
  kind: 'literal',
  type,
  cell,
  expr: literalOfCell(cell, type),
})

/**
 * The literal in another type: a null of any type, a value when nothing is lost (to floats: rounded), else undefined.
 */
export function convertLiteral(node: BoundLiteral, to: ColumnType): BoundLiteral | undefined {
  if (node.cell === null) return { ...node, type: to, expr: literalOfCell(null, to) }
  const cell = convertCell(node.cell, node.type!, to)
  return cell === undefined ? undefined : boundLiteral(cell, to)
}

/** The expression and all within it, each once: what several calls share is one part, however many paths lead to it. */
export function partsOf(node: Bound, into: Set<Bound> = new Set()): Set<Bound> {
  if (into.has(node)) return into
  into.add(node)
  if (node.kind === 'call') for (const arg of node.args) partsOf(arg, into)
  return into
}

/** Whether a row may make the expression, or a part of it, fail. */
export function canFail(node: Bound): boolean {
  for (const part of partsOf(node)) if (part.kind === 'call' && part.spec.canFail?.(part)) return true
  return false
}

function convertCell(cell: Cell, from: ColumnType, to: ColumnType): Cell | undefined {
  if (isFloat(to) && isNumeric(from)) {
    if (to === 'float64') return Number(cell)
    const exact = typeof cell === 'bigint' ? BigInt(Number(cell)) === cell : true
    const rounded = Math.fround(Number(cell))
    return exact && (Number.isFinite(rounded) || !Number.isFinite(Number(cell))) ? rounded : undefined
  }
  if (isWhole(from) && isWhole(to)) {
    const whole = BigInt(cell as number | bigint)
    const [min, max] = integerRange(to)
    if (whole < min || whole > max) return undefined
    return to === 'int64' || to === 'uint64' ? whole : Number(whole)
  }
  if (isTimestamp(from) && (isTimestamp(to) || to === 'date')) {
    const scaled = BigInt(cell as bigint) * BigInt(isTimestamp(to) ? UNITS_PER_SECOND[timestampUnit(to)] : 1)
    const unit = BigInt(UNITS_PER_SECOND[timestampUnit(from)] * (to === 'date' ? 86_400 : 1))
    if (scaled % unit !== 0n) return undefined
    const [min, max] = integerRange(to)
    const units = scaled / unit
    if (units < min || units > max) return undefined
    return to === 'date' ? Number(units) : units
  }
  return undefined
}

/** Whether the type holds whole numbers: int8 … uint64, int53. */
export const isWhole = (type: ColumnType): boolean => isInteger(type) || isWide(type)

const WHOLE_BITS: Readonly<Record<string, number>> = {
  int8: 8,
  int16: 16,
  int32: 32,
  int53: 53,
  int64: 64,
  uint8: 8,
  uint16: 16,
  uint32: 32,
  uint64: 64,
}
const SIGNED = ['int8', 'int16', 'int32', 'int53', 'int64'] as const
const isUnsigned = (type: ColumnType): boolean => type.startsWith('u')

/**
 * The type that two numbers are brought to, as in DuckDB: the wider of the two; a float32 wins over any integer, a
 * float64 over everything. A signed and an unsigned type give a signed one that holds both; for arithmetic that is
 * int53 unless the unsigned one is narrower. Nothing holds both uint64 and a signed type: undefined.
 */
export function commonNumericType(
  a: ColumnType,
  b: ColumnType,
  use: 'arithmetic' | 'merge',
): ColumnType | undefined {
  if (a === b) return a
  if (isFloat(a) || isFloat(b)) return a === 'float64' || b === 'float64' ? 'float64' : 'float32'
  const wider = WHOLE_BITS[a]! >= WHOLE_BITS[b]! ? a : b
  if (isUnsigned(a) === isUnsigned(b)) return wider
  const [signed, unsigned] = isUnsigned(a) ? [b, a] : [a, b]
  if (WHOLE_BITS[signed]! > WHOLE_BITS[unsigned]!) return signed
  if (unsigned === 'uint64') return undefined
  if (use === 'arithmetic') return 'int53'
  return SIGNED.find(type => WHOLE_BITS[type]! > WHOLE_BITS[unsigned]!)
}

/** A literal takes its neighbour's type where it fits, so that `int8 + 1` is an int8 and `float32 = 0.1` can hold. */
export function adaptLiteral(node: Bound, neighbour: ColumnType | undefined): Bound {
  if (node.kind !== 'literal' || neighbour === undefined || node.type === neighbour) return node
  if (node.cell === null) return node.type === undefined ? convertLiteral(node, neighbour)! : node
  const mayAdapt =
    (isWhole(node.type!) && isWhole(neighbour)) ||
    (isNumeric(node.type!) && neighbour === 'float32') ||
    (isTimestamp(node.type!) && (isTimestamp(neighbour) || neighbour === 'date'))
  if (!mayAdapt) return node
  return convertLiteral(node, neighbour) ?? node
}

/** All of `nodes` with literals adapted to the first operand that is not a literal. */
export function adaptLiterals(nodes: readonly Bound[]): Bound[] {
  const leader = nodes.find(node => node.kind !== 'literal')
  const typed = leader ?? nodes.find(node => node.type !== undefined)
  return nodes.map(node => adaptLiteral(node, leader ? leader.type : node.type ? undefined : typed?.type))
}

/** The one type that all of `nodes` can be brought to, for branches of a conditional and the like. */
export function mergedType(nodes: readonly Bound[], call: Call): ColumnType {
  let merged: ColumnType | undefined
  for (const { type } of nodes) {
    if (type === undefined) continue
    const next: ColumnType | undefined = merged === undefined ? type : commonType(merged, type)
    if (next === undefined) {
      throw new PlanError('ARGUMENT_TYPE', `${show(call)}: no type holds both ${merged} and ${type}`, {
        hint: 'cast() one of them',
      })
    }
    merged = next
  }
  if (merged === undefined) throw untypedNull(call)
  return merged
}

function commonType(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (a === b) return a
  if (isNumeric(a) && isNumeric(b)) return commonNumericType(a, b, 'merge')
  if (isText(a) && isText(b)) return 'utf8'
  return commonTimeType(a, b)
}

/** The finer of two date or timestamp types; a zone survives only if both have it. */
export function commonTimeType(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (a === b) return a
  if (a === 'date' && isTimestamp(b)) return b
  if (b === 'date' && isTimestamp(a)) return a
  if (!isTimestamp(a) || !isTimestamp(b)) return undefined
  const finer = UNITS_PER_SECOND[timestampUnit(a)] >= UNITS_PER_SECOND[timestampUnit(b)] ? a : b
  const zoneOf = (type: string) => type.slice(type.indexOf(','))
  return zoneOf(a) === zoneOf(b) && a.includes(',') ? finer : (`timestamp[${timestampUnit(finer)}]` as const)
}

export const untypedNull = (expr: Expr): PlanError =>
  new PlanError('UNTYPED_NULL', `${show(expr)}: a bare null has no type here`, {
    hint: "lit(null, 'int32') is a null with a type",
  })

/** Refuses an argument: `add() takes numbers, got utf8 in "origin" + 1`. */
export const wrongArgument = (call: Call, takes: string, got: ColumnType, hint?: string): PlanError =>
  new PlanError('ARGUMENT_TYPE', `${call.fn}() takes ${takes}, got ${got} in ${show(call)}`, {
    hint: hint ?? 'cast() the argument, or use another function',
  })

/** Refuses a call with too few or too many arguments. */
export function expectArguments(call: Call, least: number, most = least): void {
  if (call.args.length >= least && call.args.length <= most) return
  throw new PlanError('ARGUMENT_COUNT', `${call.fn}() cannot take ${call.args.length} arguments`, {
    hint: least === most ? `it takes ${least}` : `it takes ${least} or more`,
  })
}
