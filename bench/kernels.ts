/**
 * Millions of rows a second through compiled kernels, one thread, beside a loop written by hand for the same batch.
 * Run with `node bench/kernels.ts`.
 */
import { cpus } from 'node:os'
import benny from 'benny'
import type { Batch } from '../src/core/batch/batch.ts'
import type { Column } from '../src/core/batch/column.ts'
import { dictionaryOf } from '../src/core/batch/dictionary.ts'
import { SlabArena, SlabPool } from '../src/core/batch/slab.ts'
import { type Columns, columnsOf, type Expression, when } from '../src/core/expr/builder.ts'
import { compileKernel, type KernelStep } from '../src/core/expr/compile.ts'
import { schemaFrom } from '../src/core/types/schema.ts'

const ROWS = 1 << 16
/** Batches a measured call, so that its own cost disappears. */
const BATCHES = 16

const schema = schemaFrom({
  delay: 'int32',
  late: 'int32',
  distance: 'float64',
  speed: 'float64',
  date: 'timestamp[us]',
  origin: 'utf8',
})

interface Row {
  delay: number
  late: number | null
  distance: number
  speed: number
  date: Date
  origin: string
}

let state = 1
/** 0 to 1, the same in every run. */
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return state / 4_294_967_296
}

const shared = (bytes: number) => new SharedArrayBuffer(bytes)
const delay = new Int32Array(shared(ROWS * 4)).map(() => Math.floor(random() * 120))
const distance = new Float64Array(shared(ROWS * 8)).map(() => random() * 2000)
const speed = new Float64Array(shared(ROWS * 8)).map(() => random() * 500)
const date = new BigInt64Array(shared(ROWS * 8))
for (let i = 0; i < ROWS; i++) date[i] = 978_307_200_000_000n + BigInt(i) * 1_000_000n
const airports = ['IAH', 'HOU', 'ATL', 'ORD', 'LAX', 'DFW', 'JFK', 'SFO']
const text = new TextEncoder().encode(airports.join(''))
const dictionary = dictionaryOf(
  text,
  Int32Array.from({ length: 9 }, (_, i) => i * 3),
)
const codes = new Int32Array(shared(ROWS * 4)).map(() => Math.floor(random() * 8))
const validity = new Uint8Array(shared(ROWS / 8)).map(() => Math.floor(random() * 256))

const columns: Column[] = [
  { type: 'int32', values: delay },
  { type: 'int32', values: delay, validity },
  { type: 'float64', values: distance },
  { type: 'float64', values: speed },
  { type: 'timestamp[us]', values: date },
  { type: 'utf8', values: codes, dictionary },
]
const batch: Batch = { schema, length: ROWS, columns, position: { split: 0, offset: 0 } }

const r: Columns<Row> = columnsOf<Row>(schema)
const filter = (test: Expression<any>): KernelStep => ({ kind: 'filter', test: test.expr })
const derive = (expr: Expression<any>): KernelStep => ({
  kind: 'project',
  columns: [
    { name: 'delay', expr: r.delay.expr },
    { name: 'derived', expr: expr.expr },
  ],
})

const sel = new Uint32Array(ROWS)
const out = new Float64Array(ROWS)
let sink = 0

/**
 * Loops over arrays and bounds the compiler knows as constants: what no kernel can reach, as its arrays change with the
 * batch. A boolean added as a number costs no branch; `? 1 : 0` would.
 */
const byHand: Record<string, () => void> = {
  'by hand: filter int32 > 60': () => {
    let k = 0
    for (let i = 0; i < ROWS; i++) {
      sel[k] = i
      k = (k + ((delay[i]! > 60) as unknown as number)) | 0
    }
    sink += k
  },
  'by hand, with an if: filter int32 > 60': () => {
    let k = 0
    for (let i = 0; i < ROWS; i++) if (delay[i]! > 60) sel[k++] = i
    sink += k
  },
  'by hand: filter int32 > 60, float64 * 1.5 + float64': () => {
    let k = 0
    for (let i = 0; i < ROWS; i++) {
      sel[k] = i
      k = (k + ((delay[i]! > 60) as unknown as number)) | 0
    }
    for (let j = 0; j < k; j++) out[sel[j]!] = distance[sel[j]!]! * 1.5 + speed[sel[j]!]!
    sink += k
  },
}

const kernels: Record<string, readonly KernelStep[]> = {
  'filter int32 > 60': [filter(r.delay.gt(60))],
  'filter int32 with nulls > 60': [filter(r.late.gt(60))],
  'filter float64 > 600': [filter(r.distance.gt(600))],
  'filter int32 > 60 and float64 > 600': [filter(r.delay.gt(60).and(r.distance.gt(600)))],
  'filter timestamp >= date': [filter(r.date.gte(new Date('2001-01-01T09:00:00Z')))],
  'filter dictionary text = IAH': [filter(r.origin.eq('IAH'))],
  'filter int32 > 60, float64 * 1.5 + float64': [
    filter(r.delay.gt(60)),
    derive(r.distance.mul(1.5).add(r.speed)),
  ],
  'filter int32 > 60, int32 * 2 checked': [filter(r.delay.gt(60)), derive(r.delay.mul(2))],
  'int32 + 1 checked': [derive(r.delay.add(1))],
  'int32 with nulls + 1 checked': [derive(r.late.add(1))],
  'float64 / float64': [derive(r.distance.div(r.speed))],
  'timestamp truncated to the hour': [derive(r.date.truncate('hour'))],
  'hour of week of a timestamp': [derive(r.date.extract('hourOfWeek'))],
  'lower of dictionary text': [derive(r.origin.lower())],
  'when int32 > 60 then 1.5 else 0.5': [derive(when(r.delay.gt(60), 1.5).otherwise(0.5))],
}

/** Memory as in a shard: slabs of a pool, given back after each batch. */
const pool = new SlabPool()
const runs: Record<string, () => void> = { ...byHand }
for (const [name, steps] of Object.entries(kernels)) {
  const kernel = compileKernel(schema, steps)
  runs[name] = () => {
    const arena = new SlabArena(pool)
    const result = kernel.run(batch, arena)
    sink += result.selection?.length ?? 0
    for (const slab of arena.take()) pool.release(slab)
  }
}

const chosen = process.argv[2]
await benny.suite(
  'Kernels',
  ...Object.entries(runs)
    .filter(([name]) => chosen === undefined || name.includes(chosen))
    .map(([name, run]) =>
      benny.add(
        name,
        () => {
          for (let i = 0; i < BATCHES; i++) run()
        },
        { minSamples: 5, maxTime: 0.4 },
      ),
    ),
  benny.complete(summary => {
    const rate = (ops: number) => Math.round((ops * BATCHES * ROWS) / 1e6)
    const hand = summary.results.find(({ name }) => name.startsWith('by hand: filter int32 > 60'))
    console.log(`node ${process.version}, ${cpus()[0]?.model}, ${ROWS} rows a batch`)
    for (const { name, ops } of summary.results) {
      const ratio = hand ? `  ${(ops / hand.ops).toFixed(2)} of the first` : ''
      console.log(`${String(rate(ops)).padStart(6)} M rows/s  ${name}${ratio}`)
    }
  }),
)
if (sink < 0) console.log(sink)
