/**
 * Models fitted for their criterion alone, by the exact likelihood. The search starts at the conditional estimate or at the
 * coefficients of the best model so far or of one of the nearest, whichever is likeliest: a model is then never less likely
 * than what it contains of its neighbours. What is left out of the effort of `arima`: most further starts, standard errors,
 * residuals.
 */
import { MillraceError } from '../../../core/errors.ts'
import { type ParameterLayout, parameterLayout, toCoefficients } from '../coefficients.ts'
import { cssStart } from '../estimate/css-start.ts'
import { criteria } from '../estimate/estimate.ts'
import { logLikelihoodOf } from '../estimate/exact-likelihood.ts'
import { checkEnough, checkReach } from '../estimate/fit.ts'
import { type PreparedData, prepare } from '../estimate/fit-data.ts'
import { openSurface } from '../estimate/likelihood-search.ts'
import { lookElsewhere, searchQuickly } from '../estimate/quick-search.ts'
import { reflectMovingAverages } from '../estimate/reflect-roots.ts'
import { arimaSpec } from '../spec.ts'
import {
  type FitModel,
  fitOptions,
  NO_FIT,
  type Orders,
  type Outcome,
  type SearchSpace,
} from './search-space.ts'
import { isExact, isNearUnitRoot } from './whole-fit.ts'

/** Beyond this distance from the best, in the criterion, a model is not looked at again. */
const PROMISING = 10

/** Steps of the conditional fit, which is only a start here. */
const START_ITERATIONS = 12

/** Nearest models whose coefficients are tried as a start. */
const NEAREST = 3

/** A model that was fitted. */
interface Fitted {
  readonly orders: Orders
  readonly layout: ParameterLayout
  readonly arma: Float64Array
  readonly value: number
}

/** Quick fits of the models of one series. */
export function quickFits(space: SearchSpace): FitModel {
  const { y, columns, criterion } = space
  // Data differ with the constant alone: every model uses the same buffers.
  const prepared = new Map<boolean, PreparedData>()
  const fitted: Fitted[] = []
  // Whatever its roots.
  let best: Fitted | null = null

  const fitQuickly = (orders: Orders): Outcome => {
    const spec = arimaSpec(fitOptions(space, orders))
    checkReach(spec, y.length)
    const layout = parameterLayout(spec, columns.length)
    const data = prepared.get(spec.constant) ?? prepare(spec, layout, y, columns)
    prepared.set(spec.constant, data)
    checkEnough(layout, data)
    const free = Array.from({ length: layout.armaCount }, (_, i) => i)
    const surface = openSurface(layout, data, free, undefined)
    const valueAt = (objective: number): number => {
      const n = data.problem.used
      return criteria(logLikelihoodOf(objective, n), layout.count + 1, n)[criterion]
    }
    const nearest = fitted
      .filter(model => model !== best)
      .sort((a, b) => distance(a.orders, orders) - distance(b.orders, orders))
      .slice(0, NEAREST)
    const warm = [...(best === null ? [] : [best]), ...nearest].map(model => resized(model, layout))
    const start = cssStart(layout, data.w, data.differenced, START_ITERATIONS)
    let found = searchQuickly(surface, start, warm)
    if (best === null || valueAt(found.value) < best.value + PROMISING) found = lookElsewhere(surface, found)
    const value = valueAt(found.value)
    if (Number.isNaN(value)) return NO_FIT
    const arma = new Float64Array(layout.armaCount)
    surface.transform.apply(found.x, arma)
    reflectMovingAverages(layout, arma)
    const model = { orders, layout, arma, value }
    fitted.push(model)
    if (best === null || value < best.value) best = model
    const all = new Float64Array(layout.count)
    all.set(arma)
    return { value, nearUnitRoot: isNearUnitRoot(toCoefficients(layout, all), space.period), estimate: null }
  }
  return orders => {
    try {
      return fitQuickly(orders)
    } catch (error) {
      if (!(error instanceof MillraceError) || isExact(error, orders[4])) throw error
      return NO_FIT
    }
  }
}

/** Steps between two models, the constant for half a one. */
function distance(a: Orders, b: Orders): number {
  let steps = a[4] === b[4] ? 0 : 0.5
  for (let i = 0; i < 4; i++) steps += Math.abs((a[i] as number) - (b[i] as number))
  return steps
}

/** The coefficients of one model in the layout of another: zero where there was none, left out where there is none. */
function resized({ layout: from, arma }: Fitted, to: ParameterLayout): Float64Array {
  const out = new Float64Array(to.armaCount)
  const copy = (fromAt: number, fromLength: number, toAt: number, toLength: number) => {
    for (let i = 0; i < Math.min(fromLength, toLength); i++) out[toAt + i] = arma[fromAt + i]!
  }
  copy(0, from.p, 0, to.p)
  copy(from.p, from.q, to.p, to.q)
  copy(from.p + from.q, from.P, to.p + to.q, to.P)
  copy(from.p + from.q + from.P, from.Q, to.p + to.q + to.P, to.Q)
  return out
}
