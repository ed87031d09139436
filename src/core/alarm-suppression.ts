/**
 * Alarm suppression: anomalies close together are one event, of which only the first is marked.
 *
 * A wrapper around any detector. It sets `suppressed` and leaves p-values as they are; its state is one field beside the
 * detector's own.
 */
import type { Detector } from './detector.ts'
import type { StateTable } from './fold.ts'
import { record } from './record.ts'

export interface SuppressionRule {
  /** Values after a marked anomaly that belong to its event. */
  readonly points: number
  /** An anomaly within an event is marked as well when its score, −log p, is this many times that of the one marked last. */
  readonly again: number
  /** The event ends `points` values after its last anomaly, marked or not. Default: after the last marked one. */
  readonly lasting?: true
}

/** The rule for events that come at `rate`, in events per value: short enough that they seldom run into one another. */
export const eventRule = (rate: number): SuppressionRule => ({
  points: Math.max(1, Math.min(50, Math.round(0.1 / rate))),
  again: 1.5,
})

/**
 * The rate of anomalies at which events come at `rate`, when values are anomalies independently of one another: an event
 * hides the next values, as a counter with a dead time does (Feller 1968, *An Introduction to Probability Theory and Its
 * Applications* I, §XIII.11).
 */
export const alarmRate = (rate: number, { points }: SuppressionRule): number =>
  Math.min(rate / (1 - Math.min(points * rate, 0.9)), 0.5)

const EVENT = record({
  left: 'values that the event still lasts; 0 outside events',
  marked: 'log p of the anomaly that was marked last',
})

/** The detector with the anomalies of an event after the first `suppressed`; an anomaly is p < alpha. */
export function suppressAlarms(
  detector: Detector,
  alpha: number,
  { points, again, lasting }: SuppressionRule,
): Detector {
  const logAlpha = Math.log(alpha)
  return {
    ...detector,
    layout: { ...detector.layout, event: EVENT.field },
    step(state, input, output) {
      detector.step(state, input, output)
      const { count, keys } = input
      const { logP, suppressed } = output
      const event = (state as StateTable & { event: Float64Array }).event
      for (let i = 0; i < count; i++) {
        const at = keys[i]! * EVENT.width
        const left = event[at + EVENT.left]!
        const log = logP[i]!
        if (log < logAlpha) {
          if (left > 0 && !(log < again * event[at + EVENT.marked]!)) {
            suppressed[i] = 1
            if (lasting) event[at + EVENT.left] = points + 1
          } else {
            event[at + EVENT.marked] = log
            event[at + EVENT.left] = points + 1
          }
        }
        if (event[at + EVENT.left]! > 0) event[at + EVENT.left] = event[at + EVENT.left]! - 1
      }
    },
  }
}
