/**
 * Detectors: keyed online models that score one value at a time, behind the contract of `core/detector.ts`.
 *
 * Invariant: a detector is a pure function of its spec and of its key's values so far, or of all values where it is
 * pooled. How steps are cut, what other keys do and which outputs are wanted change nothing, to the bit.
 *
 * A detector is a folder: `spec.ts` is what users write (options, checked, and plain data), the file named like the
 * folder the runtime. Most are a statistic (`parts/statistic.ts`) with a calibrator (`../calibration/`), joined by
 * `scoreWith`; those that predict a value are a `Predictor`, made a statistic by `residualStatistic`. `registry.ts` is
 * the table of them. May import `core` and the other models; detectors share `parts`, and do not import each other.
 */

export * from './factories.ts'
export { detectorKinds, loadDetectors } from './registry.ts'
