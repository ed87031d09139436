/** `max(x)`: the largest value; see {@link minOrMax} for what that means for each type. NaN is the largest number. */

import type { Fold } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { minOrMax } from './min-max.ts'

export const max = (type: ColumnType, changes: boolean): Fold => minOrMax(type, 'max', changes)
