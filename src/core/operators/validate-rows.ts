/** The runtime of `validate`: rows as objects through a validator, and what it gives as columns. */

import { type Batch, rowAt } from '../batch/batch.ts'
import { columnFrom } from '../batch/build.ts'
import type { Column } from '../batch/column.ts'
import { type Row, rowsOf } from '../batch/rows.ts'
import { allocUint32 } from '../batch/slab.ts'
import { take } from '../batch/take.ts'
import { DataError, textOf } from '../errors.ts'
import { DEAD_LETTERS, shownRow } from '../formats/bad-rows.ts'
import { showRow } from '../user-functions/failure.ts'
import { wrongExport } from '../user-functions/function-ref.ts'
import { isPromise } from './call-context.ts'
import type { Emit, Operator, OperatorContext } from './contract.ts'
import { type Outcome, type Problem, RowValidator, type StandardValidator } from './row-validator.ts'
import type { ValidateNode } from './validate.ts'

export function openValidate(node: ValidateNode, context: OperatorContext): Operator {
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
    const exported = context.functions.exported(node.function) as Partial<StandardValidator> | undefined
    if (typeof exported?.['~standard']?.validate !== 'function')
      throw wrongExport(node.function, 'a validator that keeps Standard Schema', exported)
    this.#validator = new RowValidator(exported as StandardValidator)
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
      const problem = 'problem' in outcome ? outcome : this.#misfit(outcome.value)
      if (problem) failed.push({ index, ...problem })
      else good.push(index)
    })
    if (failed.length > 0 && this.#node.onBadRow === 'fail') throw this.#error(failed[0]!, rows)
    if (good.length > 0) {
      const values = good.map(index => (outcomes[index] as { value: Row }).value)
      emit({ ...this.#placed(batch, good), schema: output.schema, columns: this.#columns(values) })
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
          text(failed.map(({ column }) => column ?? null)),
          text(nothing.map(() => 'VALIDATION')),
          text(failed.map(({ problem }) => problem)),
          text(failed.map(({ index }) => shownRow(rows[index]!))),
        ],
      },
      'failed',
    )
  }

  #columns(values: readonly Row[]): Column[] {
    return this.#node.out.map(({ name, type }) =>
      columnFrom(
        type,
        values.map(value => cellOf(value, name)),
        this.#context.arena,
        { name },
      ),
    )
  }

  /** Why a column cannot hold what the validator gave. */
  #misfit(value: unknown): Problem | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return { problem: 'the validator gives no object' }
    for (const { name, type } of this.#node.out) {
      try {
        columnFrom(type, [cellOf(value as Row, name)], undefined, { name })
      } catch (error) {
        if (!(error instanceof DataError)) throw error
        return { problem: textOf(error), column: name }
      }
    }
    return undefined
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

const cellOf = (row: Row, name: string): unknown =>
  name in Object.prototype && !Object.hasOwn(row, name) ? null : row[name]
