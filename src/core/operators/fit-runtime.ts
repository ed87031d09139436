import type { Operator, OperatorContext } from './contract.ts'
import { FIT_FIELDS, type FitNode } from './fit.ts'
import { errorText, numberOrNull, openModel, openSeries } from './series-runtime.ts'

/** A row a series: what the model says, or why it could not be fitted. */
export function openFit(node: FitNode, context: OperatorContext): Operator {
  const model = openModel(node, context)
  return openSeries('fit', node, FIT_FIELDS, context, (series, observed) => {
    try {
      const { logLik, aic, bic, sigma2, json } = model.fit(series().values)
      return [[observed, ...[logLik, aic, bic, sigma2].map(numberOrNull), json, null]]
    } catch (error) {
      return [[observed, null, null, null, null, null, errorText(error)]]
    }
  })
}
