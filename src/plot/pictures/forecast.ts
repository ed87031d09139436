/** What is expected to come, with the intervals it is expected in. */

import type { PlotOptions } from '../../core/dataset/plot-options.ts'
import { PlanError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { type Extent, extentOf, numberAxis } from '../axes.ts'
import type { Layer, LegendEntry, Point } from '../chart.ts'
import { numberOf } from '../columns.ts'
import type { Figure } from '../figure.ts'
import { reduced } from '../reduce.ts'
import { figureOf, panelWidth, settingsOf } from '../settings.ts'
import { placesOf } from './model.ts'

type Values = ArrayLike<number | null | undefined>

/** What `forecast` of a model of `millrace/models` gives. */
export interface ForecastResult {
  readonly mean: Values
  /** Of each interval, the share of values expected within it. */
  readonly level: readonly number[]
  /** By level, then by step. */
  readonly lower: readonly Values[]
  readonly upper: readonly Values[]
}

/** What {@link forecast} takes. */
export interface ForecastPlotOptions extends PlotOptions {
  /** The values before, which are drawn in front of the forecast. */
  readonly history?: Values
  /** The times of the history and of the steps after it: Dates, or numbers. Default: 1, 2, 3 … */
  readonly x?: ArrayLike<Date | number>
}

/** What {@link fan} takes. */
export interface FanPlotOptions extends ForecastPlotOptions {
  /** Of paths, the shares that the bands hold. Default: 0.5, 0.8 and 0.95. */
  readonly levels?: readonly number[]
}

/**
 * A forecast after its history: the means, and a band for each of its levels.
 *
 * @throws {PlanError} `OPTION`
 * @example
 * import { arima } from 'millrace/models'
 * const series = [2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2, 1.9]
 * forecast(arima(series, { order: [1, 0, 0] }).forecast(4), { history: series })
 */
export function forecast(result: ForecastResult, options: ForecastPlotOptions = {}): Figure {
  return drawn('forecast', checked('forecast', result, forecast), options, [], forecast)
}

/**
 * What may come, as bands around the median that become wider: of paths that a model simulated, or of a forecast with
 * several levels.
 *
 * @param from a forecast, or paths: each a list of values, step by step
 * @throws {PlanError} `OPTION`
 * @example
 * fan([[1, 2, 3], [1, 3, 5], [0, 1, 1], [1, 1, 2]], { history: [2, 1, 1] })
 */
export function fan(from: ForecastResult | readonly Values[], options: FanPlotOptions = {}): Figure {
  const { levels = [0.5, 0.8, 0.95] } = options ?? {}
  const result = Array.isArray(from) ? quantilesOf(from, levels) : checked('fan', from, fan)
  return drawn('fan', result, options, ['levels'], fan)
}

function checked(call: string, result: unknown, above: Function): ForecastResult {
  const { mean, level, lower, upper } = (result ?? {}) as Partial<ForecastResult>
  const levels = typeof level === 'number' ? [level] : level
  const rows = (bounds: unknown) =>
    Array.isArray(bounds) && typeof bounds[0] === 'number' ? [bounds] : (bounds as readonly Values[])
  const isWhole =
    typeof mean?.length === 'number' &&
    Array.isArray(levels) &&
    rows(lower)?.length === levels.length &&
    rows(upper)?.length === levels.length
  if (isWhole) return { mean: mean!, level: levels!, lower: rows(lower), upper: rows(upper) }
  throw new PlanError('OPTION', `${call}() takes what forecast() of a model gives, got ${shown(result)}`, {
    hint: `${call}(arima(series, { order: [1, 0, 0] }).forecast(24))`,
    above,
  })
}

/** Bands that hold the middle shares of paths, step by step. */
function quantilesOf(paths: readonly Values[], levels: readonly number[]): ForecastResult {
  if (paths.length === 0 || paths.some(path => typeof path?.length !== 'number')) {
    throw new PlanError('OPTION', `fan() takes paths, each a list of values, got ${shown(paths)}`, {
      hint: "fan(Array.from({ length: 200 }, () => fit.simulate(rng, 24, { from: 'end' })))",
      above: fan,
    })
  }
  const bad = levels.find(level => !(level > 0 && level < 1))
  if (bad !== undefined || levels.length === 0) {
    throw new PlanError('OPTION', `levels of fan() lie between 0 and 1, got ${shown(levels)}`, {
      hint: 'levels: [0.5, 0.8, 0.95]',
      above: fan,
    })
  }
  const steps = Math.max(...paths.map(path => path.length))
  const sorted = Array.from({ length: steps }, (_, step) =>
    Float64Array.from(paths.flatMap(path => numberOf(path[step]) ?? [])).sort(),
  )
  const at = (values: Float64Array, p: number) => {
    const place = p * (values.length - 1)
    const [low, high] = [values[Math.floor(place)]!, values[Math.ceil(place)]!]
    return low + (high - low) * (place - Math.floor(place))
  }
  const rows = (p: number) => sorted.map(values => (values.length === 0 ? null : at(values, p)))
  const ascending = [...levels].sort((a, b) => a - b)
  return {
    ...{ mean: rows(0.5), level: ascending },
    lower: ascending.map(level => rows((1 - level) / 2)),
    upper: ascending.map(level => rows((1 + level) / 2)),
  }
}

/** Of the k-th band, the widest first. */
const opacityOf = (k: number): number => 0.16 + 0.1 * Math.min(k, 4)

const percent = (level: number): string => `${Number((100 * level).toPrecision(4))} %`

function drawn(
  call: 'forecast' | 'fan',
  { mean, level, lower, upper }: ForecastResult,
  options: ForecastPlotOptions,
  names: readonly string[],
  above: Function,
): Figure {
  const defaults = { title: 'Forecast', x: 'observation', y: '' }
  const settings = settingsOf(call, options, ['history', 'x', ...names], defaults, above)
  const past = Array.from(options.history ?? [], numberOf)
  const steps = mean.length
  const places = placesOf(options.x, past.length + steps, call, settings, above)
  const wide = panelWidth(settings, 1)
  const x = places.axis(wide)
  const at = (step: number) => places.at[past.length + step]!
  // The widest first, so that the others lie on it.
  const order = level.map((_, i) => i).sort((a, b) => level[b]! - level[a]!)
  const last = past.at(-1)
  // The bands begin where the history ends.
  const joint = last === undefined || last === null ? [] : [[places.at[past.length - 1]!, last] as const]
  const bands = order.map(
    (i, k): Layer => ({
      ...{ mark: 'band', name: percent(level[i]!), paint: 0, opacity: opacityOf(k) },
      points: [
        ...joint.map(([x, y]) => [x, y, y] as const),
        ...Array.from(
          { length: steps },
          (_, step) => [at(step), numberOf(lower[i]![step]), numberOf(upper[i]![step])] as const,
        ),
      ],
    }),
  )
  const middle = call === 'fan' ? 'median' : 'mean'
  const line: Point[] = [
    ...joint,
    ...Array.from({ length: steps }, (_, step): Point => [at(step), numberOf(mean[step])]),
  ]
  const layers: Layer[] = [
    ...bands,
    ...(past.length > 0
      ? [
          {
            mark: 'line',
            name: 'history',
            paint: 'ink',
            width: 1.4,
            points: reduced(
              past.map((y, i): Point => [places.at[i]!, y]),
              x.min,
              x.max,
              Math.ceil(wide),
            ),
          } as const,
        ]
      : []),
    { mark: 'line', name: middle, paint: 0, width: 2, points: line },
  ]
  const legend: LegendEntry[] = [
    ...(past.length > 0 ? [{ name: 'history', paint: 'ink', shape: 'line' } as const] : []),
    { name: middle, paint: 0, shape: 'line' },
    // Bands lie on each other: what is seen of an inner one is as dark as all of them.
    ...[...order.keys()].reverse().map((k): LegendEntry => {
      const opacity = 1 - order.slice(0, k + 1).reduce((light, _, j) => light * (1 - opacityOf(j)), 1)
      return { name: percent(level[order[k]!]!), paint: 0, shape: 'area', opacity }
    }),
  ]
  let extent: Extent | undefined = extentOf([...past, ...line.map(([, y]) => y)])
  for (const bounds of [...lower, ...upper]) extent = extentOf(Array.from(bounds, numberOf), extent)
  const y = numberAxis(extent, { title: settings.yTitle, steps: 6, log: settings.logY })
  return figureOf(settings, { panels: [{ x, y, layers }], legend })
}
