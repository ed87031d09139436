/** The models that the command line knows by name. */
import {
  arma,
  auto,
  changePoint,
  counts,
  cusum,
  type DetectorSpec,
  type Duration,
  ewma,
  holtWinters,
  robustZ,
  seasonalNaive,
} from '../index.ts'
import { numberIn, required, typed, UsageError } from './usage.ts'

export interface ModelOptions {
  readonly season?: string | undefined
  readonly p?: string | undefined
  readonly q?: string | undefined
}

interface Model {
  /** The options it takes. */
  readonly takes: readonly (keyof ModelOptions)[]
  make(options: ModelOptions): DetectorSpec
}

const LAGS = { least: 0, most: 16, whole: true }
const seasonOf = ({ season }: ModelOptions) => (season === undefined ? {} : { season: season as Duration })

const MODELS: Readonly<Record<string, Model>> = {
  __proto__: null as never,
  auto: { takes: [], make: () => auto() },
  arma: {
    takes: ['season', 'p', 'q'],
    make: options =>
      arma({
        p: numberIn(options.p, 'p', LAGS) ?? 2,
        q: numberIn(options.q, 'q', LAGS) ?? 1,
        ...seasonOf(options),
      }),
  },
  changePoint: { takes: [], make: () => changePoint() },
  counts: {
    takes: ['season'],
    make: ({ season }) => counts(season === undefined ? {} : { season: season as 'hourOfWeek' }),
  },
  cusum: { takes: [], make: () => cusum() },
  ewma: { takes: [], make: () => ewma() },
  holtWinters: { takes: ['season'], make: options => holtWinters(seasonOf(options)) },
  robustZ: { takes: ['season'], make: options => robustZ(seasonOf(options)) },
  seasonalNaive: {
    takes: ['season'],
    make: ({ season }) => seasonalNaive({ season: required(season, 'season', '1d') as Duration }),
  },
}

export const MODEL_NAMES = Object.keys(MODELS)

/** The detector of a name and its options. @throws {UsageError} for one that is not known or not taken. */
export function modelOf(name: string, options: ModelOptions): DetectorSpec {
  const model = MODELS[name]
  if (!model) {
    throw new UsageError(
      `--model is one of ${MODEL_NAMES.join(', ')}, got ${JSON.stringify(name)}`,
      '--model auto',
    )
  }
  for (const option of ['season', 'p', 'q'] as const) {
    if (options[option] === undefined || model.takes.includes(option)) continue
    const takers = MODEL_NAMES.filter(other => MODELS[other]!.takes.includes(option))
    throw new UsageError(`--${option} is not an option of --model ${name}, but of ${takers.join(', ')}`)
  }
  return typed('season', () => model.make(options))
}
