/**
 * An aggregate of the user's: `{ start, step, merge, result, retract?, save?, load? }`, an export of a module. Its state per group
 * is whatever `start` gives; in snapshots and between shards it goes as structured clones do, through `save` and `load` where
 * those are there.
 *
 * Rows of a group are stepped in no fixed order, and states merged in any: results may depend on neither. The first rows that
 * a shard sees are folded in several ways, to refuse an aggregate that does.
 */

import { type Batch, NO_POSITION } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { cellsOf } from '../batch/rows.ts'
import { DataError, JobError, PlanError } from '../errors.ts'
import { resultColumn } from '../expr/result-column.ts'
import type { Fold, StateTable } from '../fold.ts'
import { type ColumnType, isDecimal, isText, isTimeOfDay, isTimestamp } from '../types/column-type.ts'
import { isNested, withoutDictionaries } from '../types/nested-type.ts'
import { functionFailed, showValues, wrongResult } from '../user-functions/failure.ts'
import { type Functions, type ModuleFunction, wrongExport } from '../user-functions/function-ref.ts'
import { takes } from '../user-functions/values.ts'

/** The name of the fold in plans. It is in no table: what it computes is the user's. */
export const USER_FOLD = 'udaf'

/** The options of the fold, flat as those of all folds are. */
export interface UserFoldOptions {
  readonly url: string
  readonly export: string
  /** The types of the arguments, as JSON. */
  readonly in: string
  readonly out: string
  readonly takesNulls?: boolean
  readonly retracts?: boolean
}

/** What the module exports. */
interface UserAggregate {
  start(): unknown
  step(state: unknown, ...values: unknown[]): unknown
  merge(a: unknown, b: unknown): unknown
  result(state: unknown): unknown
  retract?(state: unknown, ...values: unknown[]): unknown
  save?(state: unknown): unknown
  load?(saved: unknown): unknown
}

const NEEDED = ['start', 'step', 'merge', 'result'] as const

/** @throws {PlanError} `AGGREGATE_ARGUMENTS`, `AGGREGATE_TYPE`; where functions are loaded, `FUNCTION_EXPORT` */
export function userFold(
  argTypes: readonly ColumnType[],
  options: UserFoldOptions,
  functions?: Functions,
): Fold {
  const types = JSON.parse(options.in) as ColumnType[]
  checkArguments(argTypes, types, options.export)
  const user = functions && new UserFold(options, functions)
  const loaded = (): UserFold => {
    if (user) return user
    throw new JobError('INTERNAL', `${options.export}() was opened without functions`)
  }
  const resultType = withoutDictionaries(options.out as ColumnType)
  return {
    layout: {
      state: {
        kind: 'object',
        encode: state => loaded().encode(state),
        decode: bytes => loaded().decode(bytes),
      },
    },
    resultType,
    ...(options.retracts && { retract: 'linear' as const }),
    step: (state, input) => loaded().step(statesOf(state), input),
    merge(state, groups, from, fromGroups) {
      const [into, others] = [statesOf(state), statesOf(from)]
      for (let i = 0; i < groups.length; i++) {
        const other = others[fromGroups[i]!]
        if (other !== undefined) into[groups[i]!] = loaded().merge(into[groups[i]!], other)
      }
    },
    result(state, groups, arena) {
      const states = statesOf(state)
      const values = Array.from(groups, group => loaded().result(states[group]))
      return resultColumn(resultType, values, arena, i => loaded().wrong(values[i], resultType))
    },
  }
}

const statesOf = (table: StateTable): unknown[] => table.state as unknown as unknown[]

class UserFold {
  readonly #ref: ModuleFunction
  readonly #aggregate: UserAggregate
  readonly #functions: Functions
  readonly #takesNulls: boolean
  #checked = false

  constructor({ url, export: name, takesNulls, retracts }: UserFoldOptions, functions: Functions) {
    this.#ref = { url, export: name }
    this.#functions = functions
    this.#takesNulls = takesNulls ?? false
    const value = functions.exported(this.#ref) as UserAggregate
    const needed = [...NEEDED, ...(retracts ? (['retract'] as const) : [])]
    const whole =
      typeof value === 'object' && value !== null && needed.every(part => typeof value[part] === 'function')
    if (!whole) throw wrongExport(this.#ref, `an aggregate with ${needed.join(', ')}`, value)
    this.#aggregate = value
  }

  step(states: unknown[], { count, rows, groups, columns, weights }: Parameters<Fold['step']>[1]): void {
    const cells = columns.map(column => valuesOf(column, count, rows))
    if (!this.#checked && count > 1) this.#checkLaws(cells, groups.subarray(0, count))
    const aggregate = this.#aggregate
    let name: 'step' | 'retract' = 'step'
    let values: unknown[] = []
    try {
      for (let i = 0; i < count; i++) {
        values = cells.length === 1 ? [cells[0]![i]] : cells.map(ofColumn => ofColumn[i])
        if (!this.#takesNulls && values.includes(null)) continue
        const group = groups[i]!
        const weight = weights === undefined ? 1 : weights[i]!
        name = weight > 0 ? 'step' : 'retract'
        for (let n = Math.abs(weight); n > 0; n--) {
          const before = states[group] === undefined ? aggregate.start() : states[group]
          const after = aggregate[name]!(before, ...values)
          states[group] = after === undefined ? before : after
        }
      }
    } catch (cause) {
      throw this.#failed(name, values, cause)
    }
  }

  /** Into a state of its own: what is merged may be merged again elsewhere. */
  merge(into: unknown, other: unknown): unknown {
    return this.#call('merge', [], () => {
      const before = into === undefined ? this.#aggregate.start() : into
      const after = this.#aggregate.merge(before, this.#copyOf(other))
      return after === undefined ? before : after
    })
  }

  result(state: unknown): unknown {
    return this.#call('result', [], () =>
      this.#aggregate.result(state === undefined ? this.#aggregate.start() : state),
    )
  }

  /** Refuses a result. */
  wrong(value: unknown, type: ColumnType): null {
    throw wrongResult(this.#ref, 'the state of a group', value, { type, takes: takes(type) })
  }

  encode(state: unknown): Uint8Array {
    return this.#call('save', [], () =>
      this.#functions.encode(this.#aggregate.save ? this.#aggregate.save(state) : state),
    )
  }

  decode(bytes: Uint8Array): unknown {
    const saved = this.#functions.decode(bytes)
    return this.#call('load', [], () => (this.#aggregate.load ? this.#aggregate.load(saved) : saved))
  }

  #copyOf(state: unknown): unknown {
    return typeof state === 'object' && state !== null ? this.decode(this.encode(state)) : state
  }

  #call<T>(name: string, values: readonly unknown[], work: () => T): T {
    try {
      return work()
    } catch (cause) {
      throw this.#failed(name, values, cause)
    }
  }

  #failed(name: string, values: readonly unknown[], cause: unknown): DataError {
    if (cause instanceof DataError) return cause
    return functionFailed(this.#ref, `${name}${values.length > 0 ? `: ${showValues(values)}` : ''}`, cause)
  }

  /** Folds the first rows of a group at once, and in two parts merged in either order. */
  #checkLaws(cells: readonly unknown[][], groups: Uint32Array): void {
    const some: unknown[][] = []
    for (let i = 0; i < groups.length && some.length < LAW_ROWS; i++) {
      const values = cells.map(ofColumn => ofColumn[i])
      if (groups[i] === groups[0] && (this.#takesNulls || !values.includes(null))) some.push(values)
      if (i > MOST_LOOKED_AT) break
    }
    if (some.length < 2) return
    this.#checked = true
    const fold = (rows: readonly unknown[][]) =>
      rows.reduce<unknown>(
        (state, values) =>
          this.#call('step', values, () => {
            const after = this.#aggregate.step(state, ...values)
            return after === undefined ? state : after
          }),
        this.#call('start', [], () => this.#aggregate.start()),
      )
    const half = some.length >> 1
    const result = (state: unknown) => this.#call('result', [], () => this.#aggregate.result(state))
    const whole = result(fold(some))
    const ways = [
      ['merged', result(this.merge(fold(some.slice(0, half)), fold(some.slice(half))))],
      ['merged the other way round', result(this.merge(fold(some.slice(half)), fold(some.slice(0, half))))],
      ['in another order', result(fold([...some].reverse()))],
    ] as const
    for (const [way, other] of ways) if (!isSame(whole, other)) throw this.#brokenLaw(some, way, whole, other)
  }

  #brokenLaw(rows: readonly unknown[][], way: string, whole: unknown, other: unknown): DataError {
    const values = rows.map(row => `(${showValues(row)})`).join(' ')
    const { export: name, url } = this.#ref
    return new DataError(
      'AGGREGATE_LAWS',
      `${name} of ${url} gives ${showValues([whole])} for the rows ${values}, and ${showValues([other])} for them ${way}`,
      {
        hint: 'rows come in any order, and in parts that are merged in any: a result may depend on neither; keep a time in the state for the first or last of something',
      },
    )
  }
}

const LAW_ROWS = 6
const MOST_LOOKED_AT = 10_000

/** Sums of floats differ in their last digits. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number')
    return Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime()
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return Object.is(a ?? null, b ?? null)
  const [these, those] = [partsOf(a), partsOf(b)]
  return these.length === those.length && these.every((part, i) => isSame(part, those[i]))
}

/** What an array, a map or an object holds, the names of its fields or its keys before each. */
function partsOf(value: object): readonly unknown[] {
  if (Array.isArray(value)) return value
  return value instanceof Map ? [...value].flat() : Object.entries(value).flat()
}

function valuesOf(column: Column, count: number, rows: Uint32Array | undefined): unknown[] {
  const length = rows ? (rows[count - 1] ?? 0) + 1 : count
  const batch: Batch = {
    schema: [{ name: 'argument', type: column.type }],
    length,
    columns: [column],
    position: NO_POSITION,
    ...(rows && { selection: rows.length === count ? rows : rows.subarray(0, count) }),
  }
  return cellsOf(batch, 0)
}

/** What values of a type are in JavaScript. */
function kindOfValues(type: ColumnType): string {
  if (isNested(type)) return withoutDictionaries(type)
  if (isText(type) || isDecimal(type) || isTimeOfDay(type)) return 'text'
  if (type === 'binary') return 'bytes'
  if (type === 'bool') return 'bool'
  if (type === 'date' || isTimestamp(type)) return 'time'
  return type === 'int64' || type === 'uint64' ? 'bigint' : 'number'
}

function checkArguments(given: readonly ColumnType[], types: readonly ColumnType[], name: string): void {
  if (given.length !== types.length) {
    throw new PlanError(
      'AGGREGATE_ARGUMENTS',
      `${name}() takes ${types.length} columns, got ${given.length}`,
      {
        hint: `in: [${types.map(type => `'${type}'`).join(', ')}] says what it takes`,
      },
    )
  }
  types.forEach((type, i) => {
    if (kindOfValues(type) === kindOfValues(given[i]!)) return
    throw new PlanError('AGGREGATE_TYPE', `${name}() takes ${type}, got ${given[i]}`, {
      hint: 'cast() the argument, or declare it in `in`',
    })
  })
}
