/**
 * A value on its way through the model, with what the parts ask of it.
 *
 * One object per model, whose fields all hold doubles at all times: they are written in place, where a captured variable, or
 * an argument of a call that is not inlined, would be a new number on the heap with each value.
 */
export interface Moment {
  /** As given, and as the predictor has it: in units, without its season. */
  x: number
  y: number
  /** Its time and the place of that, and what the seasons add there. */
  place: number
  timeMs: number
  seasonal: number
  /** What y was predicted to be, the scale of its error, the least that there is, and 1 where it is no larger but for the moment. */
  predicted: number
  scale: number
  floor: number
  floored: number
  /** Scales that it is off; and in those of its hour alone: a burst must not be measured in its own scale. */
  u: number
  ofHour: number
  /** The scale of the hour, and of the moment, in ordinary ones. */
  hourScale: number
  moment: number
  /** What is predicted, as values are given, but of counters less the last value, which is `from`. */
  center: number
  from: number
}

/** Of no value yet. */
export const newMoment = (): Moment => ({
  x: Number.NaN,
  y: Number.NaN,
  place: Number.NaN,
  timeMs: Number.NaN,
  seasonal: Number.NaN,
  predicted: Number.NaN,
  scale: Number.NaN,
  floor: Number.NaN,
  floored: Number.NaN,
  u: Number.NaN,
  ofHour: Number.NaN,
  hourScale: Number.NaN,
  moment: Number.NaN,
  center: Number.NaN,
  from: Number.NaN,
})
