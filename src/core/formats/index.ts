/** The formats there are, by name. A new one is a folder here and a line below. */

import type { Format } from './contract.ts'
import { csv } from './csv/index.ts'
import { json } from './json/index.ts'
import { lines } from './lines/index.ts'

const FORMATS: ReadonlyMap<string, Format> = new Map([csv, json, lines].map(format => [format.name, format]))

/** The format of a name that a plan holds. */
export function formatOf(name: string): Format {
  const format = FORMATS.get(name)
  if (!format) throw new RangeError(`no format is called ${name}`)
  return format
}
