import { PlanError } from '../errors.ts'
import type { Cell } from '../expr/cell.ts'
import { shown } from '../options.ts'
import type { PlanNode } from '../plan.ts'
import type { SeriesForecast, SeriesModelSpec } from '../series-model.ts'
import { type Field, fieldOf, schemaOf } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'
import { defineOperator } from './define.ts'
import { keysOf } from './keys.ts'
import { errorText, numberOrNull, openModel, openSeries, type Series } from './open-series.ts'
import { checkSeriesInput, seriesColumns, showModel, showSeriesKeys, stepMs } from './series.ts'

/** Fits a model to each series, in event-time order, and predicts its next values: one row per series and step. */
export interface ForecastNode extends PlanNode {
  readonly kind: 'forecast'
  readonly column: string
  readonly model: SeriesModelSpec
  readonly by?: readonly string[]
  readonly steps: number
  /** Coverage of the bounds. */
  readonly level: number
  /** The sampling step, as in `fit`. */
  readonly everyMs?: number
}

const FORECAST_FIELDS: readonly Field[] = Object.freeze([
  { name: 'step', type: 'int32' },
  { name: 'time', type: 'timestamp[ms]' },
  { name: 'mean', type: 'float64' },
  { name: 'standardError', type: 'float64' },
  { name: 'lower', type: 'float64' },
  { name: 'upper', type: 'float64' },
  { name: 'error', type: 'utf8' },
])

/** Steps ahead at most: more are nothing but the mean. */
const MAX_STEPS = 1_000_000

export const forecast = defineOperator<ForecastNode>({
  kind: 'forecast',
  output(node, [input]) {
    checkSeriesInput('forecast', node, input!)
    if (node.model.kind === 'distribution') {
      throw new PlanError('MODEL_SPEC', `forecast needs a model of time, got ${showModel(node.model)}`, {
        hint: "arima({ order: [1, 0, 0] }) of 'millrace/models'",
      })
    }
    if (!(Number.isInteger(node.steps) && node.steps >= 1 && node.steps <= MAX_STEPS)) {
      throw new PlanError(
        'FORECAST_STEPS',
        `forecast takes a whole number of steps from 1 to ${MAX_STEPS}, got ${node.steps}`,
        {
          hint: '{ steps: 24 } predicts the next 24 values',
        },
      )
    }
    if (!(typeof node.level === 'number' && node.level > 0 && node.level < 1)) {
      throw new PlanError('FORECAST_LEVEL', `a level is a number between 0 and 1, got ${shown(node.level)}`, {
        hint: '{ level: 0.95 }: this share of the values will lie between the bounds',
      })
    }
    const keys = keysOf('forecast', node.by, input!)
    return {
      schema: schemaOf([...keys.map(key => fieldOf(input!.schema, key)), ...FORECAST_FIELDS]),
      bounded: true,
      keys,
      lateness: false,
      timeOrdered: false,
      rows: 'append',
      uniqueKeys: [...keys, 'step'],
    }
  },
  explain: node =>
    `forecast ${node.steps} steps of ${JSON.stringify(node.column)} with ${showModel(node.model)}${showSeriesKeys(node.by)}`,
  needs: (node, _wanted, input) => seriesColumns('forecast', node, input),
  passesThrough: (node, column, input) => keysOf('forecast', node.by, input).includes(column),
  routes: (node, [input]) => [{ keys: keysOf('forecast', node.by, input!) }],
  usesModels: ({ model }) => ({ series: model.kind }),
  open: openForecast,
})

/** A row per series and step ahead; where a model could not be fitted, rows that say why. */
function openForecast(node: ForecastNode, context: OperatorContext): Operator {
  const model = openModel(node, context)
  const everyMs = stepMs(node, context.inputs[0]!)
  const steps = Array.from({ length: node.steps }, (_, i) => i + 1)
  return openSeries(
    { name: 'forecast', fields: FORECAST_FIELDS, rowNumber: 'step' },
    node,
    context,
    series => {
      let known: Series | undefined
      const timeOf = (step: number): Cell =>
        everyMs === undefined || !known ? null : known.lastMs + step * everyMs
      try {
        known = series()
        const ahead = model.forecast!(known.values, node.steps, node.level)
        return steps.map(step => [step, timeOf(step), ...numbersAt(ahead, step - 1), null])
      } catch (error) {
        const text = errorText(error)
        return steps.map(step => [step, timeOf(step), null, null, null, null, text])
      }
    },
  )
}

const numbersAt = ({ mean, standardError, lower, upper }: SeriesForecast, i: number): Cell[] =>
  [mean, standardError, lower, upper].map(values => numberOrNull(values[i]!))
