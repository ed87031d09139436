import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../../src/core/batch/batch.ts'
import { batchFromRows } from '../../../../src/core/batch/build.ts'
import { bytesColumn } from '../../../../src/core/batch/bytes.ts'
import { compareCells } from '../../../../src/core/batch/compare.ts'
import {
  childName,
  ENCODED,
  orderMeta,
  PARENT,
  type RowMeta,
  WEIGHT,
  weightsOf,
  withMeta,
} from '../../../../src/core/batch/meta.ts'
import { comparePlaces, inBranch } from '../../../../src/core/batch/place.ts'
import { baseKeys } from '../../../../src/core/batch/place-key.ts'
import type { Row } from '../../../../src/core/batch/rows.ts'
import { heapArena } from '../../../../src/core/batch/slab.ts'
import { dictionaryText, plainText } from '../../../../src/core/batch/take.ts'
import { Matches } from '../../../../src/core/state/row-store/key-chains.ts'
import { RowStore } from '../../../../src/core/state/row-store/row-store.ts'
import { NO_SLOT } from '../../../../src/core/state/row-store/slots.ts'
import { ownedState } from '../../../../src/core/state/state-reader.ts'
import { type SavedState, StateCollector, withSave } from '../../../../src/core/state/state-writer.ts'
import { isText } from '../../../../src/core/types/column-type.ts'
import type { Schema } from '../../../../src/core/types/schema.ts'
import { runs } from '../../../effort.ts'
import { dirtyArena, everyType, exactRows, rowsWith } from '../../batch/arbitrary.ts'

const KEYS = 5
/** What is known of a row beside the store. `id` is a cell of its own, and its place. */
interface Known {
  readonly row: Row
  readonly key: number
  readonly weight: number
  readonly due: number
  /** Whether an operator made the row: those come after rows of a source. */
  readonly made: boolean
  /** By which input of a union it came: that goes before all else. */
  readonly branch: number
}

const schema: Schema = [{ name: 'id', type: 'int32' }, ...everyType]
/** Descending by a float, nulls first, then by a text. */
const ORDER = [
  { column: 1 + everyType.findIndex(({ type }) => type === 'float64'), descending: true, nulls: 'first' },
  { column: 1 + everyType.findIndex(({ type }) => type === 'utf8') },
] as const

/** A batch of which all text is coded, or all plain, whatever its type. */
function batchOf(schema: Schema, rows: readonly Row[], coded: boolean): Batch {
  const batch = batchFromRows(schema, rows, dirtyArena, { split: 3, offset: 0 })
  const columns = batch.columns.map(column =>
    !isText(column.type)
      ? column
      : coded
        ? dictionaryText(column, rows.length, dirtyArena)
        : plainText(column, rows.length, dirtyArena),
  )
  return { ...batch, columns }
}

/** Places of made rows, by their first column and another, of which some or all are in bytes. */
function madePlaces(batch: Batch, seed: number): RowMeta {
  const cells = [batch.columns[0]!, batch.columns[0]!]
  const whole = seed % 7 < 4 ? 2 : seed % 7 === 4 ? 1 : 0
  if (whole === 2) return orderMeta(cells)
  const rest = baseKeys({ ...batch, meta: orderMeta(cells.slice(whole)) })
  const { validity: _, ...encoded } = bytesColumn(
    Array.from({ length: batch.length }, (_, row) => rest.key(row)),
    dirtyArena,
  )
  return { ...orderMeta(cells.slice(0, whole)), [ENCODED]: encoded }
}

const sorted = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b)

/** A store of every type with every index, and a map of what it must hold. */
class Checked {
  store = this.#open()
  readonly known = new Map<number, Known>()
  saved: SavedState | undefined
  #nextId = 0
  nowMs = 0

  #open() {
    return new RowStore({ schema, keyed: true, weighted: true, places: true, expires: true, order: ORDER })
  }

  /** Places are ids; every other row of the batch is left out. */
  insert(rows: readonly Row[], seed: number, made: boolean): void {
    const first = this.#nextId
    const all = rows.flatMap((row, i) => [
      { ...row, id: first + i },
      { ...row, id: -1 },
    ])
    this.#nextId += rows.length
    const batch = batchOf(schema, all, seed % 2 === 0)
    const parents = Uint32Array.from(all, (_, i) => first + (i >> 1))
    const selection = Uint32Array.from(rows, (_, i) => 2 * i)
    const keys = Uint32Array.from(rows, (_, i) => (seed + i * i) % KEYS)
    const weights = Int32Array.from(all, (_, i) => 1 + ((seed + i) % 3))
    const meta: RowMeta = {
      ...(made ? madePlaces(batch, seed) : { [PARENT]: { type: 'uint32', values: parents } }),
      ...(seed % 5 === 0 ? { [WEIGHT]: { type: 'int32', values: weights } } : {}),
      ...(seed % 3 === 0 ? { [childName(0)]: { type: 'uint32', values: new Uint32Array(all.length) } } : {}),
    }
    const branch = seed % 4 === 0 ? 1 + (seed % 3) : 0
    const dueMs = Float64Array.from(rows, (_, i) =>
      i % 4 === 0 ? Infinity : this.nowMs + ((seed * (i + 1)) % 300) - 20,
    )
    const came = inBranch({ ...batch, meta, selection }, branch)
    const slots = this.store.insert(came, undefined, { keys, dueMs })
    expect(new Set(slots).size).toBe(rows.length)
    const taken = exactRows(this.store.take(slots, dirtyArena))
    taken.forEach((row, i) => {
      expect(row).toEqual({ ...rows[i], id: first + i })
      this.known.set(first + i, {
        row,
        key: keys[i]!,
        weight: seed % 5 === 0 ? weights[2 * i]! : 1,
        due: dueMs[i]!,
        made,
        branch,
      })
    })
  }

  idsOf(slots: Uint32Array): number[] {
    return exactRows(this.store.take(slots, heapArena)).map(({ id }) => id as number)
  }

  remove(share: number): void {
    const slots = this.store.all().filter((_, i) => (i * 7 + 3) % 10 < share)
    const ids = this.idsOf(slots)
    this.store.remove(slots)
    for (const id of ids) this.known.delete(id)
  }

  expire(byMs: number, limit: number): void {
    this.nowMs += byMs
    const due = sorted([...this.known].filter(([, { due }]) => due <= this.nowMs).map(([id]) => id))
    const got: number[] = []
    for (;;) {
      const slots = this.store.expire(this.nowMs, limit)
      expect(slots.length).toBeLessThanOrEqual(limit)
      if (slots.length === 0) break
      got.push(...this.idsOf(slots))
      this.store.remove(slots)
    }
    expect(sorted(got)).toEqual(due)
    for (const id of got) this.known.delete(id)
  }

  save(): void {
    const writer = new StateCollector(this.saved ? 1 : undefined)
    this.store.save(writer, 'rows', (batch, slots) => {
      expect(batch.length).toBe(slots.length)
      return Uint8Array.from(slots, slot => this.store.keyOf(slot) * 50)
    })
    this.saved = structuredClone(withSave(this.saved, writer.saved))
  }

  /** From all there is to what a shard of two owns, and the other, together in one again. */
  restore(): void {
    this.save()
    const store = this.#open()
    for (const shard of [1, 0]) {
      store.load(ownedState([this.saved!], shard, 2), 'rows', rows =>
        Uint32Array.from(exactRows(rows), ({ id }) => this.known.get(id as number)!.key),
      )
    }
    this.store = store
    this.saved = undefined
  }

  check(limit: number): void {
    const { store, known } = this
    expect(store.count).toBe(known.size)
    const slots = store.all()
    const ids = this.idsOf(slots)
    expect(sorted(ids)).toEqual(sorted(known.keys()))
    exactRows(store.take(slots, heapArena)).forEach(row => {
      expect(row).toEqual(known.get(row.id as number)!.row)
    })
    ids.forEach((id, i) => {
      expect(store.weightOf(slots[i]!)).toBe(known.get(id)!.weight)
    })
    const batch = store.take(slots, heapArena)
    ids.forEach((id, i) => {
      expect(weightsOf(batch)?.[i] ?? 1).toBe(known.get(id)!.weight)
      if (i > 0)
        expect(Math.sign(comparePlaces(batch, i - 1, batch, i))).toBe(this.#placeOrder(ids[i - 1]!, id))
    })
    this.#checkProbe(limit)
    for (let key = 0; key < KEYS; key++) this.#checkOrder(key)
  }

  #placeOrder(a: number, b: number): number {
    const kind = (id: number) => {
      const { branch, made } = this.known.get(id)!
      return 2 * branch + Number(made)
    }
    return Math.sign(kind(a) - kind(b) || a - b)
  }

  #checkProbe(limit: number): void {
    const asked = Uint32Array.of(3, 0, KEYS + 70, 3, 1, 2, 4)
    const out = new Matches()
    const got: [row: number, id: number][] = []
    for (let more = true; more; ) {
      out.length = 0
      more = this.store.probe(asked, asked.length, out, limit)
      expect(out.length).toBeLessThanOrEqual(limit)
      this.idsOf(out.slots.slice(0, out.length)).forEach((id, i) => {
        got.push([out.rows[i]!, id])
      })
    }
    const idsOf = (key: number) => [...this.known].filter(([, known]) => known.key === key).map(([id]) => id)
    const wanted = [...asked].flatMap((key, row) => sorted(idsOf(key)).map(id => [row, id]))
    expect(got.map(([row]) => row)).toEqual(wanted.map(([row]) => row))
    const byRow = (pairs: readonly (readonly number[])[]) => pairs.map(pair => pair.join()).sort()
    expect(byRow(got)).toEqual(byRow(wanted))
  }

  #checkOrder(key: number): void {
    const slots = this.store.sorted.slotsOf(key)
    expect(slots.length).toBe(this.store.countOf(key))
    const batch = this.store.take(slots, heapArena)
    const ids = this.idsOf(slots)
    for (let i = 1; i < slots.length; i++) expect(this.#inOrder(batch, ids, i - 1, i)).toBe(true)
    slots.forEach((slot, i) => {
      expect(this.store.sorted.at(key, i)).toBe(slot)
      expect(this.store.sorted.indexOf(key, slot)).toBe(i)
    })
    expect(this.store.sorted.slotsOf(key, 1, 3)).toEqual(slots.slice(1, 3))
  }

  #inOrder(batch: Batch, ids: readonly number[], i: number, j: number): boolean {
    const [floats, texts] = ORDER.map(({ column }) => batch.columns[column]!)
    const nulls = ORDER.map(({ column }) => schema[column]!.name).map(
      name => exactRows(batch)[i]![name] === null,
    )
    const nullsJ = ORDER.map(({ column }) => schema[column]!.name).map(
      name => exactRows(batch)[j]![name] === null,
    )
    if (nulls[0] !== nullsJ[0]) return nulls[0]!
    const byFloat = nulls[0] ? 0 : -compareCells(floats!, i, floats!, j)
    return (byFloat || compareCells(texts!, i, texts!, j) || this.#placeOrder(ids[i]!, ids[j]!)) < 0
  }
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('insert' as const),
      rows: rowsWith(everyType, 12),
      seed: fc.nat(1000),
      made: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), share: fc.nat(10) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('expire' as const),
      byMs: fc.nat(150),
      limit: fc.integer({ min: 1, max: 20 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('save' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restore' as const) }) },
)

describe('a row store', () => {
  it('holds what a map of objects would, whatever is done to it', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (steps, limit, mixed) => {
          const checked = new Checked()
          for (const step of steps) {
            if (step.kind === 'insert') checked.insert(step.rows, step.seed, mixed && step.made)
            else if (step.kind === 'remove') checked.remove(step.share)
            else if (step.kind === 'expire') checked.expire(step.byMs, step.limit)
            else checked[step.kind]()
            checked.check(limit)
          }
        },
      ),
      { numRuns: runs(40) },
    )
  })

  it('renumbers keys when some are forgotten', () => {
    const store = new RowStore({ schema: numbers, keyed: true, order: [{ column: 0, descending: true }] })
    store.insert(numberBatch([1, 2, 3, 4, 5, 6]), undefined, { keys: Uint32Array.of(0, 1, 2, 1, 0, 2) })
    store.remove(store.slotsOf(0))
    store.renumberKeys(Uint32Array.of(2, 1))
    store.insert(numberBatch([7, 8]), undefined, { keys: Uint32Array.of(0, 2) })
    const of = (slots: Uint32Array) => [...store.take(slots, heapArena).columns[0]!.values]
    expect([0, 1, 2].map(key => of(store.slotsOf(key)))).toEqual([[3, 6, 7], [2, 4], [8]])
    expect([0, 1, 2].map(key => of(store.sorted.slotsOf(key)))).toEqual([[7, 6, 3], [4, 2], [8]])
  })

  it('of many rows saves the blocks that changed, and forgets those that are gone', () => {
    const store = new RowStore({ schema: numbers })
    const slots = store.insert(numberBatch(Array.from({ length: 20_000 }, (_, i) => i)), undefined).slice()
    let saved: SavedState | undefined
    const save = () => {
      const writer = new StateCollector(saved ? 1 : undefined)
      store.save(writer, 'rows')
      saved = withSave(saved, writer.saved)
      return sorted(writer.saved.tables.get('rows')!.blocks.keys())
    }
    const inSave = () => {
      const other = new RowStore({ schema: numbers })
      other.load(ownedState([saved!], 0, 1), 'rows')
      return sorted(other.take(other.all(), heapArena).columns[0]!.values as Iterable<number>)
    }
    expect(save()).toEqual([0, 1, 2, 3, 4])
    expect(save()).toEqual([])
    store.remove(slots.slice(5000, 5001))
    expect(save()).toEqual([1])
    store.insert(numberBatch([20_000]), undefined)
    expect(save()).toEqual([1])
    expect(inSave()).toEqual(Array.from({ length: 20_001 }, (_, i) => i).filter(i => i !== 5000))
    store.remove(store.all().subarray(4000))
    save()
    expect(saved!.tables.get('rows')!.count).toBe(1)
    expect(inSave()).toEqual(Array.from({ length: 4000 }, (_, i) => i))
  })

  it('gives memory back as rows leave, of text too, whichever way it comes', () => {
    for (const coded of [true, false]) {
      const schema: Schema = [{ name: 'text', type: 'utf8' }]
      const store = new RowStore({ schema })
      const batch = (from: number) =>
        batchOf(
          schema,
          Array.from({ length: 2000 }, (_, i) => ({ text: `text number ${from + i}` })),
          coded,
        )
      const held: Uint32Array[] = []
      let least = 0
      let most = 0
      for (let i = 0; i < 50; i++) {
        held.push(store.insert(batch(i * 2000), undefined).slice())
        if (held.length > 3) store.remove(held.shift()!)
        if (i === 10) least = store.bytes
        most = Math.max(most, store.bytes)
      }
      const kept = exactRows(store.take(held[0]!, heapArena))
      expect(kept[1999]).toEqual({ text: `text number ${47 * 2000 + 1999}` })
      expect(most).toBeLessThan(4 * least)
      for (const slots of held) store.remove(slots)
      expect(store.count).toBe(0)
      expect(store.bytes).toBeLessThan(least)
    }
  })

  it('refuses to free a slot twice', () => {
    const store = new RowStore({ schema: numbers })
    const slots = store.insert(numberBatch([1, 2]), undefined).slice()
    store.remove(slots.subarray(0, 1))
    expect(() => store.remove(slots.subarray(0, 1))).toThrow(RangeError)
  })
})

const numbers: Schema = [{ name: 'value', type: 'float64' }]
const numberBatch = (values: readonly number[]): Batch => ({
  schema: numbers,
  length: values.length,
  columns: [{ type: 'float64', values: Float64Array.from(values) }],
  position: { split: 0, offset: 0 },
})

describe('a store of distinct rows', () => {
  const cellKey = (cell: unknown) =>
    cell === 0
      ? '0'
      : Object.is(cell, Number.NaN)
        ? 'NaN'
        : `${typeof cell} ${cell instanceof Date ? +cell : cell}`
  const keyOf = (row: Row) => JSON.stringify(everyType.map(({ name }) => cellKey(row[name])))

  const changes = rowsWith(everyType, 6).chain(pool =>
    fc
      .array(
        fc.record({
          coded: fc.boolean(),
          changes: fc.array(
            fc.record({
              at: fc.nat(Math.max(0, pool.length - 1)),
              by: fc.constantFrom(-2, -1, 1, 1, 2),
              negative: fc.boolean(),
            }),
            { maxLength: pool.length && 12 },
          ),
          restore: fc.boolean(),
        }),
        { maxLength: 6 },
      )
      .map(steps => ({ pool, steps })),
  )

  it('counts equal rows together, and forgets those that count 0', () => {
    fc.assert(
      fc.property(changes, ({ pool, steps }) => {
        let store = new RowStore({ schema: everyType, distinct: true, keyed: true })
        const known = new Map<string, number>()
        for (const { coded, changes, restore } of steps) {
          // Both zeros are the same row.
          const rows = changes.map(({ at, negative }) =>
            negative
              ? { ...pool[at]!, 'a float64': pool[at]!['a float64'] === 0 ? -0 : pool[at]!['a float64'] }
              : pool[at]!,
          )
          const weights = Int32Array.from(changes, ({ by }) => by)
          const keys = new Uint32Array(rows.length)
          const batch = withMeta(batchOf(everyType, rows, coded), {
            [WEIGHT]: { type: 'int32', values: weights },
          })
          const slots = store.change(batch, undefined, { keys }).slice()
          rows.forEach((row, i) => {
            known.set(keyOf(row), (known.get(keyOf(row)) ?? 0) + weights[i]!)
          })
          for (const [key, weight] of known) if (weight === 0) known.delete(key)
          rows.forEach((row, i) => {
            if (!known.has(keyOf(row))) expect(slots[i]).toBe(NO_SLOT)
            else expect(store.weightOf(slots[i]!)).toBe(known.get(keyOf(row)))
          })
          if (restore) {
            const writer = new StateCollector()
            store.save(writer, 'rows')
            store = new RowStore({ schema: everyType, distinct: true, keyed: true })
            store.load(
              ownedState([writer.saved], 0, 1),
              'rows',
              batch => new Uint32Array(batch.selection?.length ?? batch.length),
            )
          }
          const all = store.all()
          const held = exactRows(store.take(all, heapArena)).map(
            (row, i) => [keyOf(row), store.weightOf(all[i]!)] as const,
          )
          expect(held.length).toBe(known.size)
          expect(new Map(held)).toEqual(known)
          expect(store.countOf(0)).toBe(known.size)
        }
      }),
      { numRuns: runs(150) },
    )
  })
})
