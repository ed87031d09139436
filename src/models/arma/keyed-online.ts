/**
 * One model over many series: the exact online filter with its state in one array, m + 1 doubles a key (24 bytes for
 * an ARMA(2, 1)).
 *
 * A key is in one of three phases, told by its last slot: a count ≥ 0 of points since the start (gains from the shared
 * table), STEADY (the plain recursion), or GAPPED (a covariance excess is alive; it is held aside and dropped when it
 * has died out). Results equal those of one `fit.online()` per key.
 */
import { ModelError } from '../../core/errors.ts'
import type { ArimaFit } from './arima.ts'
import {
  type ExcessState,
  excessState,
  excessVariance,
  observe,
  skip,
  startAfterDifferencing,
} from './excess-state.ts'
import { type GainTable, gainRow, gainTable } from './gain-table.ts'
import { type ArimaDefinition, type CompiledModel, compileModel } from './model.ts'
import { twoSidedLogP, twoSidedP } from './normal-p-value.ts'
import type { OnlineColumns, OnlineStep } from './online.ts'

const STEADY = -1
const GAPPED = -2

/** Integer keys up to this size are looked up in an array instead of a hash table. */
const DIRECT_KEYS = 1 << 26

/** A key of a series. */
export type SeriesKey = number | string | bigint

interface Gapped {
  /** Points since the start. */
  t: number
  excess: Float64Array[]
  diffuse: Float64Array[]
}

/** A saved keyed filter: JSON (bigint keys are not supported by JSON and are written as strings `…n`). */
export interface SavedKeyed {
  kind: 'arima-keyed'
  version: 1
  model: ArimaDefinition
  keys: (number | string)[]
  bigints: boolean[]
  /** m + 1 numbers per key, null for NaN. */
  state: (number | null)[]
  gapped: { slot: number; t: number; excess: number[][]; diffuse: number[][] }[]
}

/** Online filters of one model over many keys; made by {@link keyedOnline}. */
export class KeyedOnlineArima {
  readonly #model: CompiledModel
  readonly #table: GainTable
  readonly #stride: number
  #state: Float64Array
  #count = 0
  #direct = new Int32Array(1024).fill(-1)
  readonly #hashed = new Map<SeriesKey, number>()
  readonly #keys: SeriesKey[] = []
  #directCount = 0
  readonly #gapped = new Map<number, Gapped>()
  readonly #work: ExcessState
  readonly #one = new Float64Array(1)

  /** @internal */
  constructor(model: CompiledModel) {
    if (model.drift !== 0 || model.xreg.length > 0) {
      throw new ModelError('KEYED_REGRESSION', 'keyedOnline() takes models without drift and regressors', {
        hint: 'use one fit.online() per series for a model with drift or xreg',
      })
    }
    this.#model = model
    this.#table = gainTable(model)
    this.#stride = Math.max(model.m, model.delta.length) + 1
    this.#state = new Float64Array(64 * this.#stride)
    this.#work = excessState(model.m, 1)
  }

  /** Keys seen. */
  get size(): number {
    return this.#count
  }

  /** Bytes of state per key, key index and live gaps not counted. */
  get bytesPerKey(): number {
    return 8 * this.#stride
  }

  #slotOf(key: SeriesKey): number {
    if (typeof key === 'number' && key >= 0 && key < DIRECT_KEYS && (key | 0) === key) {
      const direct = this.#direct
      if (key < direct.length) {
        const slot = direct[key]!
        if (slot >= 0) return slot
        return (direct[key] = this.#newKey(key))
      }
      // A table of at most 16 entries per key keeps sparse ids out of it.
      if (key < 16 * (this.#directCount + 4096)) {
        let size = direct.length
        while (size <= key) size *= 2
        const larger = new Int32Array(size).fill(-1)
        larger.set(direct)
        for (const [hashed, slot] of this.#hashed) {
          if (typeof hashed !== 'number' || !(hashed >= 0 && hashed < size && (hashed | 0) === hashed))
            continue
          larger[hashed] = slot
          this.#hashed.delete(hashed)
        }
        this.#direct = larger
        return this.#slotOf(key)
      }
    }
    let slot = this.#hashed.get(key)
    if (slot === undefined) {
      slot = this.#newKey(key)
      this.#hashed.set(key, slot)
    }
    return slot
  }

  #newKey(key: SeriesKey): number {
    const slot = this.#count++
    this.#keys.push(key)
    if (typeof key === 'number') this.#directCount++
    if (this.#count * this.#stride > this.#state.length) {
      const larger = new Float64Array(2 * this.#state.length)
      larger.set(this.#state)
      this.#state = larger
    }
    return slot
  }

  /**
   * Predicts and takes in one point of one key; see `OnlineArima.update`.
   *
   * @example
   * const keyed = keyedOnline(arima.withCoefficients({ ar: [0.5], sigma2: 1 }))
   * keyed.update('a', 2)
   * keyed.update('a', 2).mean // 1
   */
  update(key: SeriesKey, x: number | null | undefined): OnlineStep {
    const out = { mean: new Float64Array(1), variance: new Float64Array(1), innovation: new Float64Array(1) }
    const z = this.#general(this.#slotOf(key), x ?? Number.NaN, out, 0)
    const missing = Number.isNaN(z)
    return {
      mean: out.mean[0]!,
      variance: out.variance[0]!,
      innovation: missing ? null : out.innovation[0]!,
      pValue: missing ? null : twoSidedP(z),
      logPValue: missing ? null : twoSidedLogP(z),
    }
  }

  /**
   * Takes in one point per row, in row order, filling the columns that `out` has; without `out`, `innovation`, `z`
   * and `pValue`.
   *
   * @param keys small non-negative integers are the fast case (interned ids); strings, bigints and others are hashed
   * @param values NaN is a missing value
   * @returns `out`
   * @throws ModelError `COLUMN_LENGTH` when an output column or `keys` is shorter than `values`.
   *
   * @example
   * const keyed = keyedOnline(arima.withCoefficients({ ar: [0.5], sigma2: 1 }))
   * keyed.updateBatch([7, 8, 7], [2, 2, 2]).innovation // [2, 2, 1]
   */
  updateBatch(
    keys: ArrayLike<SeriesKey>,
    values: ArrayLike<number | null>,
    out: OnlineColumns = {},
  ): OnlineColumns {
    const n = values.length
    if (!(out.mean || out.variance || out.innovation || out.z || out.pValue || out.logPValue)) {
      out.innovation = new Float64Array(n)
      out.z = new Float64Array(n)
      out.pValue = new Float64Array(n)
    }
    for (const [name, column] of [['keys', keys] as const, ...Object.entries(out)]) {
      if (column && column.length < n) {
        throw new ModelError('COLUMN_LENGTH', `${name} holds ${column.length} values, the batch has ${n}`, {
          hint: 'every column must be at least as long as the batch',
        })
      }
    }
    if (this.#model.m === 2 && keys instanceof Int32Array && values instanceof Float64Array) {
      return this.#batchOfTwo(keys, values, out)
    }
    const { mean, variance, innovation, z, pValue, logPValue } = out
    const columns = { mean, variance, innovation }
    for (let i = 0; i < n; i++) {
      const score = this.#general(this.#slotOf(keys[i]!), values[i] ?? Number.NaN, columns, i)
      if (z) z[i] = score
      if (pValue) pValue[i] = twoSidedP(score)
      if (logPValue) logPValue[i] = twoSidedLogP(score)
    }
    return out
  }

  /** State length 2 and integer keys: everything inline, the general step only where a key is not steady. */
  #batchOfTwo(keys: Int32Array, values: Float64Array, out: OnlineColumns): OnlineColumns {
    const { mean: mu, sd, sigma2, full, theta } = this.#model
    const n = values.length
    const f1 = full[0] ?? 0
    const f2 = full[1] ?? 0
    const h1 = theta[0] ?? 0
    const h2 = theta[1] ?? 0
    const { mean, variance, innovation, z, pValue, logPValue } = out
    const columns = { mean, variance, innovation }
    let state = this.#state
    let direct = this.#direct
    for (let i = 0; i < n; i++) {
      const key = keys[i]!
      let slot = key >= 0 && key < direct.length ? direct[key]! : -1
      if (slot < 0) {
        slot = this.#slotOf(key)
        state = this.#state
        direct = this.#direct
      }
      const at = slot * 3
      const y = values[i]! - mu
      let score: number
      if (state[at + 2] === STEADY && y - y === 0) {
        const b0 = state[at]!
        const v = y - b0
        state[at] = state[at + 1]! + f1 * y + h1 * v
        state[at + 1] = f2 * y + h2 * v
        score = v / sd
        if (innovation) innovation[i] = v
        if (mean) mean[i] = mu + b0
        if (variance) variance[i] = sigma2
      } else {
        score = this.#general(slot, values[i]!, columns, i)
      }
      if (z) z[i] = score
      if (pValue) pValue[i] = twoSidedP(score)
      if (logPValue) logPValue[i] = twoSidedLogP(score)
    }
    return out
  }

  /** One point in any phase: fills the columns at row i and returns z (NaN when missing). */
  #general(
    slot: number,
    x: number,
    out: Pick<OnlineColumns, 'mean' | 'variance' | 'innovation'>,
    i: number,
  ): number {
    const model = this.#model
    const { m, delta, sigma2, sd, full, theta, mean: mu } = model
    const nd = delta.length
    const state = this.#state
    const stride = this.#stride
    const at = slot * stride
    const phaseAt = at + stride - 1
    const phase = state[phaseAt]!
    const level = x - mu
    const finite = level - level === 0
    if (phase >= 0 && phase < nd) {
      if (out.mean) out.mean[i] = mu
      if (out.variance) out.variance[i] = Number.POSITIVE_INFINITY
      if (out.innovation) out.innovation[i] = level
      state[at + phase] = finite ? level : Number.NaN
      state[phaseAt] = phase + 1
      if (phase + 1 === nd) this.#startLevel(slot)
      return Number.isNaN(level) || finite ? level * 0 : level
    }
    const b0 = m > 0 ? state[at]! : 0
    const v = level - b0
    if (out.mean) out.mean[i] = mu + b0
    if (out.innovation) out.innovation[i] = v
    if (phase === STEADY && finite) {
      if (out.variance) out.variance[i] = sigma2
      for (let j = 0; j + 1 < m; j++) state[at + j] = state[at + j + 1]!
      if (m > 0) state[at + m - 1] = 0
      const { fullSparse, thetaSparse } = model
      for (let a = 0; a < fullSparse.lags.length; a++) {
        state[at + fullSparse.lags[a]! - 1]! += fullSparse.coefficients[a]! * level
      }
      for (let a = 0; a < thetaSparse.lags.length; a++) {
        state[at + thetaSparse.lags[a]! - 1]! += thetaSparse.coefficients[a]! * v
      }
      return v / sd
    }
    const gapped = phase === GAPPED ? this.#gapped.get(slot)! : undefined
    const table = this.#table
    const t = gapped ? gapped.t : phase === STEADY ? Number.POSITIVE_INFINITY : phase - nd
    const row = gainRow(table, t)
    const F = table.F[row]!
    const H = table.rows[row]!
    const work = this.#work
    const b = work.means[0]!
    for (let j = 0; j < m; j++) b[j] = state[at + j]!
    work.excess = gapped ? gapped.excess : []
    work.diffuse = gapped ? gapped.diffuse : []
    const f = gapped ? F + excessVariance(work) : F
    if (out.variance) out.variance[i] = f * sigma2
    if (finite) {
      this.#one[0] = level
      observe(work, full, H, F, this.#one)
    } else skip(work, full, H, F)
    for (let j = 0; j < m; j++) state[at + j] = b[j]!
    const next = t + 1
    if (work.excess.length + work.diffuse.length > 0) {
      if (gapped) {
        gapped.t = next
        gapped.excess = work.excess
        gapped.diffuse = work.diffuse
      } else this.#gapped.set(slot, { t: next, excess: work.excess, diffuse: work.diffuse })
      state[phaseAt] = GAPPED
    } else {
      if (gapped) this.#gapped.delete(slot)
      const settled = next >= table.steadyFrom && table.F[table.steadyFrom] === 1 && theta.length <= m
      state[phaseAt] = settled ? STEADY : Math.min(next, Number.MAX_SAFE_INTEGER) + nd
    }
    return finite ? v / Math.sqrt(f * sigma2) : v
  }

  /** Turns the first d + D·s values of a key into its state. */
  #startLevel(slot: number): void {
    const { m, delta, full } = this.#model
    const nd = delta.length
    const at = slot * this.#stride
    const first = this.#state.slice(at, at + nd)
    const start = startAfterDifferencing(m, delta, full, [first])
    this.#state.set(start.means[0]!, at)
    if (start.diffuse.length > 0) {
      this.#gapped.set(slot, { t: 0, excess: [], diffuse: start.diffuse })
      this.#state[at + this.#stride - 1] = GAPPED
    }
  }

  /** Everything as JSON; {@link keyedOnline} restores it. */
  save(): SavedKeyed {
    return {
      kind: 'arima-keyed',
      version: 1,
      model: this.#model.definition,
      keys: this.#keys.map(key => (typeof key === 'bigint' ? `${key}n` : key)),
      bigints: this.#keys.map(key => typeof key === 'bigint'),
      state: Array.from(this.#state.subarray(0, this.#count * this.#stride), x =>
        Number.isNaN(x) ? null : x,
      ),
      gapped: Array.from(this.#gapped, ([slot, { t, excess, diffuse }]) => ({
        slot,
        // JSON has no Infinity; a key that was steady before its gap has no count any more.
        t: Number.isFinite(t) ? t : -1,
        excess: excess.map(column => [...column]),
        diffuse: diffuse.map(column => [...column]),
      })),
    }
  }

  /** @internal */
  static restore(saved: SavedKeyed): KeyedOnlineArima {
    const keyed = new KeyedOnlineArima(compileModel(saved.model))
    saved.keys.forEach((key, i) => {
      keyed.#slotOf(saved.bigints[i] ? BigInt((key as string).slice(0, -1)) : key)
    })
    keyed.#state.set(Float64Array.from(saved.state, x => x ?? Number.NaN))
    for (const { slot, t, excess, diffuse } of saved.gapped) {
      keyed.#gapped.set(slot, {
        t: t < 0 ? Number.POSITIVE_INFINITY : t,
        excess: excess.map(column => Float64Array.from(column)),
        diffuse: diffuse.map(column => Float64Array.from(column)),
      })
    }
    return keyed
  }
}

/**
 * The online form of one model over many keys, or the continuation of a saved one.
 *
 * @throws ModelError `KEYED_REGRESSION` when the model has a drift or regressors; `ONLINE_STATE` for foreign data.
 *
 * @example
 * const keyed = keyedOnline(arima.withCoefficients({ ar: [0.5], sigma2: 1 }))
 * keyed.updateBatch(['a', 'b', 'a'], [2, 2, 2]).innovation // [2, 2, 1]
 */
export function keyedOnline(source: ArimaFit | SavedKeyed): KeyedOnlineArima {
  if ('compiled' in source) return new KeyedOnlineArima(source.compiled)
  if (source?.kind !== 'arima-keyed' || source.version !== 1) {
    throw new ModelError('ONLINE_STATE', 'keyedOnline() takes a fitted model or what save() gave', {
      hint: 'keyedOnline(arima.withCoefficients({ ar: [0.6] }))',
    })
  }
  return KeyedOnlineArima.restore(source)
}
