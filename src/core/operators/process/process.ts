import { PlanError } from '../../errors.ts'
import type { PlanNode } from '../../plan.ts'
import { showDuration } from '../../time/duration.ts'
import { fieldOf, type Schema } from '../../types/schema.ts'
import { type FunctionRef, showRef } from '../../user-functions/function-ref.ts'
import { defineOperator } from '../define.ts'

/** A function of rows and timers with state per key. A second input is broadcast: every shard has its rows. */
export interface ProcessNode extends PlanNode {
  readonly kind: 'process'
  readonly function: FunctionRef
  readonly by: readonly string[]
  /** What it emits. */
  readonly schema: Schema
  /** And to side outputs, by name. */
  readonly sides: Readonly<Record<string, Schema>>
  readonly order: 'event' | 'arrival'
  /** Keys that are silent for longer, in event time, are forgotten. */
  readonly ttlMs?: number
  /** How often it hears of the clock at least; absent: it does not. */
  readonly clockMs?: number
}

export const process = defineOperator<ProcessNode>({
  kind: 'process',
  output(node, inputs, port) {
    const [input, broadcast] = inputs
    for (const key of node.by) fieldOf(input!.schema, key)
    const inOrder = node.order === 'event'
    if (inOrder && input!.eventTime === undefined)
      throw noEventTime('rows are processed in order of event time')
    if (node.ttlMs !== undefined && !inOrder) throw noEventTime('the ttl of process goes by event time')
    if (broadcast && inOrder && broadcast.eventTime === undefined && !broadcast.bounded) {
      throw noEventTime('a broadcast stream is taken in order of event time, too')
    }
    return {
      schema: port === 'out' ? node.schema : node.sides[port]!,
      bounded: inputs.every(({ bounded }) => bounded),
      lateness: false,
      timeOrdered: false,
      rows: 'append',
    }
  },
  needs: (_node, _wanted, input) => input.schema.map(({ name }) => name),
  sides: node => Object.keys(node.sides),
  routes({ by }, inputs) {
    const main = by.length > 0 ? { keys: by } : ('one' as const)
    return inputs.length === 1 ? [main] : [main, by.length > 0 ? 'all' : 'one']
  },
  ordered: () => true,
  readsPlaces: () => true,
  readsFirst: (_node, inputs) => (inputs[1] && inputs[1].eventTime === undefined ? 1 : undefined),
  clock: ({ clockMs }) => (clockMs === undefined ? undefined : { everyMs: clockMs }),
  usesFunctions: node => [node.function],
  notRepeatable({ order, clockMs }) {
    if (clockMs !== undefined)
      return 'a function goes by the clock; give a job the clockLog of another to repeat it'
    return order === 'arrival' ? 'rows are processed in the order in which they arrive' : undefined
  },
  explain(node) {
    const by = node.by.length ? ` by ${node.by.map(name => JSON.stringify(name)).join(', ')}` : ''
    const order = node.order === 'event' ? '' : ', in order of arrival'
    const ttl = node.ttlMs === undefined ? '' : `, keys forgotten after ${showDuration(node.ttlMs)}`
    const sides = Object.keys(node.sides).map(name => JSON.stringify(name))
    return `process by ${showRef(node.function)}${by}${order}${ttl}${sides.length ? `, beside ${sides.join(', ')}` : ''}`
  },
  runtime: () => import('./process-operator.ts'),
})

const noEventTime = (why: string) =>
  new PlanError('NO_EVENT_TIME', `${why}, and no column is declared as such`, {
    hint: "put .watermark('column') before, or process in { order: 'arrival' }",
  })
