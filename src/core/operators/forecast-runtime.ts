import type { Cell } from '../expr/cell.ts'
import type { SeriesForecast } from '../series-model.ts'
import type { Operator, OperatorContext } from './contract.ts'
import { FORECAST_FIELDS, type ForecastNode } from './forecast.ts'
import { stepMs } from './series.ts'
import { errorText, numberOrNull, openModel, openSeries, type Series } from './series-runtime.ts'

/** A row a series and step ahead; where a model could not be fitted, rows that say why. */
export function openForecast(node: ForecastNode, context: OperatorContext): Operator {
  const model = openModel(node, context)
  const everyMs = stepMs(node, context.inputs[0]!)
  const steps = Array.from({ length: node.steps }, (_, i) => i + 1)
  return openSeries('forecast', node, FORECAST_FIELDS, context, series => {
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
  })
}

const numbersAt = ({ mean, standardError, lower, upper }: SeriesForecast, i: number): Cell[] =>
  [mean, standardError, lower, upper].map(values => numberOrNull(values[i]!))
