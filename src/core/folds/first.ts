/** `first(x)`: the first value in event time, ties by position, nulls included; see {@link firstOrLast}. */

import type { Fold } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { firstOrLast } from './first-last.ts'

export const first = (type: ColumnType, changes: boolean): Fold => firstOrLast(type, 'first', changes)
