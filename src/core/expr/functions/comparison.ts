/**
 * Comparisons. Null when an operand is; NaN equals NaN and is greater than every number; -0 equals 0; text by UTF-8
 * bytes; whole numbers of any two types exactly; a whole number and a float as floats, as DuckDB has it.
 */

import { PlanError } from '../../errors.ts'
import { type ColumnType, isFloat, isNumeric, isText } from '../../types/column-type.ts'
import {
  adaptLiterals,
  type Bound,
  boundCall,
  coerce,
  expectArguments,
  isWhole,
  numericMeet,
  timeMeet,
  untypedNull,
} from '../bound.ts'
import { type Cell, compareText } from '../cell.ts'
import type { Call } from '../expr.ts'
import { show } from '../show.ts'
import { type FunctionSpec, strict } from './contract.ts'

/** Operands made comparable. Two whole-number types stay as they are: they are compared exactly. */
export function comparable(args: readonly Bound[], call: Call): Bound[] {
  const [a, b] = adaptLiterals(args) as [Bound, Bound]
  if (a.type === undefined || b.type === undefined) throw untypedNull(call)
  if (a.type === b.type || (isText(a.type) && isText(b.type))) return [a, b]
  if (isWhole(a.type) && isWhole(b.type)) return [a, b]
  const type =
    isNumeric(a.type) && isNumeric(b.type) ? numericMeet(a.type, b.type, 'merge') : timeMeet(a.type, b.type)
  if (type !== undefined) return [coerce(a, type), coerce(b, type)]
  throw new PlanError('ARGUMENT_TYPE', `${show(call)}: cannot compare ${a.type} with ${b.type}`, {
    hint: 'compare numbers with numbers, text with text, dates and timestamps with each other',
  })
}

/** The order of two cells of comparable types: negative, zero or positive. */
export function compareCells(a: Cell, b: Cell, type: ColumnType): number {
  if (isText(type)) return compareText(a as string, b as string)
  if (isFloat(type)) return compareFloats(a as number, b as number)
  const [x, y] = typeof a === typeof b ? [a!, b!] : [BigInt(a!), BigInt(b!)]
  return x < y ? -1 : x > y ? 1 : 0
}

function compareFloats(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return a < b ? -1 : a > b ? 1 : 0
}

function comparison(name: string, holds: (order: number) => boolean): FunctionSpec {
  return {
    name,
    parity: { duckdb: true },
    bind(args, call) {
      expectArguments(call, 2)
      return boundCall(name, 'bool', comparable(args, call), call)
    },
    interpret: strict((node, a: Cell, b: Cell) => holds(compareCells(a, b, node.args[0]!.type!))),
  }
}

const eq = comparison('eq', order => order === 0)
const ne = comparison('ne', order => order !== 0)
const lt = comparison('lt', order => order < 0)
const lte = comparison('lte', order => order <= 0)
const gt = comparison('gt', order => order > 0)
const gte = comparison('gte', order => order >= 0)

/** `between(x, low, high)`: `x >= low and x <= high`, both ends included. */
const between: FunctionSpec = {
  name: 'between',
  parity: { duckdb: true },
  bind(args, call) {
    expectArguments(call, 3)
    const [x, low, high] = args as [Bound, Bound, Bound]
    return boundCall('and', 'bool', [gte.bind([x, low], call), lte.bind([x, high], call)], call)
  },
}

/** `isIn(x, …items)`: true when x equals one; null when it equals none and x or an item is null. */
const isIn: FunctionSpec = {
  name: 'isIn',
  parity: { duckdb: true },
  bind(args, call) {
    expectArguments(call, 1, Number.POSITIVE_INFINITY)
    const [x, ...items] = args as [Bound, ...Bound[]]
    if (items.length === 0) return boundCall('isIn', 'bool', [x], call)
    return boundCall(
      'or',
      'bool',
      items.map(item => eq.bind([x, item], call)),
      call,
    )
  },
  interpret: () => false,
}

export const comparisons: readonly FunctionSpec[] = [eq, ne, lt, lte, gt, gte, between, isIn]
