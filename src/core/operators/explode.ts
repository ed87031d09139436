import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { type Column, isNullAt, textBytesAt } from '../batch/column.ts'
import { numberChildren, withChildren } from '../batch/place.ts'
import { allocInt32, allocUint8, allocUint32 } from '../batch/slab.ts'
import { take, takeColumn } from '../batch/take.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan.ts'
import { isText } from '../types/column-type.ts'
import { fieldIndex, fieldOf, schemaOf } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'
import { defineOperator } from './define.ts'
import { followColumns } from './follow-columns.ts'

/** One row per part of a text column, split at a separator; the other columns repeat. A null makes no row. */
export interface ExplodeNode extends PlanNode {
  readonly kind: 'explode'
  readonly column: string
  /** Not empty. Two separators in a row make an empty part, which is a row like any other. */
  readonly separator: string
  /** The column the parts land in, in place of `column`. */
  readonly as: string
}

export const explode = defineOperator<ExplodeNode>({
  kind: 'explode',
  output(node, [input]) {
    const { type } = fieldOf(input!.schema, node.column)
    if (!isText(type)) {
      throw new PlanError(
        'EXPLODE_TYPE',
        `explode splits text, but ${JSON.stringify(node.column)} is ${type}`,
      )
    }
    if (node.separator === '')
      throw new PlanError('EXPLODE_SEPARATOR', 'explode needs a separator that is not empty')
    const schema = input!.schema.map(field =>
      field.name === node.column ? { name: node.as, type: 'utf8' as const } : field,
    )
    // The parts are other values than the text was.
    const followed = followColumns(input!, schemaOf(schema), name =>
      name === node.column ? undefined : name,
    )
    const { uniqueKeys: _, ...rest } = followed
    return rest
  },
  needs: (node, wanted) => [...[...wanted].filter(name => name !== node.as), node.column],
  readsValues: (node, column) => column === node.column,
  passesThrough: (node, column) => column !== node.column,
  children: (_node, [input]) => (input!.children ?? 0) + 1,
  explain: node =>
    `explode ${JSON.stringify(node.column)} at ${JSON.stringify(node.separator)} as ${JSON.stringify(node.as)}`,
  open: openExplode,
})

const encoder = new TextEncoder()

/** Splits the text of each row on its bytes: UTF-8 lets a separator be found without decoding. */
function openExplode(node: ExplodeNode, context: OperatorContext): Operator {
  const index = fieldIndex(context.inputs[0]!.schema, node.column)
  const separator = encoder.encode(node.separator)
  const level = context.inputs[0]!.children ?? 0
  return {
    onBatch(batch, _port, emit) {
      const parts = split(batch, batch.columns[index]!, separator)
      if (parts.rows.length === 0) return
      const { arena } = context
      const rows = allocUint32(arena, parts.rows.length)
      rows.set(parts.rows)
      const columns = batch.columns.map((column, i) =>
        i === index ? textColumn(parts, context) : takeColumn(column, rows, arena),
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

interface Parts {
  /** The physical row each part comes from. */
  readonly rows: number[]
  readonly texts: Uint8Array[]
  readonly bytes: number
}

function split(batch: Batch, column: Column, separator: Uint8Array): Parts {
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

function textColumn(parts: Parts, { arena }: OperatorContext): Column {
  const offsets = allocInt32(arena, parts.texts.length + 1)
  const values = allocUint8(arena, parts.bytes)
  let at = 0
  offsets[0] = 0
  parts.texts.forEach((text, i) => {
    values.set(text, at)
    at += text.length
    offsets[i + 1] = at
  })
  return { type: 'utf8', values, offsets }
}
