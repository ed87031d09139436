/**
 * The store of rows that operators keep, beside a JavaScript `Map` of row objects and beside the batches that held rows
 * are kept in: inserting, probing by key, rows that come and go with time, and snapshots.
 */

import type { Batch } from '../src/core/batch/batch.ts'
import type { Column } from '../src/core/batch/column.ts'
import { dictionaryOf, dictionaryStrings } from '../src/core/batch/dictionary.ts'
import { heapArena } from '../src/core/batch/slab.ts'
import { copyToHeap } from '../src/core/batch/take.ts'
import { HeldBatches, inChunks, passedRows, withTime } from '../src/core/operators/held-rows.ts'
import { Matches } from '../src/core/state/row-store/key-chains.ts'
import { RowStore } from '../src/core/state/row-store/row-store.ts'
import { StateCollector } from '../src/core/state/state-writer.ts'
import { eventTimesMs } from '../src/core/time/event-time.ts'
import { type Schema, schemaFrom } from '../src/core/types/schema.ts'
import { type Case, measure } from './harness/measure.ts'
import type { Suite } from './harness/suite.ts'

const BATCH_ROWS = 1 << 14
const KEYS = 100_000
const TEXTS = 1000
/** Rows that are live at a time where rows come and go. */
const LIVE_ROWS = 1 << 17
const START_MS = Date.UTC(2026, 0, 1)

const STORE = 'row store'
const MAP = 'Map of objects'
const HELD = 'held batches'

const SCHEMA: Schema = schemaFrom({ at: 'timestamp[us]', key: 'int32', value: 'float64', text: 'utf8' })

/** A millisecond between rows; keys are their own ids. */
interface Rows {
  readonly batches: readonly Batch[]
  readonly count: number
  readonly texts: readonly string[]
}

export const rowStoreSuite: Suite = async ({ quick, show }) => {
  const rows = makeRows(quick ? 1 << 18 : 1 << 20)
  const rounds = quick ? 3 : 7
  const measured = []
  for (const [title, cases] of [
    ['insert, by key and due time', insertCases(rows)],
    ['probe, and the cells found as columns', probeCases(rows)],
    [`through a window of ${LIVE_ROWS} rows, each taken out in order`, expireCases(rows)],
    ['snapshot, one row in a hundred new', snapshotCases(rows)],
  ] as const) {
    const result = await measure(title, cases, { rounds, peers: [MAP, HELD] })
    show(result)
    measured.push(result)
  }
  return { measured, aims: [] }
}

interface Item {
  readonly at: number
  readonly key: number
  readonly value: number
  readonly text: string
  readonly offset: number
}

/** Rows as objects, by key. */
class ObjectStore {
  readonly byKey = new Map<number, Item[]>()

  insert({ columns, length, position }: Batch, texts: readonly string[]): Item[] {
    const times = new Float64Array(length)
    eventTimesMs(columns[0]!, length, undefined, times)
    const [, keys, values, codes] = columns.map(column => column.values as Float64Array)
    const items: Item[] = []
    for (let i = 0; i < length; i++) {
      const key = keys![i]!
      const item = {
        at: times[i]!,
        key,
        value: values![i]!,
        text: texts[codes![i]!]!,
        offset: position.offset + i,
      }
      const known = this.byKey.get(key)
      if (known) known.push(item)
      else this.byKey.set(key, [item])
      items.push(item)
    }
    return items
  }

  remove(item: Item): void {
    const items = this.byKey.get(item.key)!
    if (items.length === 1) this.byKey.delete(item.key)
    else items.splice(items.indexOf(item), 1)
  }
}

const openStore = () => new RowStore({ schema: SCHEMA, keyed: true, places: true, expires: true })

function insertInto(store: RowStore, batch: Batch, dueMs: Float64Array): void {
  eventTimesMs(batch.columns[0]!, batch.length, undefined, dueMs)
  const { buffer, byteOffset } = batch.columns[1]!.values
  store.insert(batch, undefined, { keys: new Uint32Array(buffer, byteOffset, batch.length), dueMs })
}

function insertCases({ batches, count, texts }: Rows): Case[] {
  const dueMs = new Float64Array(BATCH_ROWS)
  return [
    {
      name: STORE,
      rows: count,
      run: () => {
        const store = openStore()
        for (const batch of batches) insertInto(store, batch, dueMs)
        if (store.count !== count) throw new Error('rows are missing')
      },
    },
    {
      name: MAP,
      rows: count,
      run: () => {
        const store = new ObjectStore()
        for (const batch of batches) store.insert(batch, texts)
      },
    },
    {
      name: HELD,
      rows: count,
      run: () => batches.map(batch => copyToHeap(withTime(batch, 0, heapArena))),
    },
  ]
}

function probeCases({ batches, count, texts }: Rows): Case[] {
  const store = openStore()
  const objects = new ObjectStore()
  const dueMs = new Float64Array(BATCH_ROWS)
  for (const batch of batches) {
    insertInto(store, batch, dueMs)
    objects.insert(batch, texts)
  }
  const probed = batches.slice(0, 4)
  const found = probed.reduce((sum, { columns }) => {
    for (const key of columns[1]!.values as Int32Array) sum += store.countOf(key)
    return sum
  }, 0)
  const check = (matches: number) => {
    if (matches !== found) throw new Error(`${matches} matches of ${found}, in ${count} rows`)
  }
  return [
    {
      name: STORE,
      rows: found,
      run: () => {
        let matches = 0
        const out = new Matches()
        for (const { columns, length } of probed) {
          const { buffer, byteOffset } = columns[1]!.values
          const keys = new Uint32Array(buffer, byteOffset, length)
          out.reset()
          for (let more = true; more; ) {
            out.length = 0
            more = store.probe(keys, length, out, 1 << 16)
            matches += store.columns(out.slots.subarray(0, out.length), heapArena)[0]!.values.length
          }
        }
        check(matches)
      },
    },
    {
      name: MAP,
      rows: found,
      run: () => {
        let matches = 0
        for (const { columns } of probed) {
          const times: number[] = []
          const keys: number[] = []
          const values: number[] = []
          const ofText: string[] = []
          for (const key of columns[1]!.values as Int32Array) {
            for (const { at, value, text } of objects.byKey.get(key) ?? []) {
              times.push(at)
              keys.push(key)
              values.push(value)
              ofText.push(text)
            }
          }
          matches += times.length
        }
        check(matches)
      },
    },
  ]
}

/** Rows wait until event time has passed them by {@link LIVE_ROWS} ms, and leave in order of time. */
function expireCases({ batches, count, texts }: Rows): Case[] {
  const dueMs = new Float64Array(BATCH_ROWS)
  const leaving = count - LIVE_ROWS
  const watermarkOf = ({ position }: Batch) => START_MS + position.offset + BATCH_ROWS - LIVE_ROWS
  const check = (left: number) => {
    if (left !== leaving) throw new Error(`${left} rows left, not ${leaving}`)
  }
  return [
    {
      name: STORE,
      rows: count,
      run: () => {
        const store = openStore()
        let left = 0
        for (const batch of batches) {
          insertInto(store, batch, dueMs)
          const slots = store.expire(watermarkOf(batch) - 1)
          const taken = copyToHeap(withTime(store.take(slots, heapArena), 0, heapArena))
          left += taken.length
            ? [...inChunks(passedRows([taken], Number.POSITIVE_INFINITY), heapArena)][0]!.length
            : 0
          store.remove(slots)
        }
        check(left)
      },
    },
    {
      name: MAP,
      rows: count,
      run: () => {
        const store = new ObjectStore()
        // As many rows again are in the list as are live, at most.
        let waiting: Item[] = []
        let left = 0
        for (const batch of batches) {
          for (const item of store.insert(batch, texts)) waiting.push(item)
          const watermarkMs = watermarkOf(batch)
          waiting.sort((a, b) => a.at - b.at || a.offset - b.offset)
          const passed = waiting.findIndex(({ at }) => at >= watermarkMs)
          for (let i = 0; i < passed; i++) store.remove(waiting[i]!)
          waiting = waiting.slice(passed)
          left += passed
        }
        check(left)
      },
    },
    {
      name: HELD,
      rows: count,
      run: () => {
        let held: Batch[] = []
        let left = 0
        for (const batch of batches) {
          held.push(copyToHeap(withTime(batch, 0, heapArena)))
          const passed = passedRows(held, watermarkOf(batch))
          for (const chunk of inChunks(passed, heapArena)) left += chunk.length
          held = passed.rest()
        }
        check(left)
      },
    },
  ]
}

function snapshotCases({ batches, count, texts }: Rows): Case[] {
  const store = openStore()
  const objects = new ObjectStore()
  const dueMs = new Float64Array(BATCH_ROWS)
  const held = new HeldBatches([1])
  for (const batch of batches) {
    held.add(withTime(batch, 0, heapArena))
    insertInto(store, batch, dueMs)
    objects.insert(batch, texts)
  }
  store.save(new StateCollector(), 'rows')
  // Rows of a window come and go at its ends.
  const [first] = batches
  const some = {
    ...first!,
    selection: Uint32Array.from({ length: Math.floor(count / 100) }, (_, i) => i % BATCH_ROWS),
  }
  const keys = Uint32Array.from(some.selection, row => first!.columns[1]!.values[row] as number)
  let oldest = store.insert(some, undefined, { keys, dueMs: new Float64Array(keys.length) }).slice()
  store.save(new StateCollector(1), 'rows')
  return [
    {
      name: STORE,
      rows: count,
      run: () => {
        store.remove(oldest)
        oldest = store.insert(some, undefined, { keys, dueMs: new Float64Array(keys.length) }).slice()
        const writer = new StateCollector(1)
        store.save(writer, 'rows')
        if (writer.saved.tables.size !== 1) throw new Error('nothing was saved')
      },
    },
    {
      name: `${STORE}, all of it`,
      rows: count,
      run: () => store.save(new StateCollector(), 'rows'),
    },
    { name: MAP, rows: count, run: () => structuredClone(objects.byKey) },
    { name: HELD, rows: count, run: () => held.save(new StateCollector(), 'rows') },
  ]
}

function makeRows(count: number): Rows {
  let state = 1
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const names = Array.from({ length: TEXTS }, (_, i) => `name of text ${i}`)
  const bytes = names.map(name => new TextEncoder().encode(name))
  const offsets = Int32Array.from({ length: TEXTS + 1 }, (_, i) =>
    bytes.slice(0, i).reduce((sum, { length }) => sum + length, 0),
  )
  const values = new Uint8Array(offsets[TEXTS]!)
  bytes.forEach((own, i) => {
    values.set(own, offsets[i])
  })
  const dictionary = dictionaryOf(values, offsets)
  const batches = Array.from({ length: count / BATCH_ROWS }, (_, b): Batch => {
    const offset = b * BATCH_ROWS
    const ofRow = <T>(of: (row: number) => T) => Array.from({ length: BATCH_ROWS }, (_, i) => of(offset + i))
    const columns: Column[] = [
      { type: 'timestamp[us]', values: BigInt64Array.from(ofRow(row => BigInt(START_MS + row) * 1000n)) },
      { type: 'int32', values: Int32Array.from(ofRow(() => Math.floor(random() * KEYS))) },
      { type: 'float64', values: Float64Array.from(ofRow(random)) },
      { type: 'utf8', values: Int32Array.from(ofRow(() => Math.floor(random() * TEXTS))), dictionary },
    ]
    return { schema: SCHEMA, length: BATCH_ROWS, columns, position: { split: 0, offset } }
  })
  return { batches, count, texts: dictionaryStrings(dictionary) }
}
