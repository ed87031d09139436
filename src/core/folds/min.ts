/** `min(x)`: the smallest value; see {@link extreme} for what that means for each type. */

import type { Fold } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { extreme } from './min-max.ts'

export const min = (type: ColumnType): Fold => extreme(type, 'min')
