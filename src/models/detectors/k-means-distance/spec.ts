/** What users write for the `kMeansDistance` detector: plain data, which `k-means-distance.ts` opens. */
import type { DetectorSpec } from '../../../core/detector.ts'
import type { CalibratorName } from '../../calibration/calibrator.ts'
import { checkNames, refuse, whole } from '../../spec-options.ts'

/** What {@link kMeansDistance} takes. */
export interface KMeansDistanceOptions {
  /** Patterns that are told apart, 1 to 32. Default 8. */
  clusters?: number
  /** Values in a row that make a pattern, 1 to 16. Default 4. */
  lags?: number
  /** Values before the first score, at least 2 · clusters · lags. Default 4 · clusters · lags, at least 200. */
  warmup?: number
  /** How the distance becomes a p-value. Default `'tail'`. */
  calibrate?: Exclude<CalibratorName, 'analytic'>
}

/** The plain data of {@link kMeansDistance}. */
export interface KMeansDistanceSpec extends DetectorSpec {
  readonly kind: 'kMeansDistance'
  readonly clusters: number
  readonly lags: number
  readonly warmup: number
  readonly calibrate: Exclude<CalibratorName, 'analytic'>
}

/**
 * The distance of the last few values from the patterns of the series: for shapes that come back, where a value in
 * range may be at the wrong place.
 *
 * @throws {ModelError} `DETECTOR_OPTION` for an option that makes no sense.
 * @example
 * kMeansDistance({ clusters: 12, lags: 6 }).warmup // 288
 */
export function kMeansDistance(options: KMeansDistanceOptions = {}): KMeansDistanceSpec {
  checkNames('kMeansDistance', options, ['clusters', 'lags', 'warmup', 'calibrate'], kMeansDistance)
  const clusters = whole(
    options.clusters ?? 8,
    'the number of clusters of kMeansDistance()',
    1,
    32,
    kMeansDistance,
  )
  const lags = whole(options.lags ?? 4, 'the lags of kMeansDistance()', 1, 16, kMeansDistance)
  const least = 2 * clusters * lags
  const calibrate = options.calibrate ?? 'tail'
  if (calibrate !== 'conformal' && calibrate !== 'tail') {
    refuse(
      "kMeansDistance() calibrates by 'conformal' or 'tail'",
      calibrate,
      'the distribution of its distances is not known',
      kMeansDistance,
    )
  }
  return Object.freeze({
    kind: 'kMeansDistance',
    clusters,
    lags,
    warmup: whole(
      options.warmup ?? Math.max(200, 2 * least),
      'the warmup of kMeansDistance()',
      least,
      1e9,
      kMeansDistance,
    ),
    calibrate,
  })
}
