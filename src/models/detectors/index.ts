/**
 * Detectors: keyed online models that judge one value at a time, behind the contract of `core/detector.ts`.
 *
 * Invariant: a detector is a pure function of its spec and of its key's values so far. How steps are cut, what other
 * keys do and which outputs are wanted change nothing, to the bit.
 *
 * May import `core` and the other models. `specs.ts` is light and is what a plan needs; the rest runs in the shards.
 */
export { detectors } from './registry.ts'
export {
  type ArmaCalibration,
  type ArmaDetectorSpec,
  type ArmaOptions,
  arma,
  type CountSeason,
  type CountsOptions,
  type CountsSpec,
  counts,
  type Stretch,
  type StretchSpec,
} from './specs.ts'
