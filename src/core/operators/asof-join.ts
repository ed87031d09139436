import { PlanError } from '../errors.ts'
import { mixedZones } from '../expr/bound.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import { showDuration } from '../time/duration.ts'
import type { ColumnType } from '../types/column-type.ts'
import { isTimestamp } from '../types/column-type.ts'
import { type Field, fieldIndex, fieldOf, type Schema, schemaOf } from '../types/schema.ts'
import type { OperatorContext } from './contract.ts'
import { defineOperator } from './define.ts'
import { type JoinedColumn, type KeyPair, wantedColumns } from './join-columns.ts'
import { commonKeyType } from './join-keys.ts'

/** Where the row of the second input is sought: at or before the time of the first's, at or after it, or on either side. */
export type AsofDirection = 'backward' | 'forward' | 'nearest'

/** Each row of the first input with the one of the second that has the same keys and is next to it in time. */
export interface AsofJoinNode extends PlanNode {
  readonly kind: 'asofJoin'
  /** Rows of the first input without a partner stay, or are left out. */
  readonly how: 'left' | 'inner'
  /** May be empty: all rows are of one key. */
  readonly on: readonly KeyPair[]
  readonly direction: AsofDirection
  /** The columns of time. Absent: event time. */
  readonly time?: KeyPair
  /** Partners are no further apart. */
  readonly toleranceMs?: number
  /** Appended to names of the second input that the first has, too. */
  readonly suffix: string
  /** The call of the user's, where it is another: what errors and `explain` name. */
  readonly verb?: string
  /** What leaves. Absent: all columns, a key of one name once. */
  readonly columns?: readonly JoinedColumn[]
}

/** Where the runtimes find things; inputs are 0 and 1. */
export interface AsofLayout {
  /** By input: the column of time, by its place. */
  readonly times: readonly [number, number]
  /** By input: the key columns. */
  readonly keyColumns: readonly [readonly number[], readonly number[]]
  /** By key: the type that both sides are cast to. */
  readonly keyTypes: readonly ColumnType[]
  readonly columns: readonly { readonly input: 0 | 1; readonly column: number }[]
  readonly inner: boolean
  /** Infinity: as far apart as may be. */
  readonly toleranceMs: number
}

export const asofJoin = defineOperator<AsofJoinNode>({
  kind: 'asofJoin',
  output(node, inputs) {
    const [left, right] = inputs as readonly [NodeOutput, NodeOutput]
    keyTypes(node, left.schema, right.schema)
    for (const input of [0, 1] as const) checkRows(node, inputs[input]!, input)
    for (const input of [0, 1] as const) checkTime(node, inputs[input]!, input)
    checkZones(node, left, right)
    const columns = joinedColumns(node, left.schema, right.schema)
    const kept = new Set(columns.filter(({ input }) => input === 0).map(({ as }) => as))
    const { keys = node.on.map(pair => pair.left), eventTime, windowMs, windowEnd } = left
    const timed = eventTime !== undefined && kept.has(eventTime)
    const fields = columns.map(({ input, column, as }): Field => {
      const { type } = fieldOf(inputs[input]!.schema, column)
      return { name: as, type }
    })
    return {
      schema: schemaOf(fields),
      bounded: left.bounded && right.bounded,
      lateness: false,
      timeOrdered: false,
      rows: 'append',
      ...(keys.every(key => kept.has(key)) ? { keys } : {}),
      ...(timed ? { eventTime } : {}),
      ...(timed && windowMs !== undefined ? { windowMs } : {}),
      ...(timed && windowEnd !== undefined && kept.has(windowEnd) ? { windowEnd } : {}),
    }
  },
  explain({ how, on, direction, toleranceMs, verb }) {
    const keys = on.map(({ left, right }) =>
      left === right ? JSON.stringify(left) : `${JSON.stringify(left)} = ${JSON.stringify(right)}`,
    )
    const by = keys.length ? ` on ${keys.join(', ')}` : ''
    const within = toleranceMs === undefined ? '' : `, at most ${showDuration(toleranceMs)} apart`
    return verb ? `${how} ${verb} event time${by}` : `asofJoin ${direction}${by}${within}`
  },
  needs(node, wanted, input, { index, inputs }) {
    const all = joinedColumns(node, inputs[0]!.schema, inputs[1]!.schema)
    const columns = wantedColumns(all, wanted, node.on)
    return [
      ...columns.filter(({ input }) => input === index).map(({ column }) => column),
      ...node.on.map(pair => (index === 0 ? pair.left : pair.right)),
      timeOf(node, input, index as 0 | 1)!,
    ]
  },
  // Names say which columns the inputs had before others were left out.
  narrowed(node, wanted, _input, inputs) {
    const columns = joinedColumns(node, inputs[0]!.schema, inputs[1]!.schema)
    return { ...node, columns: wantedColumns(columns, wanted, node.on) } as AsofJoinNode
  },
  passesThrough: (node, column) =>
    node.columns?.some(({ input, as, column: name }) => input === 0 && as === column && name === column) ??
    true,
  routes: ({ on }) =>
    on.length === 0
      ? ['one', 'one']
      : [{ keys: on.map(({ left }) => left) }, { keys: on.map(({ right }) => right) }],
  // Refuses them itself, and says what to give instead.
  takesChanges: true,
  children: (_node, [left]) => left!.children ?? 0,
  readsPlaces: () => true,
  holdsBack: ({ direction }) => direction !== 'backward',
  runtime: () => import('./asof-join-runtime.ts'),
})

/** @throws {PlanError} `CHANGES_INPUT` */
function checkRows({ verb = 'asofJoin' }: AsofJoinNode, { rows }: NodeOutput, input: 0 | 1): void {
  if (rows === 'append') return
  const side = input === 0 ? 'first' : 'second'
  throw new PlanError('CHANGES_INPUT', `${verb} cannot take a changelog, which the ${side} dataset is`, {
    hint: 'a changelog does not say since when its rows hold: give the rows that it was made of, of which the newest of each key is the version',
  })
}

/** The column of time of an input. */
const timeOf = ({ time }: AsofJoinNode, { eventTime }: NodeOutput, input: 0 | 1): string | undefined =>
  time ? (input === 0 ? time.left : time.right) : eventTime

/** @throws {PlanError} `NO_EVENT_TIME`, `ASOF_TIME`, `UNKNOWN_COLUMN`, `EVENT_TIME_TYPE` */
function checkTime(node: AsofJoinNode, of: NodeOutput, input: 0 | 1): void {
  const verb = node.verb ?? 'asofJoin'
  const name = timeOf(node, of, input)
  const side = input === 0 ? 'first' : 'second'
  if (name === undefined) {
    throw new PlanError('NO_EVENT_TIME', `${verb} goes by event time, and the ${side} dataset has none`, {
      hint: of.bounded
        ? "put .watermark('column') before both sides, or name the column: { time: 'column' }"
        : "put .watermark('column') before both sides",
    })
  }
  const { type } = fieldOf(of.schema, name)
  if (type !== 'date' && !isTimestamp(type)) {
    throw new PlanError(
      'EVENT_TIME_TYPE',
      `time must be a timestamp or a date, but ${JSON.stringify(name)} is ${type}`,
      {
        hint: 'declare the column as timestamp in the schema',
      },
    )
  }
  if (of.bounded || name === of.eventTime) return
  const is = of.eventTime === undefined ? 'has none' : `is ${JSON.stringify(of.eventTime)}`
  throw new PlanError(
    'ASOF_TIME',
    `${verb} over data that does not end goes by event time, which ${is}, and not by ${JSON.stringify(name)}`,
    { hint: `put .watermark(${JSON.stringify(name)}) before the ${side} dataset` },
  )
}

/** A time with a zone and one without are not compared. @throws {PlanError} `JOIN_TYPE` */
function checkZones(node: AsofJoinNode, left: NodeOutput, right: NodeOutput): void {
  const a = fieldOf(left.schema, timeOf(node, left, 0)!)
  const b = fieldOf(right.schema, timeOf(node, right, 1)!)
  const hint = mixedZones(a.type, b.type)
  if (hint === undefined) return
  throw new PlanError(
    'JOIN_TYPE',
    `${node.verb ?? 'asofJoin'} cannot compare ${JSON.stringify(a.name)} ${a.type} with ${JSON.stringify(b.name)} ${b.type}`,
    { hint },
  )
}

/** By key: the type that both sides are cast to. @throws {PlanError} `JOIN_TYPE`, `UNKNOWN_COLUMN` */
function keyTypes({ on, verb = 'asofJoin' }: AsofJoinNode, left: Schema, right: Schema): ColumnType[] {
  return on.map(pair => {
    const [a, b] = [fieldOf(left, pair.left).type, fieldOf(right, pair.right).type]
    const type = commonKeyType(a, b)
    if (type !== undefined) return type
    throw new PlanError(
      'JOIN_TYPE',
      `${verb} cannot compare ${JSON.stringify(pair.left)} ${a} with ${JSON.stringify(pair.right)} ${b}`,
      { hint: "cast one of them first: .with({ key: r => r.key.cast('int64') })" },
    )
  })
}

/** The columns that leave, with their names. */
function joinedColumns({ columns, on, suffix }: AsofJoinNode, left: Schema, right: Schema) {
  if (columns) return columns
  const names = new Set(left.map(({ name }) => name))
  const shared = new Set(on.filter(pair => pair.left === pair.right).map(pair => pair.right))
  const all: JoinedColumn[] = left.map(({ name }) => ({ input: 0, column: name, as: name }))
  for (const { name } of right) {
    if (shared.has(name)) continue
    all.push({ input: 1, column: name, as: names.has(name) ? name + suffix : name })
  }
  return all
}

export function layoutOf(node: AsofJoinNode, { inputs }: OperatorContext): AsofLayout {
  const [left, right] = [inputs[0]!.schema, inputs[1]!.schema]
  return {
    times: [fieldIndex(left, timeOf(node, inputs[0]!, 0)!), fieldIndex(right, timeOf(node, inputs[1]!, 1)!)],
    keyColumns: [
      node.on.map(pair => fieldIndex(left, pair.left)),
      node.on.map(pair => fieldIndex(right, pair.right)),
    ],
    keyTypes: keyTypes(node, left, right),
    columns: joinedColumns(node, left, right).map(({ input, column }) => ({
      input,
      column: fieldIndex(input === 0 ? left : right, column),
    })),
    inner: node.how === 'inner',
    toleranceMs: node.toleranceMs ?? Number.POSITIVE_INFINITY,
  }
}
