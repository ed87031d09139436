import { read } from '../../src/index.ts'
import * as plot from '../../src/plot/index.ts'
import { flights } from './flights.ts'

flights.plot.line({ x: 'date', y: 'delay', by: 'origin' })
flights.plot.line({ x: 'date', y: ['delay', 'miles'], facet: ['origin', 'late'] })
flights.plot.bar({ x: 'origin', y: 'delay', aggregate: 'mean' })
read.parquet('open.parquet').plot.bar({ x: 'anything' })

// @ts-expect-error: no such column
flights.plot.line({ x: 'date', y: 'delays' })
// @ts-expect-error: texts have no height
flights.plot.line({ x: 'date', y: 'origin' })
// @ts-expect-error: numbers are no times
flights.plot.calendar({ x: 'delay' })
// @ts-expect-error: no such option
flights.plot.box({ y: 'delay', colour: 'red' })

const rows = [{ at: new Date(), x: 1 as number | null, key: 'a' }]
plot.line(rows, { x: 'at', y: 'x', by: 'key' })
// @ts-expect-error: no such column
plot.line(rows, { x: 'at', y: 'y' })
// @ts-expect-error: texts have no height
plot.bar(rows, { x: 'at', y: 'key' })
