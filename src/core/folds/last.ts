/** `last(x)`: the last value in event time, ties by position, nulls included; see {@link firstOrLast}. */

import type { Fold } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { firstOrLast } from './first-last.ts'

export const last = (type: ColumnType, changes: boolean): Fold => firstOrLast(type, 'last', changes)
