import type { PlanNode } from '../plan/plan.ts'
import type { SeriesModelSpec } from '../series-model.ts'
import { type Field, fieldOf, schemaOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import { keysOf } from './fill-gaps.ts'
import { openFit } from './fit-runtime.ts'
import { checkSeriesInput, seriesColumns, showModel, showSeriesKeys } from './series.ts'

/** Fits a model to each series, in event-time order: one row a series, of what came out. */
export interface FitNode extends PlanNode {
  readonly kind: 'fit'
  readonly column: string
  readonly model: SeriesModelSpec
  readonly by?: readonly string[]
  /** The sampling step: values that far apart follow one another, absent rows are missing values. */
  readonly everyMs?: number
}

export const FIT_FIELDS: readonly Field[] = Object.freeze([
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
  shape(node, [input]) {
    checkSeriesInput('fit', node, input!)
    const keys = keysOf('fit', node.by, input!)
    return {
      schema: schemaOf([...keys.map(key => fieldOf(input!.schema, key)), ...FIT_FIELDS]),
      bounded: true,
      keys,
      lateness: false,
      timeOrdered: false,
    }
  },
  explain: node => `fit ${showModel(node.model)} to ${JSON.stringify(node.column)}${showSeriesKeys(node.by)}`,
  needs: (node, _wanted, input) => seriesColumns('fit', node, input),
  distribution: (node, [input]) => ({ keys: keysOf('fit', node.by, input!) }),
  open: openFit,
})
