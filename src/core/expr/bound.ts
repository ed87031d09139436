/** What the functions' typing rules share: making bound nodes, common types, the errors of wrong arguments. */

import { PlanError } from '../errors.ts'
import {
  type ColumnType,
  type DecimalType,
  type DurationType,
  decimalPrecision,
  decimalScale,
  decimalType,
  isDecimal,
  isDuration,
  isFloat,
  isInteger,
  isNumber,
  isNumeric,
  isText,
  isTimeOfDay,
  isTimestamp,
  isWide,
  MAX_PRECISION,
  type TimeType,
  timestampUnit,
  timestampZone,
  UNITS_PER_SECOND,
  unitOfTime,
} from '../types/column-type.ts'
import { decimalOf, exactUnits } from '../types/decimal.ts'
import type { Cell } from './cell.ts'
import { convertCell as convert } from './convert.ts'
import type { Call, Expr } from './expr.ts'
import type { Bound, BoundCall, BoundLiteral, FunctionSpec } from './functions/contract.ts'
import { integerRange, literal, literalCell, literalOfCell } from './literal.ts'
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
  if (isDecimal(to)) return exactDecimal(cell, from, to)
  if (isDecimal(from)) return isFloat(to) ? (convert(cell as bigint, from, to) as number) : undefined
  if (isTimeOfDay(to) || isDuration(to))
    return isText(from) || isNumeric(from) ? literalUnits(cell, to) : undefined
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

/** A number, or a text that is one, as units of a decimal that holds it exactly. */
function exactDecimal(cell: Cell, from: ColumnType, to: DecimalType): bigint | undefined {
  const decimal = isDecimal(from) ? { units: cell as bigint, scale: decimalScale(from) } : decimalOf(cell)
  const units = decimal && exactUnits(decimal, decimalScale(to))
  const [min, max] = integerRange(to)
  return units === undefined || units < min || units > max ? undefined : units
}

/** A time of day as text, a duration as text or a number of milliseconds. */
function literalUnits(cell: Cell, to: TimeType | DurationType): bigint | undefined {
  try {
    return literalCell(literal(cell as string | number, to)) as bigint
  } catch (error) {
    if (error instanceof PlanError) return undefined
    throw error
  }
}

/** The decimal with the fewest digits that a number's literal is exactly; undefined beyond 38 digits. */
export function decimalLiteral(node: BoundLiteral): BoundLiteral | undefined {
  const decimal = decimalOf(node.cell)
  if (!decimal) return undefined
  const scale = Math.max(0, decimal.scale)
  const units = exactUnits(decimal, scale)
  if (units === undefined) return undefined
  const digits = Math.max(String(units).replace('-', '').length, scale, 1)
  return digits > MAX_PRECISION ? undefined : boundLiteral(units, decimalType(digits, scale))
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

/** Digits in all and after the point of a decimal, or of a type of whole numbers as DuckDB takes it for one. */
export function digitsOf(type: ColumnType): readonly [precision: number, scale: number] {
  return isDecimal(type) ? [decimalPrecision(type), decimalScale(type)] : [WHOLE_DIGITS[type]!, 0]
}

const WHOLE_DIGITS: Readonly<Record<string, number>> = {
  int8: 3,
  int16: 5,
  int32: 10,
  int53: 19,
  int64: 19,
  uint8: 3,
  uint16: 5,
  uint32: 10,
  uint64: 20,
}

/** The type of two numbers of which one is a decimal; undefined where it would need over 38 digits. */
export function commonDecimalType(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (isFloat(a) || isFloat(b)) return isFloat(a) ? a : b
  const [[digitsA, scaleA], [digitsB, scaleB]] = [digitsOf(a), digitsOf(b)]
  const scale = Math.max(scaleA, scaleB)
  const precision = scale + Math.max(digitsA - scaleA, digitsB - scaleB)
  return precision > MAX_PRECISION ? undefined : decimalType(precision, scale)
}

/** A literal takes its neighbour's type where it fits, so that `int8 + 1` is an int8 and `float32 = 0.1` can hold. */
export function adaptLiteral(node: Bound, neighbour: ColumnType | undefined): Bound {
  if (node.kind !== 'literal' || neighbour === undefined || node.type === neighbour) return node
  if (node.cell === null) return node.type === undefined ? convertLiteral(node, neighbour)! : node
  const mayAdapt =
    (isWhole(node.type!) && isWhole(neighbour)) ||
    (isNumeric(node.type!) && (neighbour === 'float32' || isDecimal(neighbour))) ||
    (isText(node.type!) && (isDecimal(neighbour) || isTimeOfDay(neighbour))) ||
    (isDuration(neighbour) && (isText(node.type!) || isNumeric(node.type!))) ||
    (isTimestamp(node.type!) && (isTimestamp(neighbour) || neighbour === 'date'))
  if (!mayAdapt) return node
  const adapted = convertLiteral(node, neighbour)
  return adapted ?? (isDecimal(neighbour) && isFloat(node.type!) ? decimalLiteral(node) : undefined) ?? node
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
        hint: mixedZones(merged!, type) ?? 'cast() one of them',
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
  if (isNumber(a) && isNumber(b)) return commonDecimalType(a, b)
  if (isText(a) && isText(b)) return 'utf8'
  return commonTimeType(a, b)
}

/**
 * The finer of two date or timestamp types, of two of times of day, of two of durations. Of two zones it is UTC; a time with
 * a zone and one without have none: whether they are the same nobody knows.
 */
export function commonTimeType(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (a === b) return a
  if (a === 'date' && isTimestamp(b)) return timestampZone(b) === undefined ? b : undefined
  if (b === 'date') return commonTimeType(b, a)
  if ((isTimeOfDay(a) && isTimeOfDay(b)) || (isDuration(a) && isDuration(b)))
    return UNITS_PER_SECOND[unitOfTime(a)] >= UNITS_PER_SECOND[unitOfTime(b)] ? a : b
  if (!isTimestamp(a) || !isTimestamp(b)) return undefined
  const [zoneA, zoneB] = [timestampZone(a), timestampZone(b)]
  if ((zoneA === undefined) !== (zoneB === undefined)) return undefined
  const finer = UNITS_PER_SECOND[timestampUnit(a)] >= UNITS_PER_SECOND[timestampUnit(b)] ? a : b
  return zoneA === zoneB ? finer : `timestamp[${timestampUnit(finer)}, UTC]`
}

/** What to do about times of which one has a zone and the other has none; undefined for others. */
export function mixedZones(a: ColumnType, b: ColumnType): string | undefined {
  const isTime = (type: ColumnType) => type === 'date' || isTimestamp(type)
  if (!isTime(a) || !isTime(b)) return undefined
  const zone = [a, b]
    .flatMap(type => (isTimestamp(type) ? [timestampZone(type)] : []))
    .find(name => name !== undefined)
  if (zone === undefined) return undefined
  return `one is an instant, the other what clocks show: cast('timestamp[us, ${zone}]') takes a time without a zone for UTC`
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
