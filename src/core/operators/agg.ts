import { type Batch, NO_POSITION, rowCount, withSelection } from '../batch/batch.ts'
import { type Column, isDateLike } from '../batch/column.ts'
import { orderMeta, seenOf, weightsOf } from '../batch/meta.ts'
import { PlanError } from '../errors.ts'
import { compileKernel } from '../expr/compile.ts'
import type { Expr } from '../expr/expr.ts'
import { columnsUsed, readsValue, show, typeOf } from '../expr/type-of.ts'
import type { RowOrder } from '../fold.ts'
import { type FoldInput, type FoldOptions, type FoldSpec, foldResultType, openFold } from '../folds/index.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import { AggregationTable, type ClosedGroups } from '../state/aggregation-table.ts'
import { shardOfKeyGroup } from '../state/key-groups.ts'
import { shardOfWindow, windowEndsOf, windowStartOf } from '../state/tumbling.ts'
import { showDuration } from '../time/duration.ts'
import { timestampColumn } from '../time/event-time.ts'
import type { TimestampType } from '../types/column-type.ts'
import { type Field, fieldIndex, fieldOf, type Schema, schemaOf } from '../types/schema.ts'
import { type AggParts, ChangingAgg } from './agg-changes.ts'
import { type Arrival, type Emit, NOTHING_KNOWN, type Operator, type OperatorContext } from './contract.ts'
import { defineOperator } from './define.ts'
import { rowOrderOf } from './row-order.ts'

/** One aggregate: a fold of `core/folds` over the values of expressions. */
export interface AggregateSpec {
  readonly name: string
  readonly fold: string
  readonly args: readonly Expr[]
  /** Constants of the fold, such as which quantile. JSON. */
  readonly options?: FoldOptions
}

export interface TumblingSpec {
  readonly kind: 'tumbling'
  readonly sizeMs: number
  /** Windows start at multiples of the size since 1970-01-01T00:00Z, moved by this. */
  readonly offsetMs: number
}

/** Groups rows by key columns, and by window when there is one, and folds each group. */
export interface AggNode extends PlanNode {
  readonly kind: 'agg'
  readonly keys: readonly string[]
  readonly window?: TumblingSpec
  readonly aggregates: readonly AggregateSpec[]
}

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
    if (node.window) fields.push(...windowFields(node, input!))
    const foldInput = foldInputOf(input!)
    for (const aggregate of node.aggregates)
      fields.push({ name: aggregate.name, type: foldResultType(foldSpecOf(aggregate, schema), foldInput) })
    return {
      schema: schemaOf(fields),
      bounded,
      keys: node.keys,
      lateness: false,
      timeOrdered: node.window !== undefined,
      rows: node.window || bounded ? 'append' : 'changes',
      uniqueKeys: [...node.keys, ...(node.window ? ['windowStart', 'windowEnd'] : [])],
      ...(node.window
        ? { eventTime: 'windowStart', windowMs: node.window.sizeMs, windowEnd: 'windowEnd' }
        : {}),
    }
  },
  explain(node) {
    const by = node.keys.length ? ` by ${node.keys.map(k => JSON.stringify(k)).join(', ')}` : ''
    const window = node.window ? ` in tumbling windows of ${showDuration(node.window.sizeMs)}` : ''
    const list = node.aggregates.map(
      ({ name, fold, args, options = {} }) =>
        `${JSON.stringify(name)} = ${fold}(${[...args.map(show), ...Object.values(options).map(o => JSON.stringify(o))].join(', ')})`,
    )
    return `agg ${list.join(', ')}${by}${window}`
  },
  needs(node, _wanted, input) {
    // Event time is the order of rows, for the aggregates that go by it.
    const ordered = node.window !== undefined || goesByOrder(node, input)
    const time = input.eventTime !== undefined && ordered ? [input.eventTime] : []
    return [...node.keys, ...time, ...node.aggregates.flatMap(a => a.args.flatMap(columnsUsed))]
  },
  // A count reads no value of its argument, only whether it is null.
  readsValues: ({ keys, aggregates }, column) =>
    keys.includes(column) ||
    aggregates.some(({ fold, args }) => fold !== 'count' && args.some(arg => readsValue(arg, column))),
  passesThrough: ({ keys }, column) => keys.includes(column),
  routes: node => [{ keys: node.keys }],
  window: node => node.window,
  twoPhase: (node, [input]) => !changing(node, input!),
  orderFree: () => true,
  readsPlaces: goesByOrder,
  open: (node, context) =>
    changing(node, context.inputs[0]!)
      ? new ChangingAgg(partsOf(node, context), context)
      : openAgg(node, context),
})

/** Whether groups never close, so that their rows are given as they are and taken back when they change. */
const changing = ({ window }: AggNode, { bounded }: NodeOutput): boolean => !window && !bounded

const foldSpecOf = ({ fold, args, options }: AggregateSpec, schema: Schema): FoldSpec => ({
  fold,
  argTypes: args.map(arg => typeOf(arg, schema)),
  ...(options && { options }),
})

/** Over an input that takes rows out again, folds are opened so that they can. */
const foldInputOf = (input: NodeOutput): FoldInput => ({
  changes: input.rows === 'changes',
})

function goesByOrder({ aggregates }: AggNode, { schema }: NodeOutput): boolean {
  return aggregates.some(aggregate => openFold(foldSpecOf(aggregate, schema)).ordered)
}

/** `windowStart` and `windowEnd`, of the type that event time has. */
function windowFields(node: AggNode, { schema, eventTime }: NodeOutput): Field[] {
  if (eventTime === undefined) {
    throw new PlanError('NO_EVENT_TIME', 'a window needs event time, and no column is declared as such', {
      hint: "put .watermark('column') before .groupBy(…)",
    })
  }
  const { type } = fieldOf(schema, eventTime)
  if (!isDateLike(type))
    throw new PlanError('EVENT_TIME_TYPE', `event time ${JSON.stringify(eventTime)} is ${type}`)
  if (!(node.window!.sizeMs > 0)) {
    throw new PlanError('WINDOW_SIZE', `tumbling() needs a positive size, got ${node.window!.sizeMs} ms`, {
      hint: "tumbling('1m') is one minute",
    })
  }
  const bound = type === 'date' ? 'timestamp[ms]' : type
  return [
    { name: 'windowStart', type: bound },
    { name: 'windowEnd', type: bound },
  ]
}

function partsOf(node: AggNode, context: OperatorContext): AggParts {
  const [input] = context.inputs
  const { schema, eventTime } = input!
  const foldInput = foldInputOf(input!)
  const folds = node.aggregates.map(aggregate => openFold(foldSpecOf(aggregate, schema), foldInput))
  const ordered = folds.some(fold => fold.ordered)
  const orderTime = eventTime === undefined ? -1 : fieldIndex(schema, eventTime)
  return {
    keys: node.keys.map(key => fieldIndex(schema, key)),
    folds,
    changes: foldInput.changes === true,
    argumentsOf: argumentColumns(node, schema, context),
    orderOf: batch => (ordered ? rowOrderOf(batch, orderTime) : undefined),
    weightsOf: stepWeights,
  }
}

/** Folds rows into an {@link AggregationTable} and emits groups as their windows close. */
function openAgg(node: AggNode, context: OperatorContext): Operator {
  const [input] = context.inputs
  const { schema } = input!
  const { window } = node
  const keys = node.keys.map(key => fieldIndex(schema, key))
  const time = window ? fieldIndex(schema, input!.eventTime!) : -1
  const foldInput = foldInputOf(input!)
  const folds = node.aggregates.map(aggregate => openFold(foldSpecOf(aggregate, schema), foldInput))
  const ordered = folds.some(fold => fold.ordered)
  const orderTime = input!.eventTime === undefined ? -1 : fieldIndex(schema, input!.eventTime)
  const argumentsOf = argumentColumns(node, schema, context)
  const table = new AggregationTable({
    keyTypes: keys.map(key => schema[key]!.type),
    folds,
    ...foldInput,
    ...(window ? { window } : {}),
  })
  const measured = { rows: 0, groups: 0 }

  const step = (batch: Batch) => {
    const count = rowCount(batch)
    if (count === 0) return
    const order: RowOrder | undefined = ordered ? rowOrderOf(batch, orderTime) : undefined
    table.step({
      count,
      rows: batch.selection,
      keyColumns: keys.map(key => batch.columns[key]!),
      timeColumn: window && batch.columns[time]!,
      argColumns: argumentsOf(batch),
      order,
      weights: stepWeights(batch),
    })
    measured.rows += count
    measured.groups = Math.max(measured.groups, table.groupCount)
  }

  return {
    onBatch(batch, _port, emit, arrival) {
      const late = window ? lateRows(batch, batch.columns[time]!, window, arrival) : undefined
      if (!late) return step(batch)
      context.report.late(late.late.length)
      emit(withSelection(batch, late.late), 'late')
      step(withSelection(batch, late.timely))
    },
    onTime(signal, emit) {
      const { watermarkMs } = signal
      if (watermarkMs === Number.POSITIVE_INFINITY && context.shard === 0) table.openGlobalGroup()
      for (const closed of table.close(watermarkMs, context.arena)) emitGroups(closed, context, node, emit)
    },
    outputTime(port, { watermarkMs, maxTimeMs }) {
      // Late rows are behind the watermark: how far, nobody knows before the end.
      if (port === 'late' && watermarkMs !== Number.POSITIVE_INFINITY) return { ...NOTHING_KNOWN, maxTimeMs }
      const opens = (ms: number) => (window && Number.isFinite(ms) ? windowStartOf(window, ms) : ms)
      return { watermarkMs: opens(watermarkMs), maxTimeMs: opens(maxTimeMs) }
    },
    partialAggregation: {
      measured,
      takePartials(upToMs, owners) {
        const { shard: own, shards, arena } = context
        const ownerOf = (startMs: number) => shardOfWindow(window!, startMs, shards)
        const { batch, keyGroups } =
          owners === 'keys'
            ? table.partials(upToMs, arena)
            : table.partials(upToMs, arena, startMs => ownerOf(startMs) !== own)
        // Of windows only: there may be keys and nothing else.
        const startsMs = batch.columns[keys.length]?.values as Float64Array
        const rows: number[][] = Array.from({ length: shards }, () => [])
        for (let i = 0; i < keyGroups.length; i++)
          rows[owners === 'keys' ? shardOfKeyGroup(keyGroups[i]!, shards) : ownerOf(startsMs[i]!)]!.push(i)
        const part = (shard: number) => withSelection(batch, Uint32Array.from(rows[shard]!))
        table.mergePartials(part(own))
        return rows.flatMap((ofShard, shard) =>
          ofShard.length && shard !== own ? [{ shard, batch: part(shard) }] : [],
        )
      },
      mergePartials: batch => table.mergePartials(batch),
    },
    save: to => table.save(to, 'groups'),
    load(from) {
      for (const { batch } of from.table('groups')) table.mergePartials(batch)
    },
  }
}

/** How often each row counts, by place in the selection; undefined where every row counts once. */
function stepWeights(batch: Batch): Int32Array | undefined {
  const weights = weightsOf(batch)
  return weights && batch.selection ? Int32Array.from(batch.selection, row => weights[row]!) : weights
}

/** The argument columns of each fold: columns as they are, computed ones by one kernel. */
function argumentColumns(node: AggNode, schema: Schema, context: OperatorContext) {
  const computed: { name: string; expr: AggNode['aggregates'][number]['args'][number] }[] = []
  const places = node.aggregates.map(({ args }) =>
    args.map(expr => {
      if (expr.kind === 'column') return { of: 'input' as const, index: fieldIndex(schema, expr.name) }
      return { of: 'kernel' as const, index: computed.push({ name: `${computed.length}`, expr }) - 1 }
    }),
  )
  const { distributions } = context
  const kernel = computed.length
    ? compileKernel(schema, [{ kind: 'project', columns: computed }], { distributions })
    : undefined
  return (batch: Batch): Column[][] => {
    const made = kernel?.run(batch, context.arena)
    return places.map(args => args.map(({ of, index }) => (of === 'input' ? batch : made!).columns[index]!))
  }
}

/** The rows whose window their own split's watermark had passed, apart from the others; undefined when none are. */
function lateRows(
  batch: Batch,
  timeColumn: Column,
  window: NonNullable<AggNode['window']>,
  arrival: Arrival | undefined,
) {
  const seen = seenOf(batch)
  const passedMs = arrival?.passedMs ?? Number.NEGATIVE_INFINITY
  if (!seen && (!arrival || arrival.minMs >= passedMs)) return undefined
  const count = rowCount(batch)
  const ends = new Float64Array(count)
  windowEndsOf(window, timeColumn, count, batch.selection, ends)
  const late: number[] = []
  const timely: number[] = []
  for (let i = 0; i < count; i++) {
    const row = batch.selection ? batch.selection[i]! : i
    const watermarkMs = seen ? Math.max(passedMs, seen[row]!) : passedMs
    if (ends[i]! <= watermarkMs) late.push(row)
    else timely.push(row)
  }
  return late.length ? { late: Uint32Array.from(late), timely: Uint32Array.from(timely) } : undefined
}

function emitGroups(closed: ClosedGroups, context: OperatorContext, node: AggNode, emit: Emit): void {
  const { schema } = context.output
  const { count, keys, windowStartMs, windowEndMs, results } = closed
  const windowType = () => schema[keys.length]!.type as TimestampType
  const bounds = node.window
    ? [windowStartMs, windowEndMs].map(ms => timestampColumn(ms, count, windowType(), context.arena))
    : []
  emit({
    schema,
    length: count,
    columns: [...keys, ...bounds, ...results],
    position: NO_POSITION,
    meta: orderMeta([...bounds.slice(0, 1), ...keys]),
  })
}
