/**
 * Rows that a source has marked as bad are left out, or leave as dead letters. Readers of rows that come with types of their
 * own put it behind their source, which is asked for {@link MARKS} besides its columns; no user writes one.
 */

import { type Batch, rowAt, rowCount, withSelection } from '../batch/batch.ts'
import { isNullAt } from '../batch/column.ts'
import { allocUint32 } from '../batch/slab.ts'
import { take } from '../batch/take.ts'
import { DEAD_LETTERS, isMark, MARKS, unmarked } from '../formats/bad-rows.ts'
import type { PlanNode } from '../plan.ts'
import { fieldIndex, type Schema } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'
import { defineOperator } from './define.ts'

export interface SiftNode extends PlanNode {
  readonly kind: 'sift'
  readonly onBadRow: 'skip' | 'port'
}

export const sift = defineOperator<SiftNode>({
  kind: 'sift',
  ports: ['failed'],
  output: (_node, [input], port) => ({
    ...input!,
    schema: port === 'failed' ? DEAD_LETTERS : unmarked(input!.schema),
  }),
  needs: (_node, wanted) => [...wanted, ...MARKS.map(({ name }) => name)],
  passesThrough: (_node, column) => !isMark(column),
  explain: ({ onBadRow }) => `sift: bad rows are ${onBadRow === 'skip' ? 'left out' : 'dead letters'}`,
  open: openSift,
})

function openSift({ onBadRow }: SiftNode, { arena, output, report }: OperatorContext): Operator {
  return {
    onBatch(batch, _input, emit) {
      const { good, bad } = sifted(batch)
      if (good.length > 0) emit(without(bad.length > 0 ? withSelection(batch, good) : batch, output.schema))
      if (bad.length === 0) return
      report.decoded(0, bad.length)
      if (onBadRow !== 'port') return
      const rows = allocUint32(arena, bad.length)
      rows.set(bad)
      emit({ ...take(columnsOf(batch, MARKS), rows, arena), schema: DEAD_LETTERS }, 'failed')
    },
  }
}

/** The rows that count, apart. */
function sifted(batch: Batch): { good: Uint32Array; bad: Uint32Array } {
  const problem = batch.columns[fieldIndex(batch.schema, PROBLEM)]!
  const count = rowCount(batch)
  const good = new Uint32Array(count)
  const bad: number[] = []
  let goods = 0
  for (let i = 0; i < count; i++) {
    const row = rowAt(batch, i)
    if (isNullAt(problem, row)) good[goods++] = row
    else bad.push(row)
  }
  return { good: good.subarray(0, goods), bad: Uint32Array.from(bad) }
}

const PROBLEM = MARKS[DEAD_LETTERS.findIndex(({ name }) => name === 'problem')]!.name

const without = (batch: Batch, schema: Schema): Batch => ({ ...columnsOf(batch, schema), schema })

/** Some of its columns. */
const columnsOf = (batch: Batch, schema: Schema): Batch => ({
  ...batch,
  schema,
  columns: schema.map(({ name }) => batch.columns[fieldIndex(batch.schema, name)]!),
})
