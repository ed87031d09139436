/** The arrays of a detector's state, by field. */
import type { StateTable } from '../../../core/fold.ts'

/** The array of a field declared `f64`. */
export const f64 = (state: StateTable, field: string): Float64Array =>
  (state as unknown as Readonly<Record<string, Float64Array>>)[field]!

/** The array of a field declared `u32`. */
export const u32 = (state: StateTable, field: string): Uint32Array =>
  (state as unknown as Readonly<Record<string, Uint32Array>>)[field]!
