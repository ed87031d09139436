import type { Demand, DetectorSpec } from '../detector.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode, Shape } from '../plan/plan.ts'
import { isNumeric } from '../types/column-type.ts'
import { type Field, fieldIndex, fieldOf, schemaOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import { openDetect } from './detect-runtime.ts'
import { keysOf } from './fill-gaps.ts'

/**
 * Judges each value of a series against a model that has seen the values before it, in event-time order, and appends
 * `expected lower upper pValue score anomaly`.
 */
export interface DetectNode extends PlanNode {
  readonly kind: 'detect'
  readonly column: string
  readonly detector: DetectorSpec
  readonly by?: readonly string[]
  readonly alpha: number
  readonly everyMs?: number
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
    if (eventTime === undefined) {
      throw new PlanError('NO_EVENT_TIME', 'detect needs event time, and no column is declared as such', {
        hint: "put .watermark('column') before it, or a window",
      })
    }
    if (!(node.alpha > 0 && node.alpha < 1)) {
      throw new PlanError('ALPHA', `alpha is a false-alarm rate between 0 and 1, got ${node.alpha}`, {
        hint: 'alpha: 1e-3 is one false alarm in a thousand values',
      })
    }
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
    return { ...input!, schema: schemaOf([...schema, ...fields]), timeOrdered: true, keys }
  },
  explain(node) {
    const by = node.by ? ` by ${node.by.map(k => JSON.stringify(k)).join(', ')}` : ''
    const demand = { all: 'all rows', anomalies: 'anomalies only', none: 'no row' }
    const reads =
      node.pValues && `; p-values for ${demand[node.pValues]}, bounds for ${demand[node.bounds ?? 'all']}`
    return `detect ${JSON.stringify(node.column)} with ${node.detector.kind} at alpha ${node.alpha}${by}${reads ?? ''}`
  },
  distribution: (node, [input]) => ({ keys: keysOf('detect', node.by, input!) }),
  open: openDetect,
})

/** The sampling step of the series: what the user said, or the window's size. */
export const samplingMs = (node: DetectNode, input: Shape): number | undefined =>
  node.everyMs ?? input.windowMs
