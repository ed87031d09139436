/**
 * Kernels with calls that need passes of their own: functions of whole columns are called between two kernels, the first of
 * which computes their arguments. What a costly function gave for a row in one step is not computed again in the next.
 */

import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { allocValues } from '../batch/build.ts'
import { bitmapBytes, type Column, isNullAt } from '../batch/column.ts'
import { nullColumn } from '../batch/null-column.ts'
import { cellsOf } from '../batch/rows.ts'
import { type Arena, allocUint8 } from '../batch/slab.ts'
import { type DataError, JobError } from '../errors.ts'
import { type ColumnType, isNumeric } from '../types/column-type.ts'
import { type Schema, schemaOf } from '../types/schema.ts'
import { functionFailed, showValues, wrongResult } from '../user-functions/failure.ts'
import { takes } from '../user-functions/values.ts'
import { bind } from './bind.ts'
import type { Call, Expr } from './expr.ts'
import { udf, udfOptions } from './functions/udf.ts'
import type { Kernel, KernelStep, NamedExpr } from './kernel.ts'
import type { Outside } from './outside.ts'
import { failsIn } from './overflow.ts'
import { resultColumn } from './result-column.ts'
import { columnsUsed } from './type-of.ts'

/** A call between kernels: its arguments are columns by then, and its result becomes one. */
interface BatchCall {
  readonly call: Call
  readonly args: readonly string[]
  readonly result: string
}

/** What runs one after another. */
type Part = { readonly steps: KernelStep[] } | { readonly calls: readonly BatchCall[] }

const isCall = (expr: Expr): expr is Call => expr.kind === 'call' && expr.fn === udf.name

/** Whether these steps are more than one loop. */
export const needsParts = (schema: Schema, steps: readonly KernelStep[]): boolean =>
  steps.some(step => exprsOf(step).some(expr => has(expr, () => true))) && partsOf(schema, steps).length > 1

const exprsOf = (step: KernelStep): readonly Expr[] =>
  step.kind === 'filter' ? [step.test] : step.columns.map(({ expr }) => expr)

const has = (expr: Expr, test: (call: Call) => boolean | undefined): boolean =>
  expr.kind === 'call' && ((isCall(expr) && test(expr) === true) || expr.args.some(arg => has(arg, test)))

/** The names of the functions that a step calls and that may give other results for equal arguments, each once. */
export function impureCalls(step: KernelStep): string[] {
  const names = new Set<string>()
  for (const expr of exprsOf(step)) {
    has(expr, call => {
      const { impure, name } = udfOptions(call)
      if (impure) names.add(name)
      return false
    })
  }
  return [...names]
}

const isBatchCall = (call: Call) => udfOptions(call).batch

/** A kernel of several. @param compile makes one of steps that need no parts */
export function partsKernel(
  schema: Schema,
  steps: readonly KernelStep[],
  outside: Outside,
  compile: (schema: Schema, steps: readonly KernelStep[]) => Kernel,
): Kernel {
  const parts = partsOf(schema, steps)
  let current = schema
  const runs = parts.map((part): Kernel['run'] => {
    if ('steps' in part) {
      const kernel = compile(current, part.steps)
      current = kernel.schema
      return (batch, arena) => kernel.run(batch, arena)
    }
    const passes = part.calls.map(call => callPass(current, call, outside))
    current = schemaOf([...current, ...passes.map(({ field }) => field)])
    const made = current
    return (batch, arena) => {
      const columns = passes.map(({ run }) => run(batch, arena))
      return { ...batch, schema: made, columns: [...batch.columns, ...columns] }
    }
  })
  return {
    schema: current,
    run: (batch, arena) => runs.reduce((before, run) => run(before, arena), batch),
  }
}

function partsOf(schema: Schema, steps: readonly KernelStep[]): Part[] {
  const parts: Part[] = []
  const add = (step: KernelStep, alone = false) => {
    const last = parts.at(-1)
    if (last && 'steps' in last && !alone) last.steps.push(step)
    else parts.push({ steps: [step] })
  }
  let names = schema.map(({ name }) => name)
  let hidden = 0
  /** Columns that the last part calls functions for. */
  let called = new Set<string>()
  for (const whole of steps) {
    let step = whole
    const extra: string[] = []
    for (let calls = innermost(step); calls.length > 0; calls = innermost(step)) {
      const columns: NamedExpr[] = []
      const passes = calls.map((call): BatchCall => {
        const args = call.args.map(expr => {
          const name = `\u0000argument ${hidden++}`
          columns.push({ name, expr })
          return name
        })
        return { call, args, result: `\u0000result ${hidden++}` }
      })
      const arguing: KernelStep = {
        kind: 'project',
        columns: [...[...names, ...extra].map(named), ...columns],
      }
      add(arguing, computesWith(arguing, called))
      parts.push({ calls: passes })
      called = new Set()
      extra.push(...columns.map(({ name }) => name), ...passes.map(({ result }) => result))
      step = replaced(step, new Map(passes.map(({ call, result }) => [call, result])))
    }
    if (computesWith(step, called)) {
      add(step, true)
      called = new Set()
    } else add(step)
    if (step.kind === 'project') {
      const before = called
      const calls = step.columns.filter(
        ({ expr }) => has(expr, () => true) || (expr.kind === 'column' && before.has(expr.name)),
      )
      called = new Set(calls.map(({ name }) => name))
      names = step.columns.map(({ name }) => name)
    } else if (extra.length > 0) add({ kind: 'project', columns: names.map(named) })
  }
  return parts
}

/** Whether a step reads some of these columns for more than passing them on once: their values would be computed again. */
function computesWith(step: KernelStep, columns: ReadonlySet<string>): boolean {
  if (columns.size === 0) return false
  if (step.kind === 'filter') return columnsUsed(step.test).some(name => columns.has(name))
  const passed = step.columns.flatMap(({ expr }) => (expr.kind === 'column' ? [expr.name] : []))
  const used = step.columns.flatMap(({ expr }) => (expr.kind === 'column' ? [] : columnsUsed(expr)))
  return (
    used.some(name => columns.has(name)) ||
    passed.some((name, i) => columns.has(name) && passed.indexOf(name) < i)
  )
}

const named = (name: string): NamedExpr => ({ name, expr: { kind: 'column', name } })

/** Calls of functions of columns without such calls in their arguments, each once. */
function innermost(step: KernelStep): readonly Call[] {
  const found = new Set<Call>()
  const visit = (expr: Expr) => {
    if (expr.kind !== 'call' || found.has(expr)) return
    if (isCall(expr) && isBatchCall(expr) && !expr.args.some(arg => has(arg, isBatchCall))) found.add(expr)
    else expr.args.forEach(visit)
  }
  exprsOf(step).forEach(visit)
  return [...found]
}

function replaced(step: KernelStep, by: ReadonlyMap<Call, string>): KernelStep {
  const inExpr = (expr: Expr): Expr => {
    if (expr.kind !== 'call') return expr
    const name = by.get(expr)
    return name === undefined ? { ...expr, args: expr.args.map(inExpr) } : { kind: 'column', name }
  }
  return step.kind === 'filter'
    ? { ...step, test: inExpr(step.test) }
    : { ...step, columns: step.columns.map(column => ({ ...column, expr: inExpr(column.expr) })) }
}

/** Calls a function of columns. Arguments and results are copies, which are the function's own. */
function callPass(schema: Schema, { call, args, result }: BatchCall, outside: Outside) {
  // As it is bound anywhere: arguments checked, and widened.
  const bound = bind({ ...call, args: args.map(name => named(name).expr) }, schema, undefined, outside)
  const type = bound.type!
  const options = udfOptions(call)
  const places = args.map(name => schema.findIndex(field => field.name === name))
  const fail = (error: DataError): never => {
    failsIn(error, call)
    throw error
  }
  const run = (batch: Batch, arena: Arena): Column => {
    const called = outside.functions?.callable(options.function)
    if (!called) throw new JobError('INTERNAL', `${options.name}() was bound without functions`)
    const columns = places.map(place => batch.columns[place]!)
    const rows = rowsToCall(batch, options.takesNulls ? [] : columns)
    if (rows.length === 0) return nullColumn(type, batch.length, arena)
    const given = columns.map((column, i) =>
      givenColumn(batch, column, options.in[i]!, rows, options.takesNulls === true),
    )
    const first = () => showValues(given.map(values => values[0]))
    let results: ArrayLike<unknown>
    try {
      results = called(...given) as ArrayLike<unknown>
    } catch (cause) {
      if (!options.orNull)
        return fail(functionFailed(options.function, `${rows.length} rows, the first ${first()}`, cause))
      results = { length: rows.length }
    }
    const isList = typeof results === 'object' && results !== null && results.length === rows.length
    if (!isList) {
      const wanted = { type: `a column of ${rows.length}`, takes: 'a value for each row' }
      return fail(wrongResult(options.function, `${rows.length} rows, the first ${first()}`, results, wanted))
    }
    return columnOfResults(type, results, rows, batch.length, arena, i => {
      if (options.orNull) return null
      const values = showValues(given.map(values => values[i]))
      return fail(wrongResult(options.function, values, results[i], { type, takes: takes(type) }))
    })
  }
  return { field: { name: result, type }, run }
}

/** The rows that count and have no null in these columns. */
function rowsToCall(batch: Batch, columns: readonly Column[]): Uint32Array {
  const nullable = columns.filter(({ validity }) => validity !== undefined)
  const count = rowCount(batch)
  if (nullable.length === 0 && batch.selection) return batch.selection
  const rows = new Uint32Array(count)
  let kept = 0
  for (let i = 0; i < count; i++) {
    const row = rowAt(batch, i)
    rows[kept] = row
    if (nullable.length === 0 || !nullable.some(column => isNullAt(column, row))) kept++
  }
  return rows.subarray(0, kept)
}

/** A column as a function is given it: numbers as a typed array of the declared type, others, and nulls, as an array. */
function givenColumn(
  batch: Batch,
  column: Column,
  type: ColumnType,
  rows: Uint32Array,
  takesNulls: boolean,
): ArrayLike<unknown> {
  const one = {
    ...batch,
    schema: schemaOf([{ name: 'argument', type: column.type }]),
    columns: [column],
    selection: rows,
  }
  if (!isNumeric(type) || takesNulls) return cellsOf(one, 0)
  const { values } = column
  if (column.type === 'int53') return Float64Array.from(cellsOf(one, 0) as number[])
  const Typed = values.constructor as Float64ArrayConstructor
  if (rows.length === batch.length) return new Typed(values as Float64Array)
  const dense = new Typed(rows.length)
  for (let i = 0; i < rows.length; i++) dense[i] = values[rows[i]!] as number
  return dense
}

function columnOfResults(
  type: ColumnType,
  results: ArrayLike<unknown>,
  rows: Uint32Array,
  length: number,
  arena: Arena,
  wrong: (i: number) => null,
): Column {
  if (type === 'float64' && results instanceof Float64Array) {
    const values = allocValues(type, length, arena) as Float64Array
    if (rows.length === length) {
      values.set(results)
      return { type, values }
    }
    for (let i = 0; i < rows.length; i++) values[rows[i]!] = results[i]!
    const validity = allocUint8(arena, bitmapBytes(length)).fill(0)
    for (let i = 0; i < rows.length; i++) validity[rows[i]! >> 3]! |= 1 << (rows[i]! & 7)
    return { type, values, validity }
  }
  if (rows.length === length) return resultColumn(type, Array.from(results), arena, wrong)
  // Rows that were left out are null.
  const all: unknown[] = new Array(length).fill(null)
  const places = new Uint32Array(length)
  for (let i = 0; i < rows.length; i++) {
    all[rows[i]!] = results[i]
    places[rows[i]!] = i
  }
  return resultColumn(type, all, arena, row => wrong(places[row]!))
}
