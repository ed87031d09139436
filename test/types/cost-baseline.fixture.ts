/** What {@link file://./cost.fixture.ts} costs without its verbs. */

import { read } from '../../src/index.ts'

export const flights = read.parquet('flights.parquet', { delay: 'int32' })
