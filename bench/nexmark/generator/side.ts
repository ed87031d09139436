/** The side input of q13: a CSV file of 10,000 keys and values. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Dataset, type RowOf, read } from '../../../src/index.ts'
import { below, drawKey } from './random.ts'

export const SIDE_ROWS = 10_000
const SIDE = { key: 'int53', value: 'utf8' } as const

export type Side = Dataset<RowOf<typeof SIDE>, 'bounded'>

/** The value of a key. */
export const sideValue = (key: number): string => `value-${below(1_000_000, drawKey(1, 'itemName'), key)}`

/** Writes the file into a folder. */
export function writeSide(folder: string): Side {
  mkdirSync(folder, { recursive: true })
  const csv = join(folder, 'side.csv')
  const rows = Array.from({ length: SIDE_ROWS }, (_, key) => `${key},${sideValue(key)}`)
  writeFileSync(csv, `key,value\n${rows.join('\n')}\n`)
  return read.csv(csv, SIDE)
}
