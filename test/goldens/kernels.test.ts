/** The source of a few kernels, to be read in review: `npm run goldens` writes the files again. */

import { expect, it } from 'vitest'
import type { Batch } from '../../src/core/batch/batch.ts'
import { batchFromRows } from '../../src/core/batch/build.ts'
import { dictionaryOf } from '../../src/core/batch/dictionary.ts'
import { heapArena } from '../../src/core/batch/slab.ts'
import { type Columns, columnsOf, type Expression, lit, when } from '../../src/core/expr/builder.ts'
import { compileKernel, type KernelStep } from '../../src/core/expr/compile.ts'
import { schemaFrom } from '../../src/core/types/schema.ts'
import { distributionFromJSON, normal } from '../../src/models/index.ts'

const schema = schemaFrom({
  delay: 'int32',
  late: 'int32',
  distance: 'float64',
  total: 'int64',
  date: 'timestamp[us]',
  name: 'utf8',
  origin: 'utf8',
})

interface Row {
  delay: number
  late: number | null
  distance: number
  total: bigint
  date: Date
  name: string
  origin: string
}

const r: Columns<Row> = columnsOf<Row>(schema)

const day = new Date('2001-06-09T12:34:56Z')
const row = { delay: 70, late: 80, distance: 5, total: 6n, date: day, name: 'x', origin: 'IAH' }
const plain = batchFromRows(schema, [row, { ...row, late: null }], heapArena)
const airports = dictionaryOf(new TextEncoder().encode('IAHHOU'), Int32Array.of(0, 3, 6))
const batch: Batch = {
  ...plain,
  columns: plain.columns.map((column, i) =>
    i === 6 ? { type: 'utf8', values: Int32Array.of(0, 1), dictionary: airports } : column,
  ),
}
const selected: Batch = { ...batch, selection: Uint32Array.of(1) }

const filter = (test: Expression<any>): KernelStep => ({ kind: 'filter', test: test.expr })
const project = (columns: Readonly<Record<string, Expression<any>>>): KernelStep => ({
  kind: 'project',
  columns: Object.entries(columns).map(([name, { expr }]) => ({ name, expr })),
})

const KERNELS: Readonly<Record<string, { steps: readonly KernelStep[]; input?: Batch }>> = {
  'filter-one-column': { steps: [filter(r.delay.gt(60))] },
  'filter-conjunction-shares-a-loop': { steps: [filter(r.delay.gt(60).and(r.distance.lt(100.5)))] },
  'filter-nulls': { steps: [filter(r.late.gt(60))] },
  'filter-selected-rows': { steps: [filter(r.delay.gt(60))], input: selected },
  'filter-then-guarded-division': { steps: [filter(r.late.ne(0)), filter(r.delay.intDiv(r.late).gt(1))] },
  'filter-text-by-code': { steps: [filter(r.origin.eq('IAH').or(r.origin.startsWith('H')))] },
  'filter-text-by-bytes': { steps: [filter(r.name.eq('x'))] },
  'filter-and-derive': {
    steps: [filter(r.delay.gt(60)), project({ delay: r.delay, speed: r.distance.mul(1.5) })],
  },
  'checked-int32': { steps: [project({ more: r.delay.add(1), withNulls: r.late.add(r.delay) })] },
  'int64-as-double': { steps: [project({ sum: r.total.add(1) })] },
  'timestamp-to-the-hour': { steps: [project({ hour: r.date.truncate('hour') })] },
  'tail-of-a-distribution': {
    steps: [filter(r.delay.gt(60).and(r.late.sf(normal({ mean: 8, sd: 30 })).lt(0.01)))],
  },
  'lower-of-codes': { steps: [project({ lower: r.origin.lower() })] },
  'conditional-with-nulls': { steps: [project({ kind: when(r.delay.gt(60), r.late).otherwise(0) })] },
  'hostile-literal': { steps: [filter(r.name.eq('`$' + '{process.exit()}`"\'\n').or(lit('*/').eq(r.name)))] },
}

for (const [name, { steps, input = batch }] of Object.entries(KERNELS)) {
  it(`the kernel ${name}`, async () => {
    const sources: string[] = []
    compileKernel(schema, steps, {
      distributions: distributionFromJSON,
      onSource: code => sources.push(code),
    }).run(input, heapArena)
    await expect(sources.join('\n')).toMatchFileSnapshot(`kernels/${name}.txt`)
  })
}
