/**
 * The table of detectors, by the `kind` of their specs. A new detector is a folder, a line here, and its names in
 * `factories.ts`, which the package exports; the command line and the checks of the docs read this table.
 *
 * A runtime is loaded when a plan names its kind. Nothing else here loads one.
 */
import type { DetectorFactory, DetectorRegistry, DetectorSpec } from '../../core/detector.ts'
import {
  ar,
  arima,
  arma,
  auto,
  changePoint,
  counts,
  cusum,
  ewma,
  fitted,
  holtWinters,
  kMeansDistance,
  ma,
  pageHinkley,
  robustZ,
  seasonalNaive,
} from './factories.ts'
import { ofAnySize } from './parts/any-size.ts'

/** Options that `millrace detect` can pass on to a factory. */
export type CommandLineOption = 'season' | 'p' | 'q'

export interface DetectorEntry {
  /** The functions that make its specs, by their public names. */
  readonly factories: Readonly<Record<string, (...options: any[]) => DetectorSpec>>
  /** Those of them that `millrace detect --model` takes, each with the options it passes on. */
  readonly commandLine?: Readonly<
    Record<string, Readonly<Partial<Record<CommandLineOption, 'optional' | 'needed'>>>>
  >
  /** Loads the runtime. */
  readonly open: () => Promise<DetectorFactory>
}

const LAGS = { season: 'optional', p: 'optional', q: 'optional' } as const
const SEASON = { season: 'optional' } as const

export const detectorTable: Readonly<Record<string, DetectorEntry>> = Object.freeze({
  auto: {
    factories: { auto },
    commandLine: { auto: {} },
    open: async () => ofAnySize((await import('./auto/auto.ts')).openAuto),
  },
  arima: {
    factories: { ar, arima, arma, ma },
    commandLine: { arma: LAGS },
    open: async () => ofAnySize((await import('./arima/arima.ts')).openArima),
  },
  changePoint: {
    factories: { changePoint },
    commandLine: { changePoint: {} },
    open: async () => ofAnySize((await import('./change-point/change-point.ts')).openChangePoint),
  },
  counts: {
    factories: { counts },
    commandLine: { counts: SEASON },
    open: async () => (await import('./counts/counts.ts')).openCounts,
  },
  cusum: {
    factories: { cusum },
    commandLine: { cusum: {} },
    open: async () => ofAnySize((await import('./cusum/cusum.ts')).openCusum),
  },
  ewma: {
    factories: { ewma },
    commandLine: { ewma: {} },
    open: async () => ofAnySize((await import('./ewma/ewma.ts')).openEwma),
  },
  fitted: { factories: { fitted }, open: async () => (await import('./fitted/fitted.ts')).openFitted },
  'fixed-arima': {
    factories: {},
    open: async () => (await import('./fixed/arima.ts')).openFixedArima,
  },
  'fixed-distribution': {
    factories: {},
    open: async () => (await import('./fixed/distribution.ts')).openFixedDistribution,
  },
  holtWinters: {
    factories: { holtWinters },
    commandLine: { holtWinters: SEASON },
    open: async () => ofAnySize((await import('./holt-winters/holt-winters.ts')).openHoltWinters),
  },
  kMeansDistance: {
    factories: { kMeansDistance },
    commandLine: { kMeansDistance: {} },
    open: async () => ofAnySize((await import('./k-means-distance/k-means-distance.ts')).openKMeansDistance),
  },
  pageHinkley: {
    factories: { pageHinkley },
    commandLine: { pageHinkley: {} },
    open: async () => ofAnySize((await import('./cusum/page-hinkley.ts')).openPageHinkley),
  },
  robustZ: {
    factories: { robustZ },
    commandLine: { robustZ: SEASON },
    open: async () => ofAnySize((await import('./robust-z/robust-z.ts')).openRobustZ),
  },
  seasonalNaive: {
    factories: { seasonalNaive },
    commandLine: { seasonalNaive: { season: 'needed' } },
    open: async () => ofAnySize((await import('./seasonal-naive/seasonal-naive.ts')).openSeasonalNaive),
  },
})

export const detectorKinds: readonly string[] = Object.freeze(Object.keys(detectorTable))

/**
 * Loads the detectors of some kinds. The registry has the names of all, so that whoever misses one can say which there
 * are; those that were not asked for do not open. Kinds that there are not are passed over.
 */
export async function loadDetectors(kinds: Iterable<string> = detectorKinds): Promise<DetectorRegistry> {
  const wanted = new Set(kinds)
  const entries = Object.entries(detectorTable).map(async ([kind, { open }]) => {
    return [kind, wanted.has(kind) ? await open() : () => notLoaded(kind)] as const
  })
  return Object.freeze(Object.fromEntries(await Promise.all(entries)))
}

function notLoaded(kind: string): never {
  throw new RangeError(`the ${kind} detector was not loaded`)
}
