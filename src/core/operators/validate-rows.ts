/** The runtime of `validate`: rows as objects through a validator, and what it gives as columns. */

import { type Batch, rowAt } from '../batch/batch.ts'
import { columnFrom } from '../batch/build.ts'
import { type Row, rowsOf } from '../batch/rows.ts'
import { allocUint32 } from '../batch/slab.ts'
import { take } from '../batch/take.ts'
import { DataError } from '../errors.ts'
import { DEAD_LETTERS, shownRow } from '../formats/bad-rows.ts'
import { showRow } from '../user-functions/failure.ts'
import { isPromise } from './call-context.ts'
import type { Emit, Operator, OperatorContext } from './contract.ts'
import { type Outcome, type Problem, RowValidator } from './row-validator.ts'
import type { ValidateNode } from './validate.ts'
import { asValidator, problemOf, validatedColumns } from './validated-values.ts'

export function open(node: ValidateNode, context: OperatorContext): Operator {
  const validating = new Validating(node, context)
  return { onBatch: (batch, _input, emit) => validating.take(batch, emit) }
}

/** A row that failed: its number among the rows that count, and why. */
interface Failed extends Problem {
  readonly index: number
}

class Validating {
  readonly #node: ValidateNode
  readonly #context: OperatorContext
  readonly #validator: RowValidator

  constructor(node: ValidateNode, context: OperatorContext) {
    this.#node = node
    this.#context = context
    const exported = context.functions.exported(node.function)
    this.#validator = new RowValidator(asValidator(node.function, exported))
  }

  take(batch: Batch, emit: Emit): void | Promise<void> {
    const rows = rowsOf(batch)
    const outcomes = rows.map(row => this.#validator.validate(row))
    if (!outcomes.some(isPromise)) return this.#emit(batch, rows, outcomes as Outcome[], emit)
    return Promise.all(outcomes).then(settled => this.#emit(batch, rows, settled, emit))
  }

  #emit(batch: Batch, rows: readonly Row[], outcomes: readonly Outcome[], emit: Emit): void {
    const { arena, output, report } = this.#context
    const failed: Failed[] = []
    const good: number[] = []
    outcomes.forEach((outcome, index) => {
      const problem = problemOf(outcome, this.#node.out)
      if (problem) failed.push({ index, ...problem })
      else good.push(index)
    })
    if (failed.length > 0 && this.#node.onBadRow === 'fail') throw this.#error(failed[0]!, rows)
    if (good.length > 0) {
      const values = good.map(index => (outcomes[index] as { value: Row }).value)
      emit({
        ...this.#placed(batch, good),
        schema: output.schema,
        columns: validatedColumns(values, this.#node.out, arena),
      })
    }
    if (failed.length === 0) return
    report.decoded(0, failed.length)
    if (this.#node.onBadRow !== 'port') return
    const text = (values: readonly (string | null)[]) => columnFrom('utf8', values, arena)
    const nothing = failed.map(() => null)
    emit(
      {
        ...this.#placed(
          batch,
          failed.map(({ index }) => index),
        ),
        schema: DEAD_LETTERS,
        columns: [
          text(nothing),
          columnFrom('int53', nothing, arena),
          columnFrom('int53', nothing, arena),
          text(failed.map(({ column }) => column ?? null)),
          text(nothing.map(() => 'VALIDATION')),
          text(failed.map(({ problem }) => problem)),
          text(failed.map(({ index }) => shownRow(rows[index]!))),
        ],
      },
      'failed',
    )
  }

  /** Where some of the rows that count were. */
  #placed(batch: Batch, indexes: readonly number[]): Pick<Batch, 'length' | 'position' | 'meta'> {
    const rows = allocUint32(this.#context.arena, indexes.length)
    rows.set(indexes.map(index => rowAt(batch, index)))
    const { selection: _, ...whole } = batch
    const { position, meta } = take({ ...whole, columns: [], schema: [] }, rows, this.#context.arena)
    return { length: rows.length, position, ...(meta && { meta }) }
  }

  #error({ column, problem, index }: Failed, rows: readonly Row[]): DataError {
    const where = column === undefined ? '' : `column ${JSON.stringify(column)}: `
    return new DataError('VALIDATION', `${where}${problem}, in the row ${showRow(rows[index]!)}`, {
      hint: "onBadRow: 'skip' leaves such rows out, deadLetter(sink) keeps them",
    })
  }
}
