/**
 * `countDistinct(x)`: how many different values, exactly. Nulls do not count; all NaNs are one value, both zeros too.
 *
 * A group keeps its values, so its state grows with them.
 */

import { bitAt, type Column, textBytesAt, words32Of } from '../batch/column.ts'
import type { FieldSpec, Fold } from '../fold.ts'
import { type ColumnType, isEightByteInteger, isText } from '../types/column-type.ts'
import { ResultColumn } from './result.ts'

/** Numbers as they are; 64-bit integers beyond 2^53 as `high,low`; text as one character a byte. */
type Value = number | string

const layout = {
  values: {
    kind: 'object',
    encode: value => encodeSet(value as Set<Value>),
    decode: bytes => decodeSet(bytes),
  },
} as const satisfies Record<string, FieldSpec>

/** @param type of the argument; any */
export function countDistinct(type: ColumnType): Fold<typeof layout> {
  return {
    layout,
    resultType: 'int53',
    step({ values }, { count, rows, groups, columns }) {
      const { validity } = columns[0]!
      const read = reader(type, columns[0]!)
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        if (validity !== undefined && !bitAt(validity, row)) continue
        const group = groups[i]!
        let seen = values[group] as Set<Value> | undefined
        if (seen === undefined) {
          seen = new Set()
          values[group] = seen
        }
        seen.add(read(row))
      }
    },
    merge({ values }, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        const other = from.values[fromGroups[i]!] as Set<Value> | undefined
        if (other === undefined) continue
        const seen = values[group] as Set<Value> | undefined
        if (seen === undefined) values[group] = new Set(other)
        else for (const value of other) seen.add(value)
      }
    },
    result({ values }, groups, arena) {
      const result = new ResultColumn('int53', groups.length, arena)
      for (let i = 0; i < groups.length; i++) {
        result.words32[2 * i] = (values[groups[i]!] as Set<Value> | undefined)?.size ?? 0
        result.words32[2 * i + 1] = 0
      }
      return result.finish()
    },
  }
}

function reader(type: ColumnType, column: Column): (row: number) => Value {
  if (isText(type)) {
    if (!column.dictionary) return row => binaryString(textBytesAt(column, row))
    const codes = column.values as Int32Array
    const texts: (string | undefined)[] = []
    return row => (texts[codes[row]!] ??= binaryString(textBytesAt(column, row)))
  }
  if (isEightByteInteger(type)) {
    const words32 = words32Of(column)
    const unsigned = type === 'uint64'
    return row => {
      const high = unsigned ? words32[2 * row + 1]! >>> 0 : words32[2 * row + 1]!
      const low = words32[2 * row]! >>> 0
      const value = high * 2 ** 32 + low
      return Number.isSafeInteger(value) ? value : `${high},${low}`
    }
  }
  if (type === 'bool') return row => (bitAt(column.values as Uint8Array, row) ? 1 : 0)
  const values = column.values as Float64Array
  return row => values[row]!
}

function binaryString(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!)
  return text
}

/** Each value as kind, length, colon, text; sorted, so that equal sets have equal bytes. */
function encodeSet(values: Set<Value>): Uint8Array {
  const parts: string[] = []
  for (const value of values) {
    const text = String(value)
    parts.push(`${typeof value === 'number' ? 'n' : 's'}${text.length}:${text}`)
  }
  const all = parts.sort().join('')
  const bytes = new Uint8Array(all.length)
  for (let i = 0; i < all.length; i++) bytes[i] = all.charCodeAt(i)
  return bytes
}

function decodeSet(bytes: Uint8Array): Set<Value> {
  const values = new Set<Value>()
  for (let i = 0; i < bytes.length; ) {
    const isNumber = bytes[i] === 110
    let length = 0
    for (i++; bytes[i] !== 58; i++) length = length * 10 + bytes[i]! - 48
    const text = binaryString(bytes.subarray(i + 1, i + 1 + length))
    values.add(isNumber ? Number(text) : text)
    i += 1 + length
  }
  return values
}
