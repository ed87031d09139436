/** What a join is told to do, and which columns leave it. */

import { PlanError } from '../errors.ts'
import type { Expr } from '../expr/expr.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import { type ColumnType, isText, isTimestamp } from '../types/column-type.ts'
import { type Field, fieldOf, type Schema } from '../types/schema.ts'
import { commonKeyType } from './join-keys.ts'

/**
 * Which rows leave: pairs (`inner`), and the rows of one side or both that are in none, with nulls for the other side; or
 * the rows of the first side that are in a pair (`semi`), or in none (`anti`).
 */
export type JoinKind = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti'

export const JOIN_KINDS: readonly JoinKind[] = ['inner', 'left', 'right', 'full', 'semi', 'anti']

/** Columns that must be equal, and not null, for two rows to meet. */
export interface KeyPair {
  readonly left: string
  readonly right: string
}

/** How much later than the first row the second may be, ms, ends included; an end that is left out has no bound. */
export interface TimeRange {
  readonly fromMs?: number
  readonly toMs?: number
}

/** A column of the output: `column` of the first input (0) or the second (1). */
export interface JoinedColumn {
  readonly input: 0 | 1
  readonly column: string
  readonly as: string
  /** A key of one name in a full join: the column of the second input, for rows that have no first. */
  readonly or?: string
}

export interface JoinNode extends PlanNode {
  readonly kind: 'join'
  readonly how: JoinKind
  readonly on: readonly KeyPair[]
  /** Appended to names of the second input that the first has, too. */
  readonly suffix: string
  /** Rows meet only when the event time of the second less that of the first is in it. */
  readonly within?: TimeRange
  /** And only when this is true: of columns `l.name` and `r.name`. */
  readonly where?: Expr
  /** The side that is looked up in is given to every shard, and rows of the other stay where they are. */
  readonly broadcast?: true
  /** What leaves. Absent: all columns, a key of one name once. */
  readonly columns?: readonly JoinedColumn[]
}

/** Rows of this input leave also when they are in no pair. */
export const isPreserved = (how: JoinKind, input: 0 | 1): boolean =>
  how === 'full' || how === (input === 0 ? 'left' : 'right')

/** Of the columns those that are wanted; one, a key where there is one, when only the number of rows is. */
export function wantedColumns(
  columns: readonly JoinedColumn[],
  wanted: ReadonlySet<string>,
  on: readonly KeyPair[],
): readonly JoinedColumn[] {
  const kept = columns.filter(({ as }) => wanted.has(as))
  if (kept.length > 0) return kept
  const isKey = ({ input, column }: JoinedColumn) =>
    on.some(({ left, right }) => column === (input === 0 ? left : right))
  return [columns.find(isKey) ?? columns[0]!]
}

/** Only rows of the first input leave. */
export const givesLeftRows = (how: JoinKind): boolean => how === 'semi' || how === 'anti'

/** By key: the type that both sides are cast to. @throws {PlanError} `JOIN_TYPE`, `UNKNOWN_COLUMN` */
export function keyTypes({ on }: Pick<JoinNode, 'on'>, left: Schema, right: Schema): ColumnType[] {
  return on.map(pair => {
    const [a, b] = [fieldOf(left, pair.left).type, fieldOf(right, pair.right).type]
    const type = commonKeyType(a, b)
    if (type !== undefined) return type
    throw new PlanError(
      'JOIN_TYPE',
      `join cannot compare ${JSON.stringify(pair.left)} ${a} with ${JSON.stringify(pair.right)} ${b}`,
      { hint: "cast one of them first: .with({ key: r => r.key.cast('int64') })" },
    )
  })
}

/** The columns that leave, with their names. @throws {PlanError} `DUPLICATE_COLUMN` */
export function joinedColumns(
  { columns, on, suffix, how }: JoinNode,
  left: Schema,
  right: Schema,
): readonly JoinedColumn[] {
  if (columns) return columns
  const shared = new Set(on.filter(pair => pair.left === pair.right).map(pair => pair.right))
  const all = left.map(({ name }): JoinedColumn => {
    if (!shared.has(name) || how === 'inner') return { input: 0, column: name, as: name }
    // Rows without a first one have a key, too.
    if (how === 'right') return { input: 1, column: name, as: name }
    return { input: 0, column: name, as: name, ...(how === 'full' ? { or: name } : {}) }
  })
  if (givesLeftRows(how)) return all
  const names = new Set(left.map(({ name }) => name))
  for (const { name } of right) {
    if (shared.has(name)) continue
    all.push({ input: 1, column: name, as: names.has(name) ? name + suffix : name })
  }
  return all
}

/** The fields of columns that leave. @throws {PlanError} `JOIN_TYPE` for keys of a full join that no one type holds */
export function joinedFields(columns: readonly JoinedColumn[], left: Schema, right: Schema): Field[] {
  return columns.map(({ input, column, as, or }): Field => {
    const { type } = fieldOf(input === 0 ? left : right, column)
    if (or === undefined) return { name: as, type }
    const other = fieldOf(right, or).type
    const both = holdingBoth(type, other)
    if (both !== undefined) return { name: as, type: both }
    throw new PlanError(
      'JOIN_TYPE',
      `a full join has ${JSON.stringify(as)} of both sides as one column, and no type holds ${type} and ${other}`,
      { hint: "cast one of them first: .with({ key: r => r.key.cast('int64') }), or give them two names" },
    )
  })
}

/** The type that holds every value of both, as keys are cast. */
function holdingBoth(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (a === b) return a
  if (isText(a) && isText(b)) return 'utf8'
  if (a === 'uint64' || b === 'uint64' || isTimestamp(a)) return undefined
  const common = commonKeyType(a, b)
  const loses = common === 'int64' && (a.startsWith('float') || b.startsWith('float'))
  return loses ? undefined : common
}

/** The name under which a column of an input leaves as it is, if it does. */
export function nameOf(columns: readonly JoinedColumn[], input: 0 | 1, column: string): string | undefined {
  const found = columns.find(
    joined => (joined.input === input && joined.column === column) || (input === 1 && joined.or === column),
  )
  return found?.as
}

/**
 * The range of time in which rows meet: the one given, or for rows with equal event times, as those of equal windows have,
 * none at all: nothing of them has to be kept once time has passed. Rows that may be late, or be taken back, are kept.
 *
 * @throws {PlanError} `NO_EVENT_TIME`, `CHANGES_INPUT`
 */
export function timeRangeOf(
  { on, within }: Pick<JoinNode, 'on' | 'within'>,
  inputs: readonly NodeOutput[],
): TimeRange | undefined {
  if (within) {
    for (const input of inputs) checkTimed(input)
    return within
  }
  const [left, right] = inputs as readonly [NodeOutput, NodeOutput]
  const simultaneous = on.some(pair => pair.left === left.eventTime && pair.right === right.eventTime)
  const settled = inputs.every(({ rows, lateness }) => rows === 'append' && !lateness)
  return simultaneous && settled ? { fromMs: 0, toMs: 0 } : undefined
}

function checkTimed({ eventTime, rows }: NodeOutput): void {
  if (eventTime === undefined) {
    throw new PlanError('NO_EVENT_TIME', 'the within of join goes by event time, and an input has none', {
      hint: "put .watermark('column') before both sides",
    })
  }
  if (rows === 'changes') {
    throw new PlanError('CHANGES_INPUT', 'join with within cannot take a changelog', {
      hint: 'leave within out, and compare the times in where: the changelog says itself what is gone',
    })
  }
}
