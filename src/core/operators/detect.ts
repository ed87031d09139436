import type { Demand, DetectorSpec } from '../detector.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode, Shape } from '../plan/plan.ts'
import { showDuration } from '../time/duration.ts'
import { isNumeric } from '../types/column-type.ts'
import { type Field, fieldIndex, fieldOf, schemaOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import { openDetect } from './detect-runtime.ts'
import { keysOf } from './fill-gaps.ts'

/** False alarms as a rate over time: so many alarm events in `perMs` of a series. */
export interface AlarmRate {
  readonly events: number
  readonly perMs: number
}

/**
 * Judges each value of a series against a model that has seen the values before it, in event-time order, and appends
 * `expected lower upper pValue score anomaly`.
 */
export interface DetectNode extends PlanNode {
  readonly kind: 'detect'
  readonly column: string
  readonly detector: DetectorSpec
  readonly by?: readonly string[]
  readonly alpha: number | AlarmRate
  readonly everyMs?: number
  /** `arrival`: values are judged as they come, whatever their event time. Not repeatable. */
  readonly order?: 'arrival'
  /** Prefix of the appended columns; '' for none. */
  readonly as: string
  /** Set by the optimizer: what is read. Absent: all. */
  readonly bounds?: Demand
  readonly pValues?: Demand
}

export const DETECT_COLUMNS = ['expected', 'lower', 'upper', 'pValue', 'score', 'anomaly'] as const

/** The name of an appended column under a prefix: `departures` and `score` make `departuresScore`. */
export const detectColumn = (as: string, name: string): string =>
  as === '' ? name : as + name[0]!.toUpperCase() + name.slice(1)

export const detect = defineOperator<DetectNode>({
  kind: 'detect',
  shape(node, [input]) {
    const { schema, eventTime } = input!
    const { type } = fieldOf(schema, node.column)
    if (!isNumeric(type)) {
      throw new PlanError(
        'DETECT_TYPE',
        `detect judges numbers, but ${JSON.stringify(node.column)} is ${type}`,
      )
    }
    if (eventTime === undefined && (node.order !== 'arrival' || samplingMs(node, input!) === undefined)) {
      throw new PlanError('NO_EVENT_TIME', 'detect needs event time, and no column is declared as such', {
        hint: "put .watermark('column') before it, or a window; in order of arrival, { every } is enough",
      })
    }
    if (node.detector.pooled === true && node.order === 'arrival') {
      throw new PlanError(
        'DETECT_ORDER',
        'a pooled detector learns from instants, and values judged in order of arrival have none',
        {
          hint: "leave out order: 'arrival'",
        },
      )
    }
    alphaOf(node, input!)
    const fields: Field[] = DETECT_COLUMNS.map(name => ({
      name: detectColumn(node.as, name),
      type: name === 'anomaly' ? 'bool' : 'float64',
    }))
    for (const { name } of fields) {
      if (fieldIndex(schema, name) < 0) continue
      throw new PlanError(
        'DUPLICATE_COLUMN',
        `detect would append ${JSON.stringify(name)}, which is there already`,
        {
          hint: "give a prefix: { as: 'delay' } appends delayExpected, delayScore, …",
        },
      )
    }
    const keys = keysOf('detect', node.by, input!)
    return {
      ...input!,
      schema: schemaOf([...schema, ...fields]),
      timeOrdered: node.order !== 'arrival' || input!.timeOrdered,
      keys,
    }
  },
  explain(node) {
    const by = node.by ? ` by ${node.by.map(k => JSON.stringify(k)).join(', ')}` : ''
    const demand = { all: 'all rows', anomalies: 'anomalies only', none: 'no row' }
    const reads =
      node.pValues && `; p-values for ${demand[node.pValues]}, bounds for ${demand[node.bounds ?? 'all']}`
    const rate =
      typeof node.alpha === 'number'
        ? `alpha ${node.alpha}`
        : `${node.alpha.events} alarms in ${showDuration(node.alpha.perMs)} of a series`
    const order = node.order === 'arrival' ? '; in order of arrival: not repeatable' : ''
    const refits =
      node.detector.refitLag === 'asap' ? '; fits take effect when they are ready: not repeatable' : ''
    const pooled = node.detector.pooled === true ? ', pooled over keys,' : ''
    return `detect ${JSON.stringify(node.column)} with ${node.detector.kind}${pooled} at ${rate}${by}${reads ?? ''}${order}${refits}`
  },
  // What is learned from all keys is learned in one place.
  distribution: (node, [input]) =>
    node.detector.pooled === true ? 'single' : { keys: keysOf('detect', node.by, input!) },
  open: openDetect,
})

/** The sampling step of the series: what the user said, or the window's size. */
export const samplingMs = (node: DetectNode, input: Shape): number | undefined =>
  node.everyMs ?? input.windowMs

/** The p-value below which a value is an anomaly. */
export function alphaOf(node: DetectNode, input: Shape): number {
  const { alpha } = node
  if (typeof alpha === 'number') {
    if (alpha > 0 && alpha < 1) return alpha
    throw new PlanError('ALPHA', `alpha is a false-alarm rate between 0 and 1, got ${alpha}`, {
      hint: 'alpha: 1e-3 is one false alarm in a thousand values',
    })
  }
  const everyMs = samplingMs(node, input)
  const rate = everyMs === undefined ? Number.NaN : (alpha.events * everyMs) / alpha.perMs
  if (rate > 0 && rate < 1) return rate
  throw new PlanError(
    'ALPHA',
    everyMs === undefined
      ? 'an alpha over time needs the sampling step of the series'
      : `an alpha over time must be rarer than the values, got ${alpha.events} events in ${showDuration(alpha.perMs)} of steps of ${showDuration(everyMs)}`,
    { hint: "detect('x', auto(), { every: '5m', alpha: { events: 1, per: '1w' } })" },
  )
}
