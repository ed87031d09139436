/** What the claims of a fragment become: see `examples.ts` for how they are written. */

import { formatWithOptions } from 'node:util'
import { Dataset, PendingWrite } from '../../src/index.ts'
import { valueIn } from './examples.ts'

/** Throws unless the value is what the comment says. */
export function claim(comment: string, value: unknown): void {
  const said = valueIn(comment)!
  if (!agrees(said, value)) {
    throw new Error(`says ${said}, is ${formatWithOptions({ maxArrayLength: 20 }, '%o', value)}`)
  }
}

/** Throws unless printing the values gives what the comment says. */
export function printed(comment: string, ...values: unknown[]): void {
  const text = formatWithOptions({}, ...values)
  if (text !== comment) throw new Error(`says it prints ${comment}, prints ${text}`)
}

/** Plans a dataset, or what is to be written; anything else is left alone. */
export async function planned(value: unknown): Promise<void> {
  if (value instanceof Dataset || value instanceof PendingWrite) await value.explain()
}

function agrees(said: string, value: unknown): boolean {
  if (said.startsWith('[')) {
    const parts = said === '[]' ? [] : said.slice(1, -1).split(', ')
    const list = ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value
    return (
      Array.isArray(list) && list.length === parts.length && parts.every((part, i) => agrees(part, list[i]))
    )
  }
  if (said.startsWith("'")) return value === said.slice(1, -1)
  if (typeof value !== 'number') return String(value) === said
  const number = said.replace('−', '-')
  if (!number.includes('…')) return sameNumber(value, Number(number))
  const [digits, exponent = ''] = number.split('…') as [string, string?]
  const unit = Number(`1${exponent}`) * 10 ** -(digits.split('.')[1]?.length ?? 0)
  return Math.abs(value - Number(digits + exponent)) <= unit * 1.000001
}

/** Equal but for what a libm or the order of a sum may change in the last digits. */
const sameNumber = (a: number, b: number): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-14 * Math.abs(b)
