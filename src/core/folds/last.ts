/** `last(x)`: the last value in event time, ties by position, nulls included; see {@link edge}. */

import type { Fold } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { edge } from './first-last.ts'

export const last = (type: ColumnType): Fold => edge(type, 'last')
