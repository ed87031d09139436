import { PlanError } from '../errors.ts'
import { bindTest } from '../expr/bind.ts'
import { show } from '../expr/show.ts'
import type { NodeOutput } from '../plan.ts'
import { showDuration } from '../time/duration.ts'
import { schemaOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import {
  givesLeftRows,
  isPreserved,
  type JoinedColumn,
  type JoinKind,
  type JoinNode,
  joinedColumns,
  joinedFields,
  keyTypes,
  nameOf,
  type TimeRange,
  timeRangeOf,
  wantedColumns,
} from './join-columns.ts'
import { pairColumnsUsed, pairSchema } from './join-condition.ts'

/** The rows of two inputs that have the same keys. */
export const join = defineOperator<JoinNode>({
  kind: 'join',
  output(node, inputs) {
    const [left, right] = inputs as readonly [NodeOutput, NodeOutput]
    keyTypes(node, left.schema, right.schema)
    if (node.where) bindTest(node.where, pairSchema(left.schema, right.schema))
    if (node.broadcast) checkBroadcast(node.how, inputs)
    const range = timeRangeOf(node, inputs)
    const columns = joinedColumns(node, left.schema, right.schema)
    const keys = keysOf(node, columns)
    return {
      schema: schemaOf(joinedFields(columns, left.schema, right.schema)),
      bounded: left.bounded && right.bounded,
      lateness: false,
      timeOrdered: false,
      rows: isChangelog(node, inputs, range) ? 'changes' : 'append',
      ...(keys ? { keys } : {}),
      ...uniqueKeysOf(node, columns, left),
      ...(range ? timeOf(node, columns, inputs) : {}),
    }
  },
  explain({ how, on, within, where, broadcast }) {
    const keys = on.map(({ left, right }) =>
      left === right ? JSON.stringify(left) : `${JSON.stringify(left)} = ${JSON.stringify(right)}`,
    )
    const times = within ? `, ${showRange(within)}` : ''
    return `${how} join on ${keys.join(', ')}${times}${where ? `, where ${show(where)}` : ''}${broadcast ? ', by broadcast' : ''}`
  },
  needs(node, wanted, input, { index, inputs }) {
    const [left, right] = inputs
    const columns = wantedColumns(joinedColumns(node, left!.schema, right!.schema), wanted, node.on)
    const time = timeRangeOf(node, inputs) === undefined ? [] : [input.eventTime!]
    return [
      ...columns.filter(({ input }) => input === index).map(({ column }) => column),
      ...columns.flatMap(({ or }) => (or === undefined || index === 0 ? [] : [or])),
      ...node.on.map(pair => (index === 0 ? pair.left : pair.right)),
      ...(node.where ? pairColumnsUsed(node.where, index as 0 | 1) : []),
      ...time,
    ]
  },
  // Names say which columns the inputs had before others were left out.
  narrowed(node, wanted, _input, inputs) {
    const columns = joinedColumns(node, inputs[0]!.schema, inputs[1]!.schema)
    return { ...node, columns: wantedColumns(columns, wanted, node.on) } as JoinNode
  },
  // In rows without a first one, its columns are null: only keys of one name are what they were.
  passesThrough({ how, on, columns }, column) {
    const preserved = isPreserved(how, 1)
    if (preserved && !on.some(({ left, right }) => left === column && right === column)) return false
    return columns?.some(({ as, column: name }) => as === column && name === column) ?? true
  },
  routes({ on, how, broadcast }, inputs) {
    const side = broadcast ? builtSide(how, inputs) : undefined
    if (side === undefined)
      return [{ keys: on.map(({ left }) => left) }, { keys: on.map(({ right }) => right) }]
    return side === 0 ? ['all', 'any'] : ['any', 'all']
  },
  ordered: () => true,
  holdsBack: (_node, inputs) => inputs.every(({ bounded }) => !bounded),
  readsFirst: ({ how }, inputs) => builtSide(how, inputs),
  children({ how }, inputs) {
    const side = builtSide(how, inputs)
    if (side === undefined || givesLeftRows(how)) return side === undefined ? 0 : (inputs[0]!.children ?? 0)
    const probed = (inputs[1 - side]!.children ?? 0) + 1
    return isPreserved(how, side) ? Math.max(probed, inputs[side]!.children ?? 0) : probed
  },
  takesChanges: true,
  endlessState(node, inputs) {
    const range = timeRangeOf(node, inputs)
    const kept = inputs.filter(({ bounded }, input) => {
      const other = inputs[1 - input]!
      const open = range === undefined || (input === 0 ? range.toMs : range.fromMs) === undefined
      return !bounded && !other.bounded && open
    })
    if (kept.length === 0) return undefined
    return `${kept.length === 2 ? 'the rows of both sides are' : 'the rows of a side are'} kept; within: ['-1h', '1h'] bounds that`
  },
  // The pairs are the same; what goes by their order is not: a limit, or which rows a watermark behind the join finds late.
  notRepeatable: (_node, inputs) =>
    inputs.every(({ bounded }) => !bounded)
      ? 'the order of pairs goes by when the rows of both streams arrive'
      : undefined,
  runtime: () => import('./join-runtime.ts'),
})

/**
 * Which input is held until it has ended, to be looked up in: the second of two that end, else the one that ends. None
 * where that one's rows may have to leave unmatched while the other goes on.
 */
export function builtSide(
  how: JoinKind,
  [left, right]: readonly Pick<NodeOutput, 'bounded'>[],
): 0 | 1 | undefined {
  if (left!.bounded && right!.bounded) return 1
  if (right!.bounded) return isPreserved(how, 1) ? undefined : 1
  if (left!.bounded) return isPreserved(how, 0) || givesLeftRows(how) ? undefined : 0
  return undefined
}

/** @throws {PlanError} `JOIN_BROADCAST` where rows of the side that every shard has may leave unmatched, or go on */
function checkBroadcast(how: JoinKind, inputs: readonly NodeOutput[]): void {
  const side = builtSide(how, inputs)
  if (side !== undefined && !isPreserved(how, side)) return
  const reason =
    side === undefined
      ? 'of inputs that go on has no side to give to every shard'
      : 'cannot give its second side to every shard: no shard knows which of its rows have met none'
  throw new PlanError('JOIN_BROADCAST', `this ${how} join ${reason}`, {
    hint: 'leave broadcast out, or let the second dataset be one that ends, in an inner, left, semi or anti join',
  })
}

/** Whether rows may be taken back: those of an input, or rows that left before the row came that they meet. */
function isChangelog(
  { how }: JoinNode,
  inputs: readonly NodeOutput[],
  range: TimeRange | undefined,
): boolean {
  if (inputs.some(({ rows }) => rows === 'changes')) return true
  return builtSide(how, inputs) === undefined && range === undefined && how !== 'inner' && how !== 'semi'
}

/** The columns that say whose row it is: the keys of a side of which every row that leaves has one. */
function keysOf({ how, on }: JoinNode, columns: readonly JoinedColumn[]): string[] | undefined {
  const keys = on.map(({ left, right }) => {
    if (how === 'full' && left !== right) return undefined
    return how === 'right' ? nameOf(columns, 1, right) : nameOf(columns, 0, left)
  })
  return keys.every(key => key !== undefined) ? keys : undefined
}

/** No two rows of the first side leave as one: what tells them apart still does. */
function uniqueKeysOf(
  { how }: JoinNode,
  columns: readonly JoinedColumn[],
  { uniqueKeys }: NodeOutput,
): Pick<NodeOutput, 'uniqueKeys'> {
  if (!givesLeftRows(how) || !uniqueKeys) return {}
  const kept = uniqueKeys.every(key => columns.some(({ as }) => as === key))
  return kept ? { uniqueKeys } : {}
}

/** The event time of what leaves is that of the side of which every row has one, the first if both. */
function timeOf(
  { how, on }: JoinNode,
  columns: readonly JoinedColumn[],
  inputs: readonly NodeOutput[],
): Pick<NodeOutput, 'eventTime' | 'windowMs' | 'windowEnd'> {
  const side = how === 'right' ? 1 : 0
  const { eventTime, windowMs, windowEnd } = inputs[side]!
  const known = how !== 'full' || on.some(({ left, right }) => left === eventTime && right === eventTime)
  const time = known ? nameOf(columns, side, eventTime!) : undefined
  if (time === undefined) return {}
  const end = windowEnd === undefined ? undefined : nameOf(columns, side, windowEnd)
  const whole = how !== 'full' || on.some(({ left, right }) => left === windowEnd && right === windowEnd)
  return {
    eventTime: time,
    ...(windowMs === undefined ? {} : { windowMs }),
    ...(end === undefined || !whole ? {} : { windowEnd: end }),
  }
}

function showRange({ fromMs, toMs }: TimeRange): string {
  if (fromMs !== undefined && toMs !== undefined && fromMs === -toMs)
    return `at most ${showDuration(toMs)} apart`
  const signed = (ms: number) => (ms < 0 ? `-${showDuration(-ms)}` : showDuration(ms))
  const from = fromMs === undefined ? 'any time' : signed(fromMs)
  return `the second from ${from} to ${toMs === undefined ? 'any time' : signed(toMs)} after the first`
}
