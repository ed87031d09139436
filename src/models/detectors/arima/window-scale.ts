/** Robust scales of a window before a model is fitted to it: outliers are pulled in to the limits they give. */
import { selectAt } from '../../numerics/order-statistics.ts'
import { MAD_TO_SIGMA } from '../parts/robust-scale.ts'

/** Values of a window count up to this many scales from its centre. */
export const CLIPPED = 5

/** Values so far from their predictions, in scales, are replaced; not more than {@link MAX_REPLACED} in a row. */
export const REPLACED = 4
export const MAX_REPLACED = 3

/** How far from the centre values of a window may be, from the median of their distances. */
export const clipLimit = (medianSize: number): number => CLIPPED * MAD_TO_SIGMA * medianSize

/** The lower median of the first `length` values, whose order it changes. */
export const lowerMedian = (values: Float64Array, length: number): number =>
  selectAt(values, (length - 1) >> 1, length)
