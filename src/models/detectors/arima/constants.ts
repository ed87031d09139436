/** What the detectors with an ARIMA model have in common beside the model. */

/** Points before the first fit, and between later ones, of a spec that does not say. */
export const DEFAULT_WARMUP = 336
export const DEFAULT_REFIT = 4096
/** Each fit comes at this many times the position of the one before, until `refitEvery` is shorter. */
export const FIT_GROWTH = 3
/** Lags that a prediction may reach back. */
export const MAX_REACH = 20_160
