import type { PlanNode } from '../plan.ts'
import type { SeriesModelSpec } from '../series-model.ts'
import { type Field, fieldOf, schemaOf } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'
import { defineOperator } from './define.ts'
import { keysOf } from './keys.ts'
import { errorText, numberOrNull, openModel, openSeries } from './open-series.ts'
import { checkSeriesInput, seriesColumns, showModel, showSeriesKeys } from './series.ts'

/** Fits a model to each series, in event-time order: one row per series, of what came out. */
export interface FitNode extends PlanNode {
  readonly kind: 'fit'
  readonly column: string
  readonly model: SeriesModelSpec
  readonly by?: readonly string[]
  /** The sampling step: values that far apart follow one another, absent rows are missing values. */
  readonly everyMs?: number
}

const FIT_FIELDS: readonly Field[] = Object.freeze([
  { name: 'n', type: 'int53' },
  { name: 'logLik', type: 'float64' },
  { name: 'aic', type: 'float64' },
  { name: 'bic', type: 'float64' },
  { name: 'sigma2', type: 'float64' },
  { name: 'model', type: 'utf8' },
  { name: 'error', type: 'utf8' },
])

export const fit = defineOperator<FitNode>({
  kind: 'fit',
  output(node, [input]) {
    checkSeriesInput('fit', node, input!)
    const keys = keysOf('fit', node.by, input!)
    return {
      schema: schemaOf([...keys.map(key => fieldOf(input!.schema, key)), ...FIT_FIELDS]),
      bounded: true,
      keys,
      lateness: false,
      timeOrdered: false,
      rows: 'append',
      uniqueKeys: keys,
    }
  },
  explain: node => `fit ${showModel(node.model)} to ${JSON.stringify(node.column)}${showSeriesKeys(node.by)}`,
  needs: (node, _wanted, input) => seriesColumns('fit', node, input),
  passesThrough: (node, column, input) => keysOf('fit', node.by, input).includes(column),
  routes: (node, [input]) => [{ keys: keysOf('fit', node.by, input!) }],
  usesModels: ({ model }) => ({ series: model.kind }),
  open: openFit,
})

/** A row per series: what the model says, or why it could not be fitted. */
function openFit(node: FitNode, context: OperatorContext): Operator {
  const model = openModel(node, context)
  return openSeries({ name: 'fit', fields: FIT_FIELDS }, node, context, (series, observed) => {
    try {
      const { logLik, aic, bic, sigma2, json } = model.fit(series().values)
      return [[observed, ...[logLik, aic, bic, sigma2].map(numberOrNull), json, null]]
    } catch (error) {
      return [[observed, null, null, null, null, null, errorText(error)]]
    }
  })
}
