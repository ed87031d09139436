/**
 * Comparisons. Null when an operand is; NaN equals NaN and is greater than every number; -0 equals 0; text by UTF-8
 * bytes; whole numbers of any two types exactly; a whole number and a float as floats, as DuckDB has it.
 */

import { binaryString } from '../../batch/bytes.ts'
import { decodeText } from '../../batch/column.ts'
import { PlanError } from '../../errors.ts'
import {
  type ColumnType,
  decimalScale,
  isBytes,
  isDecimal,
  isFloat,
  isNumber,
  isNumeric,
  isText,
  isTimestamp,
} from '../../types/column-type.ts'
import { pow10 } from '../../types/decimal.ts'
import { isNested } from '../../types/nested-type.ts'
import {
  adaptLiterals,
  boundCall,
  boundLiteral,
  commonDecimalType,
  commonNumericType,
  commonTimeType,
  expectArguments,
  isWhole,
  mixedZones,
  untypedNull,
  wrongArgument,
} from '../bound.ts'
import { type Cell, compareText } from '../cell.ts'
import { emitScaled } from '../emit-scaled.ts'
import type { Call, Expr } from '../expr.ts'
import { show } from '../show.ts'
import { compareBytes, equalBytes } from '../text-bytes.ts'
import { and, or } from './boolean.ts'
import { coerce } from './casts.ts'
import {
  type Bound,
  type BoundCall,
  type Emitted,
  type Emitter,
  type FunctionSpec,
  sqlInfix,
  strict,
} from './contract.ts'

/** Operands made comparable. Two whole-number types stay as they are: they are compared exactly. */
export function comparable(args: readonly Bound[], call: Call): Bound[] {
  const [a, b] = adaptLiterals(args) as [Bound, Bound]
  if (a.type === undefined || b.type === undefined) throw untypedNull(call)
  if (isNested(a.type)) throw wrongArgument(call, 'numbers, text, booleans and times', a.type)
  if (a.type === b.type || (isText(a.type) && isText(b.type))) return [a, b]
  if (isUnits(a.type) && isUnits(b.type)) return [a, b]
  const type =
    isNumeric(a.type) && isNumeric(b.type)
      ? commonNumericType(a.type, b.type, 'merge')
      : isNumber(a.type) && isNumber(b.type)
        ? commonDecimalType(a.type, b.type)
        : commonTimeType(a.type, b.type)
  if (type !== undefined) return [coerce(a, type), coerce(b, type)]
  throw new PlanError('ARGUMENT_TYPE', `${show(call)}: cannot compare ${a.type} with ${b.type}`, {
    hint:
      mixedZones(a.type, b.type) ??
      textForTime(a, b) ??
      'compare numbers with numbers, text with text, dates and timestamps with each other',
  })
}

/** What a time is compared with, where it was compared with text. */
function textForTime(...[a, b]: readonly Bound[]): string | undefined {
  const [time, text] = isText(a!.type!) ? [b!, a!] : [a!, b!]
  if (!isText(text.type!) || !(isTimestamp(time.type!) || time.type === 'date')) return undefined
  return "compare it with a Date, new Date('2026-01-31'), which is midnight in UTC"
}

/** Whole numbers, and those of units: two of them are compared exactly, as they are. */
const isUnits = (type: ColumnType): boolean => isWhole(type) || isDecimal(type)

/** What each operand is multiplied by before it is compared; undefined where it is compared as it is. */
function factorsOf({ args }: BoundCall): readonly [bigint, bigint] | undefined {
  const [a, b] = [args[0]!.type!, args[1]!.type!]
  const scaleOf = (type: ColumnType) => (isDecimal(type) ? decimalScale(type) : 0)
  const scale = Math.max(scaleOf(a), scaleOf(b))
  return scaleOf(a) === scaleOf(b) ? undefined : [pow10(scale - scaleOf(a)), pow10(scale - scaleOf(b))]
}

/** The order of two cells of comparable types: negative, zero or positive. */
export function compareCells(a: Cell, b: Cell, type: ColumnType): number {
  if (isBytes(type)) return compareText(a as string, b as string)
  if (isFloat(type)) return compareFloats(a as number, b as number)
  const [x, y] = typeof a === typeof b ? [a!, b!] : [BigInt(a!), BigInt(b!)]
  return x < y ? -1 : x > y ? 1 : 0
}

function compareFloats(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return a < b ? -1 : a > b ? 1 : 0
}

type Relation = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte'

const CONTRARY: Readonly<Record<string, Relation>> = { ne: 'eq', gte: 'lt', lte: 'gt' }
const OPERATOR: Readonly<Record<string, string>> = { eq: '===', lt: '<', gt: '>' }

/** Whether the operand is a number that is not NaN. */
const isPlain = (cell: Emitted): boolean =>
  cell.literal !== undefined && !Number.isNaN(cell.literal as number)

/** The code of a comparison of two cells that are not null. */
export function emitRelation(
  relation: Relation,
  node: BoundCall,
  a: Emitted,
  b: Emitted,
  emitter: Emitter,
): string {
  const contrary = CONTRARY[relation]
  if (contrary) return `!(${emitRelation(contrary, node, a, b, emitter)})`
  const operator = OPERATOR[relation]!
  const [left, right] = node.args as [Bound, Bound]
  const factors = factorsOf(node)
  if (factors) {
    const [x, y] = [
      emitScaled(a, left.type!, factors[0], emitter),
      emitScaled(b, right.type!, factors[1], emitter),
    ]
    return `${x} ${operator} ${y}`
  }
  const representation = emitter.representation(left.type!)
  if (representation === 'text') {
    const operands = `${a.value}, ${a.start}, ${a.end}, ${b.value}, ${b.start}, ${b.end}`
    if (relation === 'eq') return `${emitter.outside(equalBytes)}(${operands})`
    return `${emitter.outside(compareBytes)}(${operands}) ${operator} 0`
  }
  if (representation === 'bool') return `(${a.value} | 0) ${operator} (${b.value} | 0)`
  if (isFloat(left.type!)) return emitFloatRelation(relation as 'eq', a, b)
  return `${sameRepresentation(left, a, right, emitter)} ${operator} ${sameRepresentation(right, b, left, emitter)}`
}

/** A whole number, as a BigInt where the other side is one. */
function sameRepresentation(node: Bound, cell: Emitted, other: Bound, emitter: Emitter): string {
  const mustWiden =
    emitter.representation(node.type!) === 'num' && emitter.representation(other.type!) === 'big'
  if (!mustWiden) return cell.value
  return cell.valid === undefined ? `BigInt(${cell.value})` : `(${cell.valid} ? BigInt(${cell.value}) : 0n)`
}

/** NaN equals NaN and is greater than every number; a literal that is not NaN makes that cheap. */
function emitFloatRelation(relation: 'eq' | 'lt' | 'gt', a: Emitted, b: Emitted): string {
  const [x, y] = [a.value, b.value]
  if (relation === 'eq') {
    if (isPlain(a) || isPlain(b)) return `${x} === ${y}`
    return `(${x} === ${y}) | ((${x} !== ${x}) & (${y} !== ${y}))`
  }
  if (relation === 'gt') return emitFloatRelation('lt', b, a)
  if (isPlain(b)) return `${x} < ${y}`
  if (isPlain(a)) return `!(${x} >= ${y})`
  return `(${x} < ${y}) | ((${x} === ${x}) & (${y} !== ${y}))`
}

/** @param infix the operator, here and in SQL where `sql` is not given */
function comparison(
  name: Relation,
  holds: (order: number) => boolean,
  infix: string,
  sql: string = infix,
): FunctionSpec {
  const spec: FunctionSpec = {
    name,
    infix,
    // DuckDB brings decimals of other digits to one type, which may not hold them.
    duckdb: {
      parity: ({ args: [a, b] }) => a!.type === b!.type || (!isDecimal(a!.type!) && !isDecimal(b!.type!)),
      sql: sqlInfix(sql),
    },
    bind(args, call) {
      expectArguments(call, 2)
      return boundCall(spec, 'bool', comparable(args, call), call)
    },
    interpret: strict((node, a: Cell, b: Cell) => {
      const factors = factorsOf(node)
      const [x, y] = factors ? [BigInt(a!) * factors[0], BigInt(b!) * factors[1]] : [a, b]
      return holds(compareCells(x, y, node.args[0]!.type!))
    }),
    emit(node, emitter) {
      const { args, ...nulls } = emitter.strict(node)
      return { value: emitter.constant(emitRelation(name, node, args[0]!, args[1]!, emitter)), ...nulls }
    },
  }
  return spec
}

export const eq: FunctionSpec = comparison('eq', order => order === 0, '=')
const ne = comparison('ne', order => order !== 0, '!=', '<>')
const lt = comparison('lt', order => order < 0, '<')
const lte = comparison('lte', order => order <= 0, '<=')
const gt = comparison('gt', order => order > 0, '>')
const gte = comparison('gte', order => order >= 0, '>=')

/** `between(x, low, high)`: `x >= low and x <= high`, both ends included. */
const between: FunctionSpec = {
  name: 'between',
  phrase: operands =>
    operands.length === 3 ? `${operands[0]} between ${operands[1]} and ${operands[2]}` : undefined,
  bind(args, call) {
    expectArguments(call, 3)
    const [x, low, high] = args as [Bound, Bound, Bound]
    const [value, least, most] = call.args as [Expr, Expr, Expr]
    const above = gte.bind([x, low], { ...call, fn: 'gte', args: [value, least] })
    const below = lte.bind([x, high], { ...call, fn: 'lte', args: [value, most] })
    return boundCall(and, 'bool', [above, below], call)
  },
}

/** Above this many items a kernel looks them up in a set. */
const FEW = 8

/** By call, and the type of what is looked for: the operands, where all items are literals, of which there may be very many. */
const comparableItems = new WeakMap<Call, ReadonlyMap<ColumnType, readonly Bound[]>>()

/** `isIn(x, …items)`: true when x equals one; null when it equals none and x or an item is null. */
const isIn: FunctionSpec = {
  name: 'isIn',
  phrase: ([x], [, ...items]) => `${x} in (${items.join(', ')})`,
  duckdb: { sql: ([x, ...items]) => `(${x} IN (${items.join(', ')}))` },
  bind(args, call) {
    expectArguments(call, 1, Number.POSITIVE_INFINITY)
    const x = args[0]!
    if (x.type === undefined) throw untypedNull(call)
    // Nothing is in an empty list, not even null.
    if (args.length === 1) return boundLiteral(false, 'bool')
    const known = comparableItems.get(call)?.get(x.type)
    if (known) return boundCall(isIn, 'bool', known.with(0, x), call)
    const items = args.slice(1)
    const pairs = items.map(item => comparable([x, item], call) as [Bound, Bound])
    const isOneType = (item: Bound) => (!isDecimal(x.type!) && !isDecimal(item.type!)) || item.type === x.type
    if (pairs.every(([left, item]) => left === x && item.kind === 'literal' && isOneType(item))) {
      const operands = [x, ...pairs.map(([, item]) => item)]
      if (call.args.every((arg, i) => i === 0 || arg.kind === 'literal'))
        comparableItems.set(call, new Map(comparableItems.get(call)).set(x.type, operands))
      return boundCall(isIn, 'bool', operands, call)
    }
    const equal = pairs.map(pair => boundCall(eq, 'bool', pair, call))
    return boundCall(or, 'bool', equal, call)
  },
  nulls: 'own',
  interpret(node, argument) {
    const x = argument(0)
    if (x === null) return null
    let unknown = false
    for (let i = 1; i < node.args.length; i++) {
      const item = argument(i)
      if (item === null) unknown = true
      else if (compareCells(x, item, node.args[0]!.type!) === 0) return true
    }
    return unknown ? null : false
  },
  emit(node, emitter) {
    const x = emitter.cell(node.args[0]!)
    const items = node.args.slice(1).filter(item => item.kind === 'literal' && item.cell !== null)
    const some = emitter.constant(emitMembership(node, x, items, emitter))
    if (items.length === node.args.length - 1) {
      return { value: some, ...(x.valid && { valid: x.valid }), ...(x.nullWith && { nullWith: x.nullWith }) }
    }
    return { value: some, valid: emitter.constant(`${x.valid ?? '1'} & ${some}`) }
  },
}

function emitMembership(node: BoundCall, x: Emitted, items: readonly Bound[], emitter: Emitter): string {
  if (items.length === 0) return '0'
  const type = node.args[0]!.type!
  if (items.length <= FEW || type === 'bool') {
    return items
      .map(item =>
        emitRelation('eq', { ...node, args: [node.args[0]!, item] }, x, emitter.cell(item), emitter),
      )
      .map(code => `(${code})`)
      .join(' | ')
  }
  const cells = items.map(item => (item as { cell: Cell }).cell)
  if (isBytes(type)) {
    const spell = isText(type) ? decodeText : binaryString
    const members = new Set(cells as string[])
    const has = (bytes: Uint8Array, start: number, end: number): boolean =>
      members.has(start < end ? spell(bytes.subarray(start, end)) : '')
    return `${emitter.outside(has)}(${x.value}, ${x.start}, ${x.end})`
  }
  const narrow = emitter.representation(type) === 'num'
  if (emitter.isNarrowed(type) && !cells.every(cell => Number.isSafeInteger(Number(cell))))
    emitter.needsWide = true
  // Sets know NaN, and take -0 for 0.
  const members = new Set<Cell>(cells.map(cell => (narrow ? Number(cell) : cell)))
  return `${emitter.outside(members)}.has(${x.value})`
}

/** `isIn` by the name that SQL has for it. */
const inItems: FunctionSpec = {
  name: 'in',
  phrase: isIn.phrase!,
  bind: (args, call) => isIn.bind(args, call),
}

export const comparisons: readonly FunctionSpec[] = [eq, ne, lt, lte, gt, gte, between, isIn, inItems]
