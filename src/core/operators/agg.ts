import { isDateLike } from '../batch/column.ts'
import { PlanError } from '../errors.ts'
import type { Expr } from '../expr/expr.ts'
import { columnsUsed, show, typeOf } from '../expr/type-of.ts'
import { foldResultType } from '../folds/index.ts'
import type { PlanNode, Shape } from '../plan/plan.ts'
import { showDuration } from '../time/duration.ts'
import { type Field, fieldOf, schemaOf } from '../types/schema.ts'
import { openAgg } from './agg-runtime.ts'
import { defineOperator } from './define.ts'

/** One aggregate: a fold of `core/folds` over the values of expressions. */
export interface AggregateSpec {
  readonly name: string
  readonly fold: string
  readonly args: readonly Expr[]
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
  shape(node, [input], port) {
    if (port === 'late') {
      const { keys: _, ...rest } = input!
      return { ...rest, timeOrdered: false }
    }
    const { schema, bounded } = input!
    const fields: Field[] = node.keys.map(key => fieldOf(schema, key))
    if (node.window) fields.push(...windowFields(node, input!))
    else if (!bounded) {
      throw new PlanError(
        'UNBOUNDED_AGG',
        'agg over data that does not end needs a window: it would never have a result',
        {
          hint: "put .window(tumbling('1h')) before .agg(…)",
        },
      )
    }
    for (const { name, fold, args } of node.aggregates) {
      fields.push({ name, type: foldResultType({ fold, argTypes: args.map(arg => typeOf(arg, schema)) }) })
    }
    return {
      schema: schemaOf(fields),
      bounded,
      keys: node.keys,
      lateness: false,
      timeOrdered: node.window !== undefined,
      ...(node.window ? { eventTime: 'windowStart', windowMs: node.window.sizeMs } : {}),
    }
  },
  explain(node) {
    const by = node.keys.length ? ` by ${node.keys.map(k => JSON.stringify(k)).join(', ')}` : ''
    const window = node.window ? ` in tumbling windows of ${showDuration(node.window.sizeMs)}` : ''
    const list = node.aggregates.map(
      a => `${JSON.stringify(a.name)} = ${a.fold}(${a.args.map(show).join(', ')})`,
    )
    return `agg ${list.join(', ')}${by}${window}`
  },
  needs(node, _wanted, input) {
    const time = node.window && input.eventTime !== undefined ? [input.eventTime] : []
    return [...node.keys, ...time, ...node.aggregates.flatMap(a => a.args.flatMap(columnsUsed))]
  },
  distribution: node => ({ keys: node.keys }),
  open: openAgg,
})

/** `windowStart` and `windowEnd`, of the type that event time has. */
function windowFields(node: AggNode, { schema, eventTime }: Shape): Field[] {
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
