/** Groups rows by key columns, and by window when there is one, and folds each group. */

import { isDateLike } from '../batch/column.ts'
import { PlanError } from '../errors.ts'
import { columnsUsed } from '../expr/type-of.ts'
import { foldResultType } from '../folds/index.ts'
import type { NodeOutput } from '../plan.ts'
import { showDuration } from '../time/duration.ts'
import { showWindow } from '../time/windows/show.ts'
import type { CountSpec, SessionSpec, TimeWindowSpec, WindowSpec } from '../time/windows/spec.ts'
import { timeWindows } from '../time/windows/time-windows.ts'
import { type ColumnType, isTimestamp, timestampUnit, timestampZone } from '../types/column-type.ts'
import { type Field, fieldOf, type Schema, schemaOf } from '../types/schema.ts'
import { foldInputOf, foldSpecOf, goesByOrder } from './agg-input.ts'
import type { AggNode } from './agg-node.ts'
import { checkFilter, expressionsOf, readsValueOf, showAggregate } from './aggregate-spec.ts'
import { defineOperator } from './define.ts'

export const agg = defineOperator<AggNode>({
  kind: 'agg',
  ports: ['late'],
  takesChanges: true,
  output(node, [input], port) {
    if (port === 'late') {
      const { keys: _, ...rest } = input!
      return { ...rest, timeOrdered: false }
    }
    const { schema, bounded } = input!
    const fields: Field[] = node.keys.map(key => fieldOf(schema, key))
    const bounds = hasBounds(node) || (isCount(node) && input!.eventTime !== undefined)
    if (bounds) fields.push(...windowFields(input!, node.window!))
    const foldInput = foldInputOf(input!)
    for (const aggregate of node.aggregates) {
      checkFilter(aggregate, schema)
      fields.push({ name: aggregate.name, type: foldResultType(foldSpecOf(aggregate, schema), foldInput) })
    }
    if (node.ttlMs !== undefined) checkTtl(input!)
    if (isCount(node)) return countOutput(node, input!, schemaOf(fields))
    const changelog = changing(node, input!) || emitting(node, input!)
    if (emitting(node, input!)) checkEmit(node, input!)
    return {
      schema: schemaOf(fields),
      bounded,
      keys: node.keys,
      lateness: false,
      timeOrdered: hasBounds(node) && !isSession(node) && !changelog,
      rows: changelog ? 'changes' : 'append',
      // A key that is forgotten leaves its row behind.
      ...(node.ttlMs === undefined ? { uniqueKeys: uniqueKeysOf(node) } : {}),
      ...(hasBounds(node) && !changelog
        ? { eventTime: 'windowStart', windowEnd: 'windowEnd', ...windowMsOf(node.window) }
        : {}),
    }
  },
  explain(node) {
    const by = node.keys.length ? ` by ${node.keys.map(k => JSON.stringify(k)).join(', ')}` : ''
    const window = node.window ? ` in ${showWindow(node.window)}` : ''
    return `agg ${node.aggregates.map(showAggregate).join(', ')}${by}${window}${showEmit(node)}${showTtl(node)}`
  },
  needs(node, _wanted, input) {
    // Event time is the order of rows, for the aggregates that go by it.
    const ordered = node.window !== undefined || node.ttlMs !== undefined || goesByOrder(node, input)
    const time = input.eventTime !== undefined && ordered ? [input.eventTime] : []
    return [...node.keys, ...time, ...node.aggregates.flatMap(a => expressionsOf(a).flatMap(columnsUsed))]
  },
  readsValues: ({ keys, aggregates }, column) =>
    keys.includes(column) || aggregates.some(aggregate => readsValueOf(aggregate, column)),
  passesThrough: ({ keys }, column) => keys.includes(column),
  routes: node => [{ keys: node.keys }],
  ownedByFewerKeys: (node, [input]) => changing(node, input!) && node.ttlMs === undefined,
  window: node => node.window,
  twoPhase: (node, [input]) => isWhole(node, input!),
  actsByPane: (node, [input]) => (isWhole(node, input!) ? timeWindows(node.window)?.panes : undefined),
  orderFree: node => !isCount(node),
  ordered: node => isCount(node),
  readsPlaces: (node, input) => isCount(node) || goesByOrder(node, input),
  notRepeatable: (node, [input]) =>
    isCount(node) && !input!.bounded && input!.eventTime === undefined
      ? 'which rows of a key are together goes by when the rows of several splits arrive'
      : undefined,
  endlessState: (node, [input]) =>
    isCount(node) && !input!.bounded && node.keys.length > 0
      ? 'of each key how many rows came, and the windows that are not full'
      : undefined,
  runtime: () => import('./agg-runtime.ts'),
})

const uniqueKeysOf = (node: AggNode): readonly string[] =>
  hasBounds(node) ? [...node.keys, 'windowStart', 'windowEnd'] : node.keys

/** Whether each group has a window with a start and an end. */
const hasBounds = (node: AggNode): node is AggNode & { readonly window: TimeWindowSpec } =>
  node.window !== undefined && node.window.kind !== 'global' && node.window.kind !== 'count'

export const isSession = (node: AggNode): node is AggNode & { readonly window: SessionSpec } =>
  node.window?.kind === 'session'

export const isCount = (node: AggNode): node is AggNode & { readonly window: CountSpec } =>
  node.window?.kind === 'count'

/** A window leaves with its last row, whose event time is its own. */
function countOutput(node: AggNode, input: NodeOutput, schema: Schema): NodeOutput {
  if (input.rows === 'changes') {
    throw new PlanError(
      'CHANGES_INPUT',
      'countWindow() cannot take a changelog: rows that go move all others',
      {
        hint: 'count the rows before they are made into a changelog, or take globalWindow()',
      },
    )
  }
  if (!onClose(node) || (node.allowedLatenessMs ?? 0) > 0) {
    throw new PlanError(
      'EMIT',
      'windows of countWindow() leave when they are full, and neither before nor again',
      {
        hint: 'leave emit and allowedLateness out; a larger outOfOrder of watermark() waits for late rows',
      },
    )
  }
  const timed = input.eventTime !== undefined
  return {
    schema,
    bounded: input.bounded,
    keys: node.keys,
    lateness: false,
    timeOrdered: timed,
    rows: 'append',
    ...(timed ? { eventTime: 'windowEnd' } : {}),
  }
}

function checkEmit(node: AggNode, { eventTime }: NodeOutput): void {
  if (isSession(node) && node.emit && 'rows' in node.emit) {
    throw new PlanError('EMIT', 'sessions do not count their rows: several become one', {
      hint: "take emit: 'onChange', or { every: '10s' }",
    })
  }
  if (node.window?.kind !== 'global') return
  if ((node.allowedLatenessMs ?? 0) > 0) {
    throw new PlanError('EMIT', 'globalWindow() never closes: no row is late for it', {
      hint: 'leave allowedLateness out',
    })
  }
  if (node.emit && 'everyMs' in node.emit && eventTime === undefined) {
    throw new PlanError('NO_EVENT_TIME', 'emit every so often goes by event time, and none is declared', {
      hint: "put .watermark('column') before .groupBy(…), or take emit: 'onChange' or { rows: 100 }",
    })
  }
}

function checkTtl({ eventTime, rows, bounded }: NodeOutput): void {
  if (bounded) {
    throw new PlanError('AGG_TTL', 'a ttl of agg is for data that does not end, and this does', {
      hint: 'leave ttl out, or replay() the data',
    })
  }
  if (eventTime === undefined) {
    throw new PlanError('NO_EVENT_TIME', 'the ttl of agg goes by event time, and none is declared', {
      hint: "put .watermark('column') before .groupBy(…)",
    })
  }
  if (rows === 'changes') {
    throw new PlanError('CHANGES_INPUT', 'agg with a ttl cannot take a changelog', {
      hint: 'leave ttl out: the changelog says itself what is gone',
    })
  }
}

/** Whether groups never close, so that their rows are given as they are and taken back when they change. */
export const changing = ({ window }: AggNode, { bounded }: NodeOutput): boolean => !window && !bounded

/** Whether the rows of windows leave before they close, or are corrected afterwards. */
export const emitting = (node: AggNode, { bounded }: NodeOutput): boolean =>
  node.window !== undefined && !bounded && (!onClose(node) || (node.allowedLatenessMs ?? 0) > 0)

/** Whether groups leave once, whole: when their window closes, or at the end. */
const isWhole = (node: AggNode, input: NodeOutput): boolean =>
  !changing(node, input) && !emitting(node, input) && !isSession(node) && !isCount(node)

const onClose = ({ emit }: AggNode): boolean => !emit || ('on' in emit && emit.on === 'close')

const showTtl = ({ ttlMs }: AggNode): string =>
  ttlMs === undefined ? '' : `, forgotten after ${showDuration(ttlMs)}`

function showEmit(node: AggNode): string {
  const { emit, allowedLatenessMs } = node
  const late = allowedLatenessMs ? `, late by ${showDuration(allowedLatenessMs)} at most` : ''
  if (!emit || onClose(node)) return late
  if ('on' in emit) return `, given on each change${late}`
  const every = 'rows' in emit ? `after every ${emit.rows} rows` : `every ${showDuration(emit.everyMs)}`
  return `, given ${every}${late}`
}

/** The size of windows of which each begins where the one before it ends. */
const windowMsOf = (window: WindowSpec) => (window.kind === 'tumbling' ? { windowMs: window.sizeMs } : {})

/** `windowStart` and `windowEnd`, of the type that event time has, or of one that can tell them. */
function windowFields({ schema, eventTime }: NodeOutput, window: WindowSpec): Field[] {
  if (eventTime === undefined) {
    throw new PlanError('NO_EVENT_TIME', 'a window needs event time, and no column is declared as such', {
      hint: "put .watermark('column') before .groupBy(…)",
    })
  }
  const { type } = fieldOf(schema, eventTime)
  if (!isDateLike(type))
    throw new PlanError('EVENT_TIME_TYPE', `event time ${JSON.stringify(eventTime)} is ${type}`)
  const bound = boundType(type, window)
  return [
    { name: 'windowStart', type: bound },
    { name: 'windowEnd', type: bound },
  ]
}

/** Windows that begin or end within a second need finer bounds than whole seconds. */
function boundType(type: ColumnType, window: WindowSpec): ColumnType {
  if (!isTimestamp(type)) return 'timestamp[ms]'
  const fine = lengthsOf(window).some(ms => ms % 1000 !== 0)
  if (timestampUnit(type) !== 's' || !fine) return type
  const zone = timestampZone(type)
  return zone === undefined ? 'timestamp[ms]' : `timestamp[ms, ${zone}]`
}

/** What the bounds of windows are multiples of, ms: days of calendars and event time have whole seconds. */
function lengthsOf(window: WindowSpec): number[] {
  switch (window.kind) {
    case 'tumbling':
      return [window.sizeMs, window.offsetMs]
    case 'sliding':
      return [window.sizeMs, window.everyMs, window.offsetMs]
    case 'cumulate':
      return [window.everyMs, window.offsetMs]
    case 'calendar':
    case 'calendarSliding':
      return [window.span.offsetMs]
    case 'calendarCumulate': {
      const { span, every } = window
      return [span.offsetMs, typeof every === 'number' ? every : every.offsetMs]
    }
    case 'session':
      return [window.gapMs]
    default:
      return []
  }
}
