/** What users write for the `auto` detector: plain data, which `auto.ts` opens. */
import type { DetectorSpec } from '../../../core/detector.ts'
import { checkNames, whole } from '../../spec-options.ts'

/** What {@link auto} takes. */
export interface AutoOptions {
  /** Values before the first score. Default 150. */
  warmup?: number
}

/** The plain data of {@link auto}. */
export interface AutoSpec extends DetectorSpec {
  readonly kind: 'auto'
  readonly warmup: number
}

/** Values before the first score. */
export const WARMUP = 150

/**
 * The detector for a series of which nothing is known: spikes, shifts, bursts, flatlines, new extremes and values
 * unusual for their hour, in one p-value. What `detect` takes when no detector is named.
 *
 * @throws {ModelError} `DETECTOR_OPTION` for an option that makes no sense.
 * @example
 * auto().warmup // 150
 */
export function auto(options: AutoOptions = {}): AutoSpec {
  checkNames('auto', options, ['warmup'], auto)
  return Object.freeze({
    kind: 'auto',
    warmup: whole(options.warmup ?? WARMUP, 'the warmup of auto()', 50, 1e9, auto),
  })
}
