/**
 * Detectors: keyed online models that score one value at a time, behind the contract of `core/detector.ts`.
 *
 * Invariant: a detector is a pure function of its spec and of its key's values so far. How steps are cut, what other
 * keys do and which outputs are wanted change nothing, to the bit.
 *
 * Most are a statistic (`statistic.ts`) with a calibrator (`../calibration/`), joined by `scoreWith`; those that predict
 * a value are a `Predictor`, made a statistic by `residualStatistic`. May import `core` and the other models. `factories.ts`
 * is what a plan needs, and light.
 */

export * from './factories.ts'
export { detectors } from './registry.ts'
