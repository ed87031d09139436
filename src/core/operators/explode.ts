import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { type Column, isNullAt, textBytesAt } from '../batch/column.ts'
import { numberChildren, withChildren } from '../batch/place.ts'
import { type Arena, allocInt32, allocUint8, allocUint32 } from '../batch/slab.ts'
import { take, takeColumn } from '../batch/take.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan.ts'
import { isText } from '../types/column-type.ts'
import { elementType, isList, isMap, isStruct, mapTypes } from '../types/nested-type.ts'
import { fieldIndex, fieldOf, type Schema, schemaOf } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'
import { defineOperator } from './define.ts'
import { followColumns } from './follow-columns.ts'

/**
 * One row per element of a list, per entry of a map, or per part of a text, split at a separator; the other columns repeat. A
 * null makes no row, and an empty list or map none either.
 */
export interface ExplodeNode extends PlanNode {
  readonly kind: 'explode'
  readonly column: string
  /** Of text. Not empty. Two separators in a row make an empty part, which is a row like any other. */
  readonly separator: string
  /** The columns the parts land in, in place of `column`: of a map, its keys and its values, else one. */
  readonly as: string | readonly [key: string, value: string]
}

export const explode = defineOperator<ExplodeNode>({
  kind: 'explode',
  output(node, [input]) {
    const parts = partsOf(node, input!.schema)
    const schema = input!.schema.flatMap(field => (field.name === node.column ? parts : [field]))
    // The parts are other values than the whole was.
    const followed = followColumns(input!, schemaOf(schema), name =>
      name === node.column ? undefined : name,
    )
    const { uniqueKeys: _, ...rest } = followed
    return rest
  },
  needs(node, wanted, input) {
    const parts = partsOf(node, input.schema).map(({ name }) => name)
    return [...[...wanted].filter(name => !parts.includes(name)), node.column]
  },
  readsValues: (node, column) => column === node.column,
  passesThrough: (node, column) => column !== node.column,
  children: (_node, [input]) => (input!.children ?? 0) + 1,
  explain: node =>
    `explode ${JSON.stringify(node.column)} at ${JSON.stringify(node.separator)} as ${namesOf(node)
      .map(name => JSON.stringify(name))
      .join(', ')}`,
  open(node, context) {
    const { schema } = context.inputs[0]!
    const { type } = fieldOf(schema, node.column)
    const index = fieldIndex(schema, node.column)
    return openExplode(index, isText(type) ? splitting(node.separator) : elementsOf, context)
  },
})

const namesOf = ({ as }: ExplodeNode): readonly string[] => (typeof as === 'string' ? [as] : as)

/** The columns of parts. @throws {PlanError} `EXPLODE_TYPE`, `EXPLODE_SEPARATOR`, `OPTION` */
function partsOf(node: ExplodeNode, input: Schema): Schema {
  const { type } = fieldOf(input, node.column)
  const names = namesOf(node)
  if (isMap(type)) {
    const { key, value } = mapTypes(type)
    if (names.length === 1 && names[0] !== node.column)
      throw new PlanError('OPTION', `explode gives two columns of ${JSON.stringify(node.column)}, a map`, {
        hint: `give two names: { as: ['key', ${JSON.stringify(names[0])}] }`,
      })
    const [k, v] = names.length === 2 ? names : ['key', 'value']
    return [
      { name: k!, type: key },
      { name: v!, type: value },
    ]
  }
  if (names.length === 2)
    throw new PlanError(
      'OPTION',
      `explode gives two columns of a map, and ${JSON.stringify(node.column)} is ${type}`,
      {
        hint: "give one name: { as: 'part' }",
      },
    )
  if (isList(type)) return [{ name: names[0]!, type: elementType(type) }]
  if (!isText(type)) {
    throw new PlanError(
      'EXPLODE_TYPE',
      `explode takes lists, maps and text, but ${JSON.stringify(node.column)} is ${type}`,
      isStruct(type) ? { hint: `unnest(${JSON.stringify(node.column)}) makes columns of its fields` } : {},
    )
  }
  if (node.separator === '')
    throw new PlanError('EXPLODE_SEPARATOR', 'explode needs a separator that is not empty')
  return [{ name: names[0]!, type: 'utf8' }]
}

/** What the rows of a batch come apart to. */
interface Parts {
  /** The physical row each part comes from. */
  readonly rows: Uint32Array
  /** The columns of parts. */
  columns(arena: Arena): Column[]
}

type TakeApart = (batch: Batch, column: Column) => Parts

function openExplode(index: number, takeApart: TakeApart, context: OperatorContext): Operator {
  const level = context.inputs[0]!.children ?? 0
  return {
    onBatch(batch, _port, emit) {
      const parts = takeApart(batch, batch.columns[index]!)
      if (parts.rows.length === 0) return
      const { arena } = context
      const rows = allocUint32(arena, parts.rows.length)
      rows.set(parts.rows)
      const columns = batch.columns.flatMap((column, i) =>
        i === index ? parts.columns(arena) : [takeColumn(column, rows, arena)],
      )
      const { position, meta } = take({ ...batch, columns: [] }, rows, arena)
      const made: Batch = {
        schema: context.output.schema,
        length: rows.length,
        columns,
        position,
        ...(meta ? { meta } : {}),
      }
      emit(withChildren(made, level, numberChildren(rows, 0, rows.length, arena)))
    },
  }
}

/** Elements of lists; entries of maps, as keys and values. */
function elementsOf(batch: Batch, column: Column): Parts {
  const offsets = column.offsets!
  const count = rowCount(batch)
  let size = 0
  for (let i = 0; i < count; i++) {
    const row = rowAt(batch, i)
    if (!isNullAt(column, row)) size += offsets[row + 1]! - offsets[row]!
  }
  const rows = new Uint32Array(size)
  const elements = new Uint32Array(size)
  let next = 0
  for (let i = 0; i < count; i++) {
    const row = rowAt(batch, i)
    if (isNullAt(column, row)) continue
    for (let element = offsets[row]!; element < offsets[row + 1]!; element++) {
      rows[next] = row
      elements[next++] = element
    }
  }
  const [child] = column.children!
  const parts = isMap(column.type) ? child!.children! : [child!]
  return { rows, columns: arena => parts.map(part => takeColumn(part, elements, arena)) }
}

const encoder = new TextEncoder()

/** Splits the text of each row on its bytes: UTF-8 lets a separator be found without decoding. */
function splitting(by: string): TakeApart {
  const separator = encoder.encode(by)
  return (batch, column) => {
    const { rows, ...texts } = split(batch, column, separator)
    return { rows: Uint32Array.from(rows), columns: arena => [textColumn(texts, arena)] }
  }
}

interface Texts {
  readonly texts: Uint8Array[]
  readonly bytes: number
}

function split(batch: Batch, column: Column, separator: Uint8Array): Texts & { readonly rows: number[] } {
  const rows: number[] = []
  const texts: Uint8Array[] = []
  let bytes = 0
  const count = rowCount(batch)
  for (let i = 0; i < count; i++) {
    const row = rowAt(batch, i)
    if (isNullAt(column, row)) continue
    const text = textBytesAt(column, row)
    let start = 0
    for (;;) {
      const end = find(text, separator, start)
      const part = text.subarray(start, end < 0 ? text.length : end)
      rows.push(row)
      texts.push(part)
      bytes += part.length
      if (end < 0) break
      start = end + separator.length
    }
  }
  return { rows, texts, bytes }
}

/** The first place at or after `from` where `needle` lies in `text`, or -1. */
function find(text: Uint8Array, needle: Uint8Array, from: number): number {
  const last = text.length - needle.length
  for (
    let at = text.indexOf(needle[0]!, from);
    at >= 0 && at <= last;
    at = text.indexOf(needle[0]!, at + 1)
  ) {
    let k = 1
    while (k < needle.length && text[at + k] === needle[k]) k++
    if (k === needle.length) return at
  }
  return -1
}

function textColumn({ texts, bytes }: Texts, arena: Arena): Column {
  const offsets = allocInt32(arena, texts.length + 1)
  const values = allocUint8(arena, bytes)
  let at = 0
  offsets[0] = 0
  texts.forEach((text, i) => {
    values.set(text, at)
    at += text.length
    offsets[i + 1] = at
  })
  return { type: 'utf8', values, offsets }
}
