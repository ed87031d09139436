/** All queries, by name. */

import type { NexmarkQuery } from '../query.ts'
import { q0 } from './q0.ts'
import { q1 } from './q1.ts'
import { q2 } from './q2.ts'
import { q3 } from './q3.ts'
import { q10 } from './q10.ts'
import { q13 } from './q13.ts'
import { q18 } from './q18.ts'
import { q20 } from './q20.ts'
import { q21 } from './q21.ts'
import { q22 } from './q22.ts'
import { q23 } from './q23.ts'

export const QUERIES: Readonly<Record<string, NexmarkQuery>> = {
  q0,
  q1,
  q2,
  q3,
  q10,
  q13,
  q18,
  q20,
  q21,
  q22,
  q23,
}
