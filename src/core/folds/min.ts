/** `min(x)`: the smallest value; see {@link minOrMax} for what that means for each type. */

import type { Fold } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { minOrMax } from './min-max.ts'

export const min = (type: ColumnType, changes: boolean): Fold => minOrMax(type, 'min', changes)
