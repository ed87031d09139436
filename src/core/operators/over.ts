import { isDateLike } from '../batch/column.ts'
import { PlanError } from '../errors.ts'
import { columnsUsed, typeOf } from '../expr/type-of.ts'
import { foldResultType } from '../folds/index.ts'
import type { NodeOutput } from '../plan.ts'
import { showDuration } from '../time/duration.ts'
import type { ColumnType } from '../types/column-type.ts'
import { type Field, fieldOf, type Schema, schemaOf } from '../types/schema.ts'
import { foldInputOf, foldSpecOf } from './agg-input.ts'
import type { AggregateSpec } from './agg-node.ts'
import { checkFilter, expressionsOf, readsValueOf, showAggregate } from './aggregate-spec.ts'
import { defineOperator } from './define.ts'
import type { SortKey } from './order-by.ts'
import type { OverFrame } from './over-frames.ts'
import { isFold, looksAhead, modeOf, needsTimes, type OverNode, orderOf } from './over-node.ts'

export const over = defineOperator<OverNode>({
  kind: 'over',
  takesChanges: true,
  output(node, [input]) {
    checkOver(node, input!)
    return outputOf(node, input!)
  },
  needs(node, wanted, input) {
    const own = new Set(node.columns.map(({ name }) => name))
    const time = input.eventTime === undefined ? [] : [input.eventTime]
    return [
      ...[...wanted].filter(name => !own.has(name)),
      ...node.by,
      ...(node.orderBy ?? []).map(({ column }) => column),
      ...time,
      ...node.columns.flatMap(column => expressionsOf(column).flatMap(columnsUsed)),
    ]
  },
  narrowed(node, wanted) {
    const columns = node.columns.filter(({ name }) => wanted.has(name))
    return { ...node, columns }
  },
  readsValues: ({ by, orderBy = [], columns }, column) =>
    by.includes(column) ||
    orderBy.some(key => key.column === column) ||
    columns.some(of => readsValueOf(of, column)),
  passesThrough: () => true,
  holdsBack: (node, [input]) => modeOf(node, input!) === 'events' && looksAhead(node),
  explain({ by, orderBy, frame, columns, ttlMs }) {
    const order = orderBy?.map(
      ({ column, descending }) => `${JSON.stringify(column)}${descending ? ' desc' : ''}`,
    )
    const parts = [
      `over ${columns.map(showAggregate).join(', ')}`,
      ...(by.length > 0 ? [`by ${by.map(key => JSON.stringify(key)).join(', ')}`] : []),
      ...(order ? [`ordered by ${order.join(', ')}`] : []),
      ...(columns.some(isFold) ? [showFrame(frame)] : []),
      ...(ttlMs === undefined ? [] : [`forgotten after ${showDuration(ttlMs)}`]),
    ]
    return parts.join(' ')
  },
  routes: ({ by }) => [by.length > 0 ? { keys: by } : 'one'],
  runtime: () => import('./over-runtime.ts'),
})

function showFrame(frame: OverFrame): string {
  const rows = frame.kind === 'rows'
  const bound = (at: number | undefined, side: string) => {
    if (at === undefined) return `unbounded ${side}`
    if (at === 0) return 'the current row'
    const size = rows ? `${Math.abs(at)}` : showDuration(Math.abs(at))
    return `${size} ${at < 0 ? 'preceding' : 'following'}`
  }
  const [from, to] = rows ? [frame.from, frame.to] : [frame.fromMs, frame.toMs]
  return `${frame.kind} from ${bound(from, 'preceding')} to ${bound(to, 'following')}`
}

function outputOf(node: OverNode, input: NodeOutput): NodeOutput {
  const { schema } = input
  const made = node.columns.map((column): Field => ({ name: column.name, type: typeOfColumn(column, input) }))
  const output: NodeOutput = {
    ...input,
    schema: schemaOf([...schema, ...made]),
    timeOrdered: false,
    ...(node.by.length > 0 ? { keys: node.by } : {}),
  }
  const mode = modeOf(node, input)
  if (mode === 'bounded') return output
  if (mode === 'events') return { ...output, lateness: false, timeOrdered: !looksAhead(node) }
  const { eventTime: _, windowMs: __, windowEnd: ___, ...rest } = output
  return { ...rest, lateness: false, rows: 'changes' }
}

function typeOfColumn(column: AggregateSpec, input: NodeOutput): ColumnType {
  if (isFold(column))
    return foldResultType(foldSpecOf(column, input.schema), foldInputOf({ ...input, rows: 'append' }))
  if (column.fold === 'lag' || column.fold === 'lead') return typeOf(column.args[0]!, input.schema)
  return column.fold === 'interpolate' ? 'float64' : 'int53'
}

function checkOver(node: OverNode, input: NodeOutput): void {
  const { schema } = input
  for (const key of node.by) fieldOf(schema, key)
  for (const { column } of node.orderBy ?? []) fieldOf(schema, column)
  for (const column of node.columns) checkFilter(column, schema)
  checkFrame(node, input)
  checkTtl(node, input)
  checkOrder(node, input)
}

function checkOrder(node: OverNode, input: NodeOutput): void {
  if (node.orderBy || input.eventTime !== undefined || input.bounded || input.rows === 'changes') return
  throw new PlanError(
    'NO_EVENT_TIME',
    'over data that does not end goes by event time, and none is declared',
    {
      hint: "put .watermark('column') before it, or give orderBy: the result is a changelog then",
    },
  )
}

function checkTtl(node: OverNode, input: NodeOutput): void {
  if (node.ttlMs === undefined) return
  const mode = modeOf(node, input)
  if (mode === 'events' && !looksAhead(node)) return
  const why =
    mode === 'bounded'
      ? 'this data ends'
      : mode === 'changes'
        ? 'the result is a changelog'
        : 'its rows wait for later ones'
  throw new PlanError('OVER_TTL', `a ttl of over is for streams in order of their time, and ${why}`, {
    hint: 'leave ttl out',
  })
}

/** Times of a range, and what streams cannot wait for. */
function checkFrame(node: OverNode, input: NodeOutput): void {
  const { frame, columns } = node
  const [first, ...others] = orderOf(node, input)
  const isTime =
    first && !first.descending && others.length === 0 && isDateLike(timeType(first, input.schema))
  if (needsTimes(node) && !isTime) {
    throw new PlanError('OVER_RANGE', 'a range of time needs rows in order of a time, and nothing else', {
      hint: "put .watermark('column') before it, or orderBy: 'column' of a timestamp or date; rows: [-10, 0] goes by number",
    })
  }
  if (modeOf(node, input) !== 'events') return
  const endless = columns.some(isFold) && (frame.kind === 'rows' ? frame.to : frame.toMs) === undefined
  const waiting = columns.find(
    ({ fold, options }) => fold === 'ntile' || (fold === 'interpolate' && options?.maxGapMs === undefined),
  )
  if (!endless && !waiting) return
  const names: Readonly<Record<string, string>> = {
    ntile: 'ntile()',
    interpolate: 'a linear fill without maxGap',
  }
  const what = waiting ? names[waiting.fold]! : 'a frame up to the last row'
  throw new PlanError('OVER_UNBOUNDED', `${what} needs data that ends: it would never have a result`, {
    hint: 'end the frame at the current row or a number of rows after it, or order by another column: the result is a changelog then',
  })
}

const timeType = ({ column }: SortKey, schema: Schema): ColumnType => fieldOf(schema, column).type
