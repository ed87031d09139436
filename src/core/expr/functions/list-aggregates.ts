/**
 * What lists add up to: `sum min max mean count join`. Nulls do not count; of no elements the result is null, a count 0, a
 * join empty. Elements are added in their order, floats as they come.
 */

import type { Column } from '../../batch/column.ts'
import { decodeText, textBytesAt, words32Of } from '../../batch/column.ts'
import { compareCells } from '../../batch/compare.ts'
import { takeOrNull } from '../../batch/null-column.ts'
import type { Arena } from '../../batch/slab.ts'
import { type ColumnType, isDecimal, isFloat, isInteger, isNumeric, isText } from '../../types/column-type.ts'
import { elementType } from '../../types/nested-type.ts'
import { boundCall, expectArguments, wrongArgument } from '../bound.ts'
import { type Cell, columnFromCells } from '../cell.ts'
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

const numericElement = (type: ColumnType): boolean => isNumeric(type) && !isDecimal(type)

/** As the aggregate: whole numbers exactly, small ones as int53. */
const sum: FunctionSpec = {
  ...named('sum'),
  canFail: node => !isFloat(node.type),
  bind(args, call) {
    expectArguments(call, 1)
    const list = asList(args[0]!, call)
    const type = elementType(list.type)
    if (!numericElement(type)) throw wrongArgument(call, 'a list of numbers', list.type)
    return boundCall(sum, isFloat(type) ? 'float64' : isInteger(type) ? 'int53' : type, [list], call)
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

function wholeSums(
  node: BoundCall,
  { offsets, elements, validity }: Lists,
  length: number,
  arena: Arena,
): Column {
  const read = wholeReader(elements)
  const [min, max] =
    node.type === 'uint64'
      ? [0n, 2n ** 64n - 1n]
      : node.type === 'int64'
        ? [-(2n ** 63n), 2n ** 63n - 1n]
        : [BigInt(Number.MIN_SAFE_INTEGER), BigInt(Number.MAX_SAFE_INTEGER)]
  const cells = new Array<Cell>(length).fill(null)
  for (let i = 0; i < length; i++) {
    if (!isValid(validity, i)) continue
    let small = 0
    let large = 0n
    let found = false
    for (let k = offsets[i]!; k < offsets[i + 1]!; k++) {
      if (!isValid(elements.validity, k)) continue
      found = true
      const value = read(k)
      if (typeof value === 'number') {
        small += value
        if (Number.isSafeInteger(small)) continue
        large += BigInt(small - value)
        small = value
      } else large += value
    }
    if (!found) continue
    const total = large + BigInt(small)
    if (total < min || total > max) throw overflow(node, total)
    cells[i] = total
  }
  return columnFromCells(node.type, cells, i => i, length, arena)
}

/** Whole numbers as such, or as BigInts where they may be beyond 2^53. */
function wholeReader(column: Column): (row: number) => number | bigint {
  const { type, values } = column
  if (type === 'int64' || type === 'uint64') return row => values[row] as bigint
  if (type !== 'int53') return row => values[row] as number
  const words = words32Of(column)
  return row => words[2 * row + 1]! * 2 ** 32 + (words[2 * row]! >>> 0)
}

const mean: FunctionSpec = {
  ...named('mean'),
  bind(args, call) {
    expectArguments(call, 1)
    const list = asList(args[0]!, call)
    if (!numericElement(elementType(list.type))) throw wrongArgument(call, 'a list of numbers', list.type)
    return boundCall(mean, 'float64', [list], call)
  },
  columns(_node, [list], length, arena) {
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
