/**
 * The rows of an Arrow file as an independent reader has them: of the golden files of Arrow's integration tests what the JSON
 * beside them says, of others what apache-arrow reads.
 */

import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { tableFromIPC } from 'apache-arrow'
import { type Cell, type CellStruct, clockText, decimalText } from './cells.ts'

interface GoldenField {
  readonly name: string
  readonly type: {
    readonly name: string
    readonly unit?: string
    readonly precision?: string
    readonly scale?: number
    readonly listSize?: number
  }
  readonly children: readonly GoldenField[]
  readonly dictionary?: { readonly id: number }
}
type Item = number | string | boolean
interface GoldenColumn {
  readonly count: number
  readonly VALIDITY?: readonly number[]
  readonly DATA?: readonly Item[]
  readonly OFFSET?: readonly Item[]
  readonly VIEWS?: readonly { readonly INLINED?: string }[]
  readonly children?: readonly GoldenColumn[]
}
interface GoldenBatch {
  readonly count: number
  readonly columns: readonly GoldenColumn[]
}
interface Golden {
  readonly schema: { readonly fields: readonly GoldenField[] }
  readonly dictionaries?: readonly { readonly id: number; readonly data: GoldenBatch }[]
  readonly batches: readonly GoldenBatch[]
}

/** The JSON beside a golden file. */
const beside = (path: string): string => path.replace(/\.(stream|arrow_file)$/, '.json.gz')

export const isGolden = (path: string): boolean => beside(path) !== path && existsSync(beside(path))

export function arrowRows(path: string): CellStruct[] {
  if (isGolden(path))
    return goldenRows(JSON.parse(gunzipSync(readFileSync(beside(path))).toString()) as Golden)
  return tableFromIPC(readFileSync(path))
    .toArray()
    .map(row => plain(row) as CellStruct)
}

/** Vectors and rows of apache-arrow as arrays and objects. */
function plain(value: unknown): Cell {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value as Cell
  const { toJSON } = value as { toJSON?: () => unknown }
  const shallow = toJSON ? toJSON.call(value) : value
  if (Array.isArray(shallow)) return shallow.map(plain)
  return Object.fromEntries(Object.entries(shallow as object).map(([name, item]) => [name, plain(item)]))
}

function goldenRows({ schema, dictionaries = [], batches }: Golden): CellStruct[] {
  const read = new GoldenReader(dictionaries)
  return batches.flatMap(({ count, columns }) => {
    const cells = schema.fields.map((field, i) => read.column(field, columns[i]!))
    return Array.from({ length: count }, (_, row) =>
      Object.fromEntries(schema.fields.map(({ name }, i) => [name, cells[i]![row]!])),
    )
  })
}

const PER_SECOND: Readonly<Record<string, bigint>> = {
  SECOND: 1n,
  MILLISECOND: 1000n,
  MICROSECOND: 1_000_000n,
  NANOSECOND: 1_000_000_000n,
}

class GoldenReader {
  readonly #dictionaries: ReadonlyMap<number, GoldenColumn>

  constructor(dictionaries: NonNullable<Golden['dictionaries']>) {
    this.#dictionaries = new Map(dictionaries.map(({ id, data }) => [id, data.columns[0]!]))
  }

  column(field: GoldenField, column: GoldenColumn): Cell[] {
    const cells = field.dictionary ? this.#coded(field, column) : this.#plain(field, column)
    return cells.map((cell, i) => (column.VALIDITY?.[i] === 0 ? null : cell))
  }

  #coded({ dictionary, ...field }: GoldenField, column: GoldenColumn): Cell[] {
    const values = this.column(field, this.#dictionaries.get(dictionary!.id)!)
    return column.DATA!.map(code => values[Number(code)] ?? null)
  }

  #plain(field: GoldenField, column: GoldenColumn): Cell[] {
    const { type, children } = field
    const below = column.children?.map((child, i) => this.column(children[i]!, child)) ?? []
    const rows = Array.from({ length: column.count }, (_, i) => i)
    switch (type.name) {
      case 'struct':
        return rows.map(i => Object.fromEntries(children.map(({ name }, c) => [name, below[c]![i]!])))
      case 'fixedsizelist':
        return rows.map(i => below[0]!.slice(i * type.listSize!, (i + 1) * type.listSize!))
      case 'list':
      case 'largelist':
        return rows.map(i => below[0]!.slice(Number(column.OFFSET![i]), Number(column.OFFSET![i + 1])))
      case 'map':
        return rows.map(i => {
          const [key, value] = children[0]!.children.map(({ name }) => name) as [string, string]
          const entries = below[0]!.slice(Number(column.OFFSET![i]), Number(column.OFFSET![i + 1]))
          return new Map((entries as CellStruct[]).map(entry => [entry[key]!, entry[value]!]))
        })
      default:
        return (column.DATA ?? []).map((item, i) => (column.VALIDITY?.[i] === 0 ? null : scalar(type, item)))
    }
  }
}

function scalar({ name, unit, precision, scale }: GoldenField['type'], item: Item): Cell {
  switch (name) {
    case 'int':
    case 'date':
    case 'timestamp':
      return BigInt(item)
    case 'floatingpoint':
      return precision === 'SINGLE' ? Math.fround(Number(item)) : Number(item)
    case 'bool':
      return Boolean(item)
    case 'utf8':
    case 'largeutf8':
      return String(item)
    case 'binary':
    case 'largebinary':
    case 'fixedsizebinary':
      return Buffer.from(String(item), 'hex')
    case 'time':
      return clockText(BigInt(item), PER_SECOND[unit!]!)
    case 'duration':
      return Number(BigInt(item)) / (Number(PER_SECOND[unit!]) / 1000)
    case 'decimal':
      return decimalText(BigInt(item), scale!)
    default:
      throw new Error(`no cells of ${name} here`)
  }
}
