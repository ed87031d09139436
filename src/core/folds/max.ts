/** `max(x)`: the largest value; see {@link extreme} for what that means for each type. NaN is the largest number. */

import type { Fold } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { extreme } from './min-max.ts'

export const max = (type: ColumnType): Fold => extreme(type, 'max')
