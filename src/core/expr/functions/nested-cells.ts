/** What functions of nested values share: arguments as columns, results of whole columns. */

import { allSet } from '../../batch/bitmap.ts'
import type { Column } from '../../batch/column.ts'
import { NO_ROW } from '../../batch/null-column.ts'
import { type Arena, allocInt32, allocUint8 } from '../../batch/slab.ts'
import { type ColumnType, isNumeric, isText } from '../../types/column-type.ts'
import { isList, type ListType } from '../../types/nested-type.ts'
import { adaptLiteral, commonNumericType, untypedNull, wrongArgument } from '../bound.ts'
import type { Call } from '../expr.ts'
import { coerce } from './casts.ts'
import { isValid, literalCell, validityWhere, withValidity } from './column-cells.ts'
import type { Bound } from './contract.ts'

/** A list that a function is called on. */
export interface Lists {
  readonly offsets: Int32Array
  readonly elements: Column
  readonly validity: Uint8Array | undefined
}

export const listsOf = ({ offsets, children, validity }: Column): Lists => ({
  offsets: offsets!,
  elements: children![0]!,
  validity,
})

/** A column of truths; undefined is null. */
export function boolColumn(count: number, arena: Arena, truth: (i: number) => boolean | undefined): Column {
  const values = allocUint8(arena, (count + 7) >> 3).fill(0)
  let validity: Uint8Array | undefined
  for (let i = 0; i < count; i++) {
    const is = truth(i)
    if (is === true) values[i >> 3]! |= 1 << (i & 7)
    else if (is === undefined) {
      validity ??= allSet(count, arena)
      validity[i >> 3]! &= ~(1 << (i & 7))
    }
  }
  return withValidity({ type: 'bool', values }, validity)
}

/** A column of int32; {@link NO_NUMBER} is null. */
export function int32Column(count: number, arena: Arena, number: (i: number) => number): Column {
  const values = allocInt32(arena, count)
  let nulls = false
  for (let i = 0; i < count; i++) {
    const value = number(i)
    if (value === NO_NUMBER) nulls = true
    values[i] = value
  }
  const validity = nulls ? validityWhere(count, arena, i => values[i] === NO_NUMBER) : undefined
  return withValidity({ type: 'int32', values }, validity)
}

/** No place, length or count is this. */
export const NO_NUMBER = -(2 ** 31)

/** Reads a column of whole numbers that has been coerced to int32. */
export const placeReader = (node: Bound, column: Column | undefined): ((i: number) => number) => {
  if (!column) {
    const cell = literalCell(node)
    return () => (cell === null ? NO_NUMBER : (cell as number))
  }
  const values = column.values as Int32Array
  return i => (isValid(column.validity, i) ? values[i]! : NO_NUMBER)
}

/** The argument as a list: a bare null and anything else is refused. */
export function asList(node: Bound, call: Call): Bound & { readonly type: ListType } {
  if (node.type === undefined) throw untypedNull(call)
  if (!isList(node.type)) throw wrongArgument(call, 'a list', node.type)
  return node as Bound & { type: ListType }
}

/** A value to be compared with elements of that type. */
export function asElement(node: Bound, type: ColumnType, call: Call): Bound {
  const adapted = adaptLiteral(node, type)
  if (adapted.type === undefined || sameKind(adapted.type, type))
    return adapted.type ? adapted : coerce(node, type)
  // A whole number is looked for among floats as it is compared with them.
  if (isNumeric(adapted.type) && isNumeric(type) && commonNumericType(adapted.type, type, 'merge') === type)
    return coerce(adapted, type)
  throw wrongArgument(call, `values of type ${type}`, adapted.type)
}

/** Whether cells of the types are held alike: text may be coded or plain. */
export const sameKind = (a: ColumnType, b: ColumnType): boolean => a === b || (isText(a) && isText(b))

/** A whole number for a place or a length. */
export function asPlace(node: Bound, call: Call): Bound {
  if (node.kind === 'literal' && node.type === undefined) return coerce(node, 'int32')
  const { type } = node
  if (type === 'int32') return node
  if (type === undefined || !/^(u?int(8|16|32)|int53|int64)$/.test(type))
    throw wrongArgument(call, 'a whole number for a place', type ?? ('null' as ColumnType))
  return coerce(node, 'int32')
}

export * from './column-cells.ts'
export { NO_ROW }
