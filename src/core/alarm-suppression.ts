import type { Detector } from './detector.ts'
import type { StateTable } from './fold.ts'

export interface SuppressionRule {
  /** Values of a series, after a marked anomaly, that belong to the same event. */
  readonly points: number
  /** A score so many times that of the anomaly marked last is an event of its own. */
  readonly again: number
  /** The event lasts for so many values after its last anomaly, whether that was marked or not. Default: after the marked. */
  readonly lasting?: true
}

/** What one event is where events come at `rate`, in events a value: they should seldom run into one another. */
export const eventRule = (rate: number): SuppressionRule => ({
  points: Math.max(1, Math.min(50, Math.round(0.1 / rate))),
  again: 1.5,
})

/**
 * The rate of anomalies that makes events come at `rate`, for values that are anomalies independently of one another: an
 * event hides what follows for so many values, as a counter with a dead time does (Feller 1968, *An Introduction to
 * Probability Theory and Its Applications* I, §XIII.11).
 */
export const alarmRate = (rate: number, { points }: SuppressionRule): number =>
  Math.min(rate / (1 - Math.min(points * rate, 0.9)), 0.5)

/** Values of the event that are left, and log p of the anomaly that was marked last. */
const LEFT = 0
const MARKED = 1
const WIDTH = 2

/**
 * A detector whose anomalies close together are one: those after the first are marked `suppressed`. P-values stay as they
 * are.
 */
export function suppressAlarms(
  detector: Detector,
  alpha: number,
  { points, again, lasting }: SuppressionRule,
): Detector {
  const logAlpha = Math.log(alpha)
  return {
    layout: { ...detector.layout, event: { kind: 'f64', width: WIDTH } },
    step(state, input, output) {
      detector.step(state, input, output)
      const { count, keys } = input
      const { logP, suppressed } = output
      const event = (state as StateTable & { event: Float64Array }).event
      for (let i = 0; i < count; i++) {
        const at = keys[i]! * WIDTH
        const left = event[at + LEFT]!
        const log = logP[i]!
        if (log < logAlpha) {
          if (left > 0 && !(log < again * event[at + MARKED]!)) {
            suppressed[i] = 1
            if (lasting) event[at + LEFT] = points + 1
          } else {
            event[at + MARKED] = log
            event[at + LEFT] = points + 1
          }
        }
        if (event[at + LEFT]! > 0) event[at + LEFT] = event[at + LEFT]! - 1
      }
    },
  }
}
