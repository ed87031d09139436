/**
 * Models on plain arrays, without the rest of Millrace: distributions and time-series models.
 * May import `core` only; no threads and no I/O.
 */
export * from './arma/index.ts'
export * from './distributions/index.ts'
