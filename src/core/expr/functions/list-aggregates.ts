/**
 * What lists add up to: `sum min max mean count join`. Nulls do not count; of no elements the result is null, a count 0, a
 * join empty. Elements are added in their order, floats as they come.
 */

import type { Column } from '../../batch/column.ts'
import { decodeText, textBytesAt, words32Of } from '../../batch/column.ts'
import { compareCells } from '../../batch/compare.ts'
import { takeOrNull } from '../../batch/null-column.ts'
import type { Arena } from '../../batch/slab.ts'
import {
  type ColumnType,
  decimalPrecision,
  decimalScale,
  isDecimal,
  isDuration,
  isFloat,
  isInteger,
  isNumeric,
  isText,
} from '../../types/column-type.ts'
import { decimalNumber, divideRounded, maxUnits } from '../../types/decimal.ts'
import { elementType, type ListType } from '../../types/nested-type.ts'
import { boundCall, expectArguments, wrongArgument } from '../bound.ts'
import { type Cell, cellAt, columnFromCells } from '../cell.ts'
import { integerRange } from '../integer-range.ts'
import { overflow } from '../overflow.ts'
import type { BoundCall, FunctionSpec } from './contract.ts'
import { asList, int32Column, isValid, type Lists, listsOf, NO_NUMBER, NO_ROW } from './nested-cells.ts'
import { asText } from './text-argument.ts'

/** A method of lists, shown as one. */
const named = (name: string): Pick<FunctionSpec, 'name' | 'phrase' | 'closed' | 'nulls'> => ({
  name,
  closed: true,
  phrase: ([a]) => `${a}.${name}()`,
  nulls: 'own',
})

const count: FunctionSpec = {
  ...named('count'),
  bind(args, call) {
    expectArguments(call, 1)
    return boundCall(count, 'int32', [asList(args[0]!, call)], call)
  },
  columns(_node, [list], length, arena) {
    const { offsets, elements, validity } = listsOf(list!)
    return int32Column(length, arena, i => {
      if (!isValid(validity, i)) return NO_NUMBER
      if (!elements.validity) return offsets[i + 1]! - offsets[i]!
      let found = 0
      for (let k = offsets[i]!; k < offsets[i + 1]!; k++) if (isValid(elements.validity, k)) found++
      return found
    })
  },
}

/** The least or greatest element; NaN is greater than every number. */
function extreme(name: 'min' | 'max'): FunctionSpec {
  const sign = name === 'min' ? 1 : -1
  const spec: FunctionSpec = {
    ...named(name),
    bind(args, call) {
      expectArguments(call, 1)
      const list = asList(args[0]!, call)
      return boundCall(spec, elementType(list.type), [list], call)
    },
    columns(_node, [list], length, arena) {
      const { offsets, elements, validity } = listsOf(list!)
      const rows = new Uint32Array(length).fill(NO_ROW)
      for (let i = 0; i < length; i++) {
        if (!isValid(validity, i)) continue
        for (let k = offsets[i]!; k < offsets[i + 1]!; k++) {
          if (!isValid(elements.validity, k)) continue
          if (rows[i] === NO_ROW || sign * compareCells(elements, k, elements, rows[i]!) < 0) rows[i] = k
        }
      }
      return takeOrNull(elements, offsets[length]!, rows, arena)
    },
  }
  return spec
}

const canBeAdded = (type: ColumnType): boolean => isNumeric(type) || isDecimal(type) || isDuration(type)

/** What the elements come to, as the aggregate has it. */
function sumType(type: ColumnType): ColumnType {
  if (isDecimal(type)) return `decimal(38, ${decimalScale(type)})`
  if (isFloat(type)) return 'float64'
  return isInteger(type) ? 'int53' : type
}

/** As the aggregate: whole numbers exactly, small ones as int53; decimals and durations exactly. */
const sum: FunctionSpec = {
  ...named('sum'),
  canFail: node => !isFloat(node.type),
  bind(args, call) {
    expectArguments(call, 1)
    const list = asList(args[0]!, call)
    const type = elementType(list.type)
    if (!canBeAdded(type)) throw wrongArgument(call, 'a list of numbers or durations', list.type)
    return boundCall(sum, sumType(type), [list], call)
  },
  columns: (node, [list], length, arena) =>
    isFloat(node.type)
      ? floatSums(listsOf(list!), length, arena)
      : wholeSums(node, listsOf(list!), length, arena),
}

function floatSums({ offsets, elements, validity }: Lists, length: number, arena: Arena): Column {
  const values = elements.values as Float64Array
  const cells = new Array<Cell>(length).fill(null)
  for (let i = 0; i < length; i++) {
    if (!isValid(validity, i)) continue
    let total = 0
    let found = 0
    for (let k = offsets[i]!; k < offsets[i + 1]!; k++) {
      if (!isValid(elements.validity, k)) continue
      // Of -0 alone the sum is -0.
      total = found++ === 0 ? values[k]! : total + values[k]!
    }
    if (found > 0) cells[i] = total
  }
  return columnFromCells('float64', cells, i => i, length, arena)
}

function wholeSums(node: BoundCall, lists: Lists, length: number, arena: Arena): Column {
  const most = isDecimal(node.type) ? maxUnits(decimalPrecision(node.type)) : undefined
  const [min, max] = most === undefined ? integerRange(node.type) : [-most, most]
  return ofTotals(node.type, lists, length, arena, total => {
    if (total < min || total > max) throw overflow(node, total)
    return total
  })
}

/** A cell per list, of the exact sum of its whole numbers and how many they are; null where there is none. */
function ofTotals(
  type: ColumnType,
  { offsets, elements, validity }: Lists,
  length: number,
  arena: Arena,
  cellOf: (total: bigint, count: number) => Cell,
): Column {
  const read = wholeReader(elements)
  const cells = new Array<Cell>(length).fill(null)
  for (let i = 0; i < length; i++) {
    if (!isValid(validity, i)) continue
    let small = 0
    let large = 0n
    let count = 0
    for (let k = offsets[i]!; k < offsets[i + 1]!; k++) {
      if (!isValid(elements.validity, k)) continue
      count++
      const value = read(k)
      if (typeof value === 'number') {
        small += value
        if (Number.isSafeInteger(small)) continue
        large += BigInt(small - value)
        small = value
      } else large += value
    }
    if (count > 0) cells[i] = cellOf(large + BigInt(small), count)
  }
  return columnFromCells(type, cells, i => i, length, arena)
}

/** Whole numbers as such, or as BigInts where they may be beyond 2^53. */
function wholeReader(column: Column): (row: number) => number | bigint {
  const { type, values } = column
  if (isDecimal(type)) return row => cellAt(column, row) as bigint
  if (type === 'int64' || type === 'uint64' || isDuration(type)) return row => values[row] as bigint
  if (type !== 'int53') return row => values[row] as number
  const words = words32Of(column)
  return row => words[2 * row + 1]! * 2 ** 32 + (words[2 * row]! >>> 0)
}

const mean: FunctionSpec = {
  ...named('mean'),
  bind(args, call) {
    expectArguments(call, 1)
    const list = asList(args[0]!, call)
    const type = elementType(list.type)
    if (!canBeAdded(type)) throw wrongArgument(call, 'a list of numbers or durations', list.type)
    return boundCall(mean, isDuration(type) ? type : 'float64', [list], call)
  },
  columns(node, [list], length, arena) {
    if (isDuration(node.type) || isDecimal(elementType(list!.type as ListType)))
      return exactMeans(node.type, listsOf(list!), length, arena)
    const { offsets, elements, validity } = listsOf(list!)
    const read = isFloat(elements.type)
      ? (k: number) => (elements.values as Float64Array)[k]!
      : wholeReader(elements)
    const cells = new Array<Cell>(length).fill(null)
    for (let i = 0; i < length; i++) {
      if (!isValid(validity, i)) continue
      let total = 0
      let found = 0
      for (let k = offsets[i]!; k < offsets[i + 1]!; k++) {
        if (!isValid(elements.validity, k)) continue
        total += Number(read(k))
        found++
      }
      if (found > 0) cells[i] = total / found
    }
    return columnFromCells('float64', cells, i => i, length, arena)
  },
}

/** Means of decimals, as float64, and of durations, rounded to their unit. */
function exactMeans(type: ColumnType, lists: Lists, length: number, arena: Arena): Column {
  const { elements } = lists
  const scale = isDecimal(elements.type) ? decimalScale(elements.type) : 0
  return ofTotals(type, lists, length, arena, (total, count) =>
    isDuration(type) ? divideRounded(total, BigInt(count)) : decimalNumber(total, scale) / count,
  )
}

/** The texts of a list with a text between each two; null ones are left out. */
const join: FunctionSpec = {
  ...named('join'),
  closed: true,
  phrase: ([a, separator]) => `${a}.join(${separator})`,
  bind(args, call) {
    expectArguments(call, 2)
    const list = asList(args[0]!, call)
    if (!isText(elementType(list.type))) throw wrongArgument(call, 'a list of texts', list.type)
    return boundCall(join, 'utf8', [list, asText(args[1]!, call)], call)
  },
  columns(node, [list, separators], length, arena) {
    const { offsets, elements, validity } = listsOf(list!)
    const literal = node.args[1]!.kind === 'literal' ? (node.args[1]!.cell as string | null) : null
    const separator = (i: number): string | null => {
      if (!separators) return literal
      return isValid(separators.validity, i) ? decodeText(textBytesAt(separators, i)) : null
    }
    const cells = new Array<Cell>(length).fill(null)
    for (let i = 0; i < length; i++) {
      const between = separator(i)
      if (!isValid(validity, i) || between === null) continue
      const texts: string[] = []
      for (let k = offsets[i]!; k < offsets[i + 1]!; k++)
        if (isValid(elements.validity, k)) texts.push(decodeText(textBytesAt(elements, k)))
      cells[i] = texts.join(between)
    }
    return columnFromCells('utf8', cells, i => i, length, arena)
  },
}

export const listAggregates: readonly FunctionSpec[] = [
  count,
  extreme('min'),
  extreme('max'),
  sum,
  mean,
  join,
]
