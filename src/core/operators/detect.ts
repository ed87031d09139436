import type { Demand, DetectorSpec } from '../detector.ts'
import { PlanError } from '../errors.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import { showDuration } from '../time/duration.ts'
import { isNumeric } from '../types/column-type.ts'
import { type Field, fieldIndex, fieldOf, schemaOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import { DETECT_COLUMNS, type DetectColumnName, detectColumn } from './detect-columns.ts'
import { SERIES, seriesOutput } from './detect-series.ts'
import { keysOf } from './keys.ts'

/** False alarms as a rate over time: this many alarm events in every `perMs` of a series. */
export interface AlarmRate {
  readonly events: number
  readonly perMs: number
}

/**
 * Scores each value of a series against a model that has seen the values before it, in event-time order, and appends
 * `expected lower upper pValue score anomaly reason reasonScore suppressed`.
 */
export interface DetectNode extends PlanNode {
  readonly kind: 'detect'
  readonly column: string
  readonly detector: DetectorSpec
  readonly by?: readonly string[]
  readonly alpha: number | AlarmRate
  readonly everyMs?: number
  /** `arrival`: values are scored as they come, whatever their event time. Not repeatable. */
  readonly order?: 'arrival'
  /** A series that is silent in event time for longer is forgotten. */
  readonly ttlMs?: number
  /** `all`: what calls anomalies comes after it, so that each score has a reason. Absent: those below alpha have. */
  readonly reasons?: 'all'
  /** Prefix of the appended columns; '' for none. */
  readonly as: string
  /** Set by the optimizer: what is read. Absent: all. */
  readonly bounds?: Demand
  readonly pValues?: Demand
  /** Set by the planner: the rows of series are read, which leave by the port `series`. */
  readonly series?: true
}

export const detect = defineOperator<DetectNode>({
  kind: 'detect',
  output(node, [input], port) {
    const { schema, eventTime } = input!
    const { type } = fieldOf(schema, node.column)
    if (!isNumeric(type)) {
      throw new PlanError(
        'DETECT_TYPE',
        `detect scores numbers, but ${JSON.stringify(node.column)} is ${type}`,
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
        'a pooled detector learns from instants, and values scored in order of arrival have none',
        {
          hint: "leave out order: 'arrival'",
        },
      )
    }
    if (node.ttlMs !== undefined) checkTtl(node, input!)
    alphaOf(node, input!)
    if (port === SERIES) return seriesOutput(input!, keysOf('detect', node.by, input!), node.ttlMs)
    const fields: Field[] = DETECT_COLUMNS.map(({ name, type }) => ({
      name: detectColumn(node.as, name),
      type,
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
      // In order of time, rows wait for the watermark; those it had passed are left out.
      lateness: input!.lateness && node.order === 'arrival',
      timeOrdered: node.order !== 'arrival' || input!.timeOrdered,
      keys,
    }
  },
  explain(node) {
    const by = node.by?.length ? ` by ${node.by.map(k => JSON.stringify(k)).join(', ')}` : ''
    const demand = { all: 'all rows', anomalies: 'anomalies only', none: 'no row' }
    const reads =
      node.pValues && `; p-values for ${demand[node.pValues]}, bounds for ${demand[node.bounds ?? 'all']}`
    const rate =
      typeof node.alpha === 'number'
        ? `alpha ${node.alpha}`
        : `${node.alpha.events} alarms in ${showDuration(node.alpha.perMs)} of a series`
    const pooled = node.detector.pooled === true ? ', pooled over keys,' : ''
    const ttl = node.ttlMs === undefined ? '' : `, ttl ${showDuration(node.ttlMs)}`
    const series = node.series ? '; a row per series beside them' : ''
    return `detect ${JSON.stringify(node.column)} with ${node.detector.kind}${pooled} at ${rate}${by}${ttl}${reads ?? ''}${series}`
  },
  notRepeatable(node) {
    if (node.order === 'arrival') return 'values are scored in order of arrival'
    return node.detector.refitDelay === 'asap' ? 'fits take effect when they are ready' : undefined
  },
  needs(node, wanted, input) {
    const appended = new Set(DETECT_COLUMNS.map(({ name }) => detectColumn(node.as, name)))
    const time = input.eventTime === undefined ? [] : [input.eventTime]
    return [
      ...[...wanted].filter(name => !appended.has(name) && fieldIndex(input.schema, name) >= 0),
      node.column,
      ...keysOf('detect', node.by, input),
      ...time,
    ]
  },
  readsValues: ({ column, by }, name) => name === column || (by?.includes(name) ?? false),
  passesThrough: () => true,
  sides: () => [SERIES],
  withSides: (node, sides) => (sides.has(SERIES) ? { ...node, series: true } : node) as DetectNode,
  demanded(node, demandOf) {
    const named = (...names: DetectColumnName[]) => names.map(name => detectColumn(node.as, name))
    const [flag] = named('anomaly')
    return {
      ...node,
      bounds: demandOf(flag!, named('lower', 'upper')),
      pValues: demandOf(flag!, named('pValue', 'score', 'reasonScore')),
    } as DetectNode
  },
  usesModels: ({ detector }) => ({ detector: detector.kind }),
  scores: ({ column, as }) => ({ column, as }),
  // What is learned from all keys is learned in one place.
  routes: (node, [input]) => [
    node.detector.pooled === true ? 'one' : { keys: keysOf('detect', node.by, input!) },
  ],
  runtime: () => import('./detect-runtime.ts'),
})

/** @throws {PlanError} `NO_EVENT_TIME`, `DETECT_TTL` */
function checkTtl(node: DetectNode, { eventTime }: NodeOutput): void {
  if (eventTime === undefined) {
    throw new PlanError(
      'NO_EVENT_TIME',
      'a ttl is counted in event time, and no column is declared as such',
      {
        hint: "put .watermark('column') before detect, or leave ttl out",
      },
    )
  }
  if (node.detector.pooled === true) {
    throw new PlanError('DETECT_TTL', 'a pooled detector learns from all series and forgets none of them', {
      hint: 'leave out ttl, or pooled',
    })
  }
}

/** The sampling step of the series: what the user said, or the window's size. */
export const samplingMs = (node: DetectNode, input: NodeOutput): number | undefined =>
  node.everyMs ?? input.windowMs

/** The p-value below which a value is an anomaly. */
export function alphaOf(node: DetectNode, input: NodeOutput): number {
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
