/** What an open `arma` detector works with: its configuration, the arrays of a step, and room for the value at hand. */
import type { FieldSpec, StateTable } from '../../../../core/fold.ts'
import { record } from '../../../../core/record.ts'
import { type CssWorkspace, cssWorkspace } from '../../../arma/estimate/css-workspace.ts'
import type { Calibrator } from '../../../calibration/calibrator.ts'
import { f64, u32 } from '../../parts/fields.ts'
import type { DeferredFits } from '../deferred-fits.ts'
import type { DriftMonitor } from '../drift-monitor.ts'
import { filterOrder, type InnovationFilter } from '../innovation-filter.ts'
import type { ArmaConfig } from './config.ts'
import type { ArmaScoring } from './score.ts'
import { KEY, SLOT } from './state.ts'

/** An open detector. Its arrays are those of the step at hand, of all keys. */
export interface Arma {
  readonly config: ArmaConfig
  readonly calibrator: Calibrator
  readonly scoring: ArmaScoring
  readonly fits: DeferredFits
  readonly drift: DriftMonitor | undefined
  readonly window: ArmaWindow
  readonly row: ArmaRow
  readonly filter: InnovationFilter
  /** {@link KEY} of each key. */
  numbers: Float64Array
  /** {@link SLOT} of each slot of each key. */
  profile: Float64Array
  /** The last values of each key less the level, a ring; NaN for missing values and outliers. */
  past: Float64Array
  /** Their slots, when the season is irregular. */
  pastSlots: Uint32Array
}

/** The window of a key, while its model is fitted. */
export interface ArmaWindow {
  readonly css: CssWorkspace
  /** The points, oldest first: as they were, then less profile and mean, outliers pulled in. */
  readonly series: Float64Array
  readonly slotOf: Uint32Array
  readonly scratch: Float64Array
  /** Sums of the sizes of innovations by slot, and their number. */
  readonly slotSizes: Float64Array
  readonly slotCounts: Float64Array
  /** Points of the window, those that are not missing, and their mean. */
  length: number
  observed: number
  mean: number
}

/** The value at hand, from its prediction to what is learned of it. */
export interface ArmaRow {
  key: number
  /** Where {@link KEY} and {@link SLOT} of the value begin. */
  at: number
  slotAt: number
  /** Place in the window. */
  place: number
  /** Level and profile, and the prediction. */
  base: number
  expected: number
  /** Scale of ordinary innovations of the series, that of the slot in units of it, and that of this value's. */
  unit: number
  slotScale: number
  scale: number
  /** Whether values not seen add to the prediction's variance. */
  uncertain: boolean
  /** The innovation, 0 where it is void, and in scales. */
  error: number
  u: number
  /** What the value counts for prediction and profile, and for scale and calibrator: 0 to 1. */
  share: number
  weight: number
}

/** The fields of a detector. */
export function armaLayout({ config, calibrator, fits, drift, filter }: Arma): Record<string, FieldSpec> {
  const { p, window, season } = config
  const { m } = filter
  return {
    arma: KEY.field,
    model: record({ phi: ['φ, the autoregressive coefficients', p], psi: ['ψ weights of lags 1 to m', m] })
      .field,
    filter: record({ mean: ['predictions of the next m values less level and profile', m] }).field,
    /** Covariances of these predictions due to missing values, m × m, in units of σ². */
    excess: { kind: 'f64', width: m * m },
    profile: record({ slot: [SLOT, season.slots] }).field,
    window: { kind: 'f64', width: window },
    ...calibrator.layout,
    ...(season.irregular ? { windowSlots: { kind: 'u32', width: window } as const } : {}),
    ...fits.layout,
    ...drift?.layout,
  }
}

/** Points an open detector at the arrays of a step. */
export function bindArma(arma: Arma, state: StateTable): void {
  arma.numbers = f64(state, 'arma')
  arma.filter.model = f64(state, 'model')
  arma.filter.means = f64(state, 'filter')
  arma.filter.excess = f64(state, 'excess')
  arma.profile = f64(state, 'profile')
  arma.past = f64(state, 'window')
  if (arma.config.season.irregular) arma.pastSlots = u32(state, 'windowSlots')
  arma.calibrator.bind(state)
  arma.fits.bind(state)
  arma.drift?.bind(state)
}

const none = new Float64Array(0)

/** What an open detector works with. */
export function newArma(
  config: ArmaConfig,
  parts: Pick<Arma, 'calibrator' | 'scoring' | 'fits' | 'drift'>,
): Arma {
  const { p, q, window, season } = config
  return {
    config,
    ...parts,
    filter: { p, m: filterOrder(p, q), model: none, means: none, excess: none },
    numbers: none,
    profile: none,
    past: none,
    pastSlots: new Uint32Array(0),
    window: {
      css: cssWorkspace({ capacity: window, p, q, constant: false }),
      series: new Float64Array(window),
      slotOf: new Uint32Array(window),
      scratch: new Float64Array(window),
      slotSizes: new Float64Array(season.slots),
      slotCounts: new Float64Array(season.slots),
      ...{ length: 0, observed: 0, mean: 0 },
    },
    row: {
      ...{ key: 0, at: 0, slotAt: 0, place: 0, uncertain: false },
      // Doubles from the start, so that a write allocates nothing.
      ...{
        base: Number.NaN,
        expected: Number.NaN,
        unit: Number.NaN,
        slotScale: Number.NaN,
        scale: Number.NaN,
      },
      ...{ error: Number.NaN, u: Number.NaN, share: Number.NaN, weight: Number.NaN },
    },
  }
}
