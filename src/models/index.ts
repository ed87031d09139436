/**
 * Models on plain arrays, without the rest of Millrace: distributions, time-series models, statistics.
 *
 * Invariant: results depend on the arguments alone; null, undefined and NaN are missing values. May import `core`; no I/O,
 * and no threads but that of `arima.fitAsync`, which is loaded on use. Lower folders do not import higher ones:
 * `special`, `numerics`, `distributions` and `calibration`, `timeseries` and `statistics`, `arma`, `detectors`.
 */

import '../core/refuse-old-node.ts'

export * from './arma/index.ts'
export * from './distributions/index.ts'
export * from './statistics/index.ts'
export * from './timeseries/index.ts'
