/** The matches of a step as rows: keys, first and last time, measures. */

import { type Batch, NO_POSITION } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { concatColumn } from '../batch/concat-column.ts'
import { orderMeta } from '../batch/meta.ts'
import { orderOfPlaces, wholePlaces } from '../batch/place.ts'
import { heapArena } from '../batch/slab.ts'
import { take } from '../batch/take.ts'
import { nullColumn, takeNullable } from '../batch/take-nullable.ts'
import { compileKernel, type Kernel } from '../expr/compile.ts'
import { columnsUsed, typeOf } from '../expr/type-of.ts'
import type { Fold } from '../fold.ts'
import { openFold } from '../folds/index.ts'
import { type Attempt, NO_ROW } from '../patterns/attempt.ts'
import type { FoundMatches } from '../patterns/key-run.ts'
import { AggregationTable } from '../state/aggregation-table.ts'
import { fieldIndex, fieldOf, type Schema, schemaOf } from '../types/schema.ts'
import type { Emit, OperatorContext } from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import { type MatchAggregate, type MatchNode, measureSchema, otherColumn } from './match-node.ts'
import type { MatchRows } from './match-rows.ts'

export class MatchOutput implements FoundMatches {
  readonly #node: MatchNode
  readonly #rows: MatchRows
  readonly #time: number
  readonly #context: OperatorContext
  readonly #keyColumns: readonly number[]
  readonly #measured: Schema
  readonly #measures: Kernel | undefined
  // Matches, one after the other: where each ends in the lists of rows, and when it was decided.
  #ends: number[] = []
  #atMs: number[] = []
  #atNs: number[] = []
  #matched: number[] = []
  #steps: number[] = []

  constructor(node: MatchNode, rows: MatchRows, time: number, context: OperatorContext) {
    const { schema } = context.inputs[0]!
    const { distributions, functions } = context
    this.#node = node
    this.#rows = rows
    this.#time = time
    this.#context = context
    this.#keyColumns = node.by.map(key => fieldIndex(schema, key))
    this.#measured = measureSchema(node, schema)
    const step = { kind: 'project' as const, columns: node.measures }
    this.#measures = node.measures.length
      ? compileKernel(this.#measured, [step], { distributions, functions })
      : undefined
  }

  add(attempt: Attempt, atMs: number, atNs: number): void {
    attempt.collect(this.#matched, this.#steps)
    this.#ends.push(this.#matched.length)
    this.#atMs.push(atMs)
    this.#atNs.push(atNs)
  }

  get last(): { rows: readonly number[]; steps: readonly number[] } {
    const from = this.#ends.at(-2) ?? 0
    return { rows: this.#matched.slice(from), steps: this.#steps.slice(from) }
  }

  /** Emits what was added, in the order in which it was decided, and forgets it. */
  emit(emit: Emit): void {
    const count = this.#ends.length
    if (count === 0) return
    const all = this.#batch(count)
    for (let start = 0; start < count; start += OUTPUT_ROWS) {
      const order = all.order.subarray(start, start + OUTPUT_ROWS)
      emit(take(all.batch, order, this.#context.arena))
    }
    this.#ends = []
    this.#atMs = []
    this.#atNs = []
    this.#matched = []
    this.#steps = []
  }

  #batch(count: number): { batch: Batch; order: Uint32Array } {
    const { output, inputs, arena } = this.#context
    const firsts = this.#ends.map((_, match) => this.#matched[match === 0 ? 0 : this.#ends[match - 1]!]!)
    const lasts = this.#ends.map(end => this.#matched[end - 1]!)
    const first = this.#rows.take(firsts, arena)
    const last = this.#rows.columns(lasts, [this.#time])
    const places = [
      doubles(this.#atMs),
      doubles(this.#atNs),
      ...wholePlaces(first, inputs[0]!.children ?? 0, arena),
    ]
    const columns = [
      ...this.#keyColumns.map(key => first.columns[key]!),
      first.columns[this.#time]!,
      takeNullable(last.columns[0]!, last.at, arena),
      ...this.#measure(count),
    ]
    const order = orderOfPlaces(places, count) ?? Uint32Array.from({ length: count }, (_, i) => i)
    const batch = {
      schema: output.schema,
      length: count,
      columns,
      position: NO_POSITION,
      meta: orderMeta(places),
    }
    return { batch, order }
  }

  #measure(count: number): readonly Column[] {
    if (!this.#measures) return []
    const aggregates = this.#aggregates(count)
    const columns = this.#measured.map(({ name }) => aggregates.get(name) ?? this.#found(name))
    const batch = { schema: this.#measured, length: count, columns, position: NO_POSITION }
    return this.#measures.run(batch, this.#context.arena).columns
  }

  /** A column of the first or last row of a variable. */
  #found(name: string): Column {
    const other = otherColumn(name, this.#node.steps, [])
    if (other?.of !== 'variable') throw new RangeError(`no column ${name}`)
    const { step, which } = other
    const rows: number[] = []
    let from = 0
    for (const end of this.#ends) {
      const at =
        which === 'first' ? indexOf(this.#steps, step, from, end) : lastIndexOf(this.#steps, step, from, end)
      rows.push(at < 0 ? NO_ROW : this.#matched[at]!)
      from = end
    }
    const column = fieldIndex(this.#rows.schema, other.column)
    const { columns, at } = this.#rows.columns(rows, [column])
    return columns[0]
      ? takeNullable(columns[0], at, this.#context.arena)
      : nullColumn(this.#rows.schema[column]!.type, rows.length, this.#context.arena)
  }

  /** By name, the aggregates over the rows of variables. */
  #aggregates(count: number): Map<string, Column> {
    const results = new Map<string, Column>()
    for (const [of, aggregates] of Map.groupBy(this.#node.aggregates, ({ of }) => of))
      this.#aggregate(of, aggregates, count).forEach((column, i) => {
        results.set(aggregates[i]!.name, column)
      })
    return results
  }

  #aggregate(of: string, aggregates: readonly MatchAggregate[], count: number): Column[] {
    const { schema } = this.#context.inputs[0]!
    const step = this.#node.steps.findIndex(({ name }) => name === of)
    const { rows, matches } = this.#rowsOf(step)
    const folds = aggregates.map(({ fold, args, options }) =>
      openFold(
        { fold, argTypes: args.map(arg => typeOf(arg, schema)), ...(options ? { options } : {}) },
        { functions: this.#context.functions },
      ),
    )
    const table = new AggregationTable({ keyTypes: ['int32'], folds })
    table.step({
      count: rows.length,
      keyColumns: [{ type: 'int32', values: Int32Array.from(matches) }],
      argColumns: this.#arguments(aggregates, rows),
    })
    const [closed] = table.close(Number.POSITIVE_INFINITY, heapArena, Math.max(1, count))
    const groups = (closed?.keys[0]?.values ?? new Int32Array(0)) as Int32Array
    // Of a variable without rows: what the aggregates are of nothing.
    const at = new Int32Array(count).fill(groups.length)
    for (let group = 0; group < groups.length; group++) at[groups[group]!] = group
    const nothing = ofNothing(folds)
    return nothing.map((empty, i) => {
      const columns = closed ? [closed.results[i]!, empty] : [empty]
      const parts = [groups.length, 1].slice(-columns.length).map(length => ({ ...NO_ROWS, length }))
      return takeNullable(concatColumn(columns, parts, groups.length + 1, heapArena), at, heapArena)
    })
  }

  /** The rows of a variable, and the match that each is of. */
  #rowsOf(step: number): { rows: number[]; matches: number[] } {
    const rows: number[] = []
    const matches: number[] = []
    let at = 0
    this.#ends.forEach((end, match) => {
      for (; at < end; at++) {
        if (this.#steps[at] !== step) continue
        rows.push(this.#matched[at]!)
        matches.push(match)
      }
    })
    return { rows, matches }
  }

  #arguments(aggregates: readonly MatchAggregate[], rows: readonly number[]): Column[][] {
    const args = aggregates.flatMap(({ args }) => args)
    if (args.length === 0 || rows.length === 0) return aggregates.map(({ args }) => args.map(() => EMPTY))
    const names = [...new Set(args.flatMap(columnsUsed))]
    const schema = schemaOf(names.map(name => fieldOf(this.#rows.schema, name)))
    const { columns, at } = this.#rows.columns(
      rows,
      names.map(name => fieldIndex(this.#rows.schema, name)),
    )
    const batch: Batch = {
      schema,
      length: rows.length,
      columns: columns.map(column => takeNullable(column, at, heapArena)),
      position: NO_POSITION,
    }
    const { distributions, functions } = this.#context
    const made = compileKernel(
      schema,
      [{ kind: 'project', columns: args.map((expr, i) => ({ name: `${i}`, expr })) }],
      { distributions, functions },
    ).run(batch, heapArena).columns
    let next = 0
    return aggregates.map(({ args }) => args.map(() => made[next++]!))
  }
}

const EMPTY: Column = { type: 'float64', values: new Float64Array(0) }

const doubles = (numbers: readonly number[]): Column => ({
  type: 'float64',
  values: Float64Array.from(numbers),
})

function indexOf(array: readonly number[], item: number, from: number, end: number): number {
  for (let i = from; i < end; i++) if (array[i] === item) return i
  return -1
}

function lastIndexOf(array: readonly number[], item: number, from: number, end: number): number {
  for (let i = end - 1; i >= from; i--) if (array[i] === item) return i
  return -1
}

const NO_ROWS: Batch = { schema: [], length: 0, columns: [], position: NO_POSITION }

/** By fold, its result over no rows. */
function ofNothing(folds: readonly Fold[]): readonly Column[] {
  const table = new AggregationTable({ keyTypes: [], folds })
  table.openGlobalGroup()
  return table.close(Number.POSITIVE_INFINITY, heapArena)[0]!.results
}
