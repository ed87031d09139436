/**
 * Models on plain arrays, without the rest of Millrace: distributions, time-series models, statistics.
 * May import `core` only; no threads and no I/O.
 */
export * from './arma/index.ts'
export * from './distributions/index.ts'
export * from './statistics/index.ts'
export * from './timeseries/index.ts'
