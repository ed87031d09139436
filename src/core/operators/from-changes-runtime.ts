/** What makes a changelog of rows with weights. */

import { type Batch, rowAt, rowCount, withSelection } from '../batch/batch.ts'
import { type Column, isNullAt } from '../batch/column.ts'
import { WEIGHT, weightsOf, withMeta, withoutMeta } from '../batch/meta.ts'
import { numberChildren, withChildren } from '../batch/place.ts'
import { allocInt32, allocUint32 } from '../batch/slab.ts'
import { take } from '../batch/take.ts'
import { DataError } from '../errors.ts'
import { keyGroupsOf } from '../state/hash.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Emit, Operator, OperatorContext, Signal } from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import type { FromChangesNode } from './from-changes.ts'
import { inPlaceOrder } from './weighed-rows.ts'

export const open = (node: FromChangesNode, context: OperatorContext): Operator =>
  context.inputs[0]!.bounded ? new RowsLeft(node, context) : openWeighing(node, context)

function openWeighing(node: FromChangesNode, context: OperatorContext): Operator {
  const weigh = weighing(node, context)
  return {
    onBatch(batch, _input, emit) {
      const weighed = weigh(batch)
      if (rowCount(weighed) > 0) emit(weighed)
    },
  }
}

/** Puts the column of weights beside the rows; rows of weight 0 are gone. */
function weighing({ weight }: FromChangesNode, { inputs, output, arena }: OperatorContext) {
  const index = fieldIndex(inputs[0]!.schema, weight)
  return (batch: Batch): Batch => {
    const column = batch.columns[index]!
    const count = rowCount(batch)
    const weights = allocInt32(arena, batch.length)
    const counting = allocUint32(arena, count)
    let kept = 0
    for (let i = 0; i < count; i++) {
      const row = rowAt(batch, i)
      const value = weightAt(column, row, weight)
      weights[row] = value
      if (value !== 0) counting[kept++] = row
    }
    const columns = batch.columns.filter((_, i) => i !== index)
    const rows = { ...withoutMeta(batch, WEIGHT), schema: output.schema, columns }
    const changes = withMeta(rows, { [WEIGHT]: { type: 'int32', values: weights } })
    return kept === count ? changes : withSelection(changes, counting.subarray(0, kept))
  }
}

function weightAt(column: Column, row: number, name: string): number {
  const value = column.values[row] as number
  const isNull = isNullAt(column, row)
  if (!isNull && value <= 0x7fffffff) return value
  throw new DataError(
    'CHANGES_WEIGHT',
    `a weight says how often a row came or is taken back, and ${JSON.stringify(name)} is ${isNull ? 'null' : value}`,
    { hint: 'fill or filter what is no change before fromChanges(): a weight of 0 is none' },
  )
}

/** Rows of data that ends, and how often each is there once it has. */
class RowsLeft implements Operator {
  readonly #context: OperatorContext
  readonly #weigh: (batch: Batch) => Batch
  readonly #store: RowStore

  constructor(node: FromChangesNode, context: OperatorContext) {
    this.#context = context
    this.#weigh = weighing(node, context)
    this.#store = new RowStore({ schema: context.output.schema, places: true, distinct: true })
  }

  get stateBytes(): number {
    return this.#store.bytes
  }

  close(): void {
    this.#store.close()
  }

  onBatch(batch: Batch): void {
    if (rowCount(batch) > 0) this.#store.change(this.#weigh(batch), undefined)
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    if (watermarkMs !== Number.POSITIVE_INFINITY || this.#store.count === 0) return
    const { arena, inputs } = this.#context
    const slots = this.#store.all().filter(slot => this.#store.weightOf(slot) > 0)
    const rows = inPlaceOrder(this.#store.take(slots, arena), arena)
    const copies = copiesOf(rows)
    const level = inputs[0]!.children ?? 0
    for (let from = 0; from < copies.length; from += OUTPUT_ROWS) {
      const own = copies.subarray(from, from + OUTPUT_ROWS)
      const made = take(withoutMeta(rows, WEIGHT), own, arena)
      emit(withChildren(made, level, numberChildren(copies, from, own.length, arena)))
    }
    this.#store.remove(this.#store.all())
  }

  save(to: StateWriter): void {
    this.#store.save(to, 'rows', batch => {
      const keyGroups = new Uint8Array(batch.length)
      keyGroupsOf(batch.columns, batch.length, undefined, keyGroups)
      return keyGroups
    })
  }

  load(from: StateReader): void {
    this.#store.load(from, 'rows')
  }
}

/** Each row as often as it counts. */
function copiesOf(batch: Batch): Uint32Array {
  const weights = weightsOf(batch)
  if (!weights) return Uint32Array.from({ length: batch.length }, (_, row) => row)
  let count = 0
  for (let row = 0; row < batch.length; row++) count += weights[row]!
  const copies = new Uint32Array(count)
  let at = 0
  for (let row = 0; row < batch.length; row++) {
    copies.fill(row, at, at + weights[row]!)
    at += weights[row]!
  }
  return copies
}
