/**
 * One model over many series: the exact online filter with m + 1 doubles per key (`keyed-states.ts`), rounded up to a
 * power of two for small models (32 bytes for an ARMA(2, 1)).
 *
 * A key is in one of three phases, told by the last number of its state: a count ≥ 0 of points since the start (gains
 * from the shared table), STEADY (the plain recursion), or GAPPED (a covariance excess is alive; it is held aside and
 * dropped when it has died out). Results equal those of one `fit.online()` per key.
 */
import { ModelError } from '../../../core/errors.ts'
import { shown } from '../../../core/options.ts'
import { normalLogTwoSided } from '../../distributions/normal.ts'
import type { ArimaFit } from '../arima-fit.ts'
import { type ArimaDefinition, type CompiledModel, compileModel } from '../model.ts'
import {
  type ExcessState,
  excessState,
  excessVariance,
  observe,
  skip,
  startAfterDifferencing,
} from './excess-state.ts'
import { type GainTable, gainRow, gainTable } from './gain-table.ts'
import { KeyedStates, type SeriesKey } from './keyed-states.ts'
import { twoSidedP } from './normal-p-value.ts'
import { checkColumn, type OnlineColumns, type OnlineStep } from './online.ts'
import { isDefinition, isNumbers } from './saved-state.ts'

const STEADY = -1
const GAPPED = -2

/** A saved keyed filter: JSON. Integer keys are told from strings by their type, bigints by `bigints`. */
export interface SavedKeyed {
  kind: 'arima-keyed'
  version: 1
  model: ArimaDefinition
  keys: (number | string)[]
  bigints: boolean[]
  /** m + 1 numbers per key, null for NaN. */
  state: (number | null)[]
  /** Live gaps by position in `keys`; t is −1 for a key that was steady before its gap. */
  gapped: { key: number; t: number; excess: number[][]; diffuse: number[][] }[]
}

/**
 * Online filters of one model over many keys; made by {@link keyedOnline}. O(p + q) numbers per key.
 *
 * @example
 * const keyed = keyedOnline(arima.withCoefficients({ ar: [0.5], sigma2: 1 }))
 * keyed.update('IAH', 2).innovation // 2
 * keyed.update('HOU', null).mean // 0: a missing value, before anything was seen
 */
export class KeyedOnlineArima {
  readonly #model: CompiledModel
  readonly #table: GainTable
  readonly #states: KeyedStates
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
    const width = Math.max(model.m, model.delta.length) + 1
    // A power of two keeps the state of a small model within one cache line.
    this.#states = new KeyedStates(width <= 8 ? 2 ** Math.ceil(Math.log2(width)) : width)
    this.#work = excessState(model.m, 1)
  }

  /** Keys seen. */
  get size(): number {
    return this.#states.size
  }

  /** Bytes of state per key, key index and live gaps not counted. */
  get bytesPerKey(): number {
    return 8 * this.#states.stride
  }

  /** One point of any key. */
  #point(key: SeriesKey, x: number, out: StepColumns, i: number): number {
    const states = this.#states
    if (states.isDirect(key)) {
      return this.#general(states.direct, key * states.stride, key, x, out, i)
    }
    const slot = states.slotOf(key)
    return this.#general(states.hashed, slot * states.stride, -1 - slot, x, out, i)
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
    const z = this.#point(key, typeof x === 'number' ? x : Number.NaN, out, 0)
    const missing = Number.isNaN(z)
    return {
      mean: out.mean[0]!,
      variance: out.variance[0]!,
      innovation: missing ? null : out.innovation[0]!,
      pValue: missing ? null : twoSidedP(z),
      logPValue: missing ? null : normalLogTwoSided(z),
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
    checkColumn(keys)
    checkColumn(values)
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
      const x = values[i]
      const score = this.#point(keys[i]!, typeof x === 'number' ? x : Number.NaN, columns, i)
      if (z) z[i] = score
      if (pValue) pValue[i] = twoSidedP(score)
      if (logPValue) logPValue[i] = normalLogTwoSided(score)
    }
    return out
  }

  /** State length 2 and integer keys: steady runs in one tight loop, the general step for other points. */
  #batchOfTwo(keys: Int32Array, values: Float64Array, out: OnlineColumns): OnlineColumns {
    const n = values.length
    const { mean, variance, innovation, z, pValue, logPValue } = out
    const columns = { mean, variance, innovation }
    const v = innovation ?? new Float64Array(n)
    const score = z ?? new Float64Array(n)
    // Steady rows keep this; the general step overwrites its own.
    variance?.fill(this.#model.sigma2, 0, n)
    let i = 0
    while (i < n) {
      i = steadyRowsOfTwo(this.#model, this.#states.direct, keys, values, v, score, mean ?? null, i, n)
      if (i === n) break
      score[i] = this.#point(keys[i]!, values[i]!, columns, i)
      i++
    }
    if (pValue) for (let t = 0; t < n; t++) pValue[t] = twoSidedP(score[t]!)
    if (logPValue) for (let t = 0; t < n; t++) logPValue[t] = normalLogTwoSided(score[t]!)
    return out
  }

  /** One point in any phase: fills the columns at row i and returns z (NaN when missing). */
  #general(state: Float64Array, at: number, id: number, x: number, out: StepColumns, i: number): number {
    const model = this.#model
    const { m, delta, sigma2, sd, full, theta, mean: mu } = model
    const nd = delta.length
    const { gapped: gaps, stride } = this.#states
    const phaseAt = at + stride - 1
    const phase = state[phaseAt]!
    if (phase === 0 && id >= 0) this.#states.directSeen++
    const level = x - mu
    const finite = level - level === 0
    if (phase >= 0 && phase < nd) {
      if (out.mean) out.mean[i] = mu
      if (out.variance) out.variance[i] = Number.POSITIVE_INFINITY
      if (out.innovation) out.innovation[i] = level
      state[at + phase] = finite ? level : Number.NaN
      state[phaseAt] = phase + 1
      if (phase + 1 === nd) this.#startLevel(state, at, id)
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
    const gapped = phase === GAPPED ? gaps.get(id)! : undefined
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
      } else gaps.set(id, { t: next, excess: work.excess, diffuse: work.diffuse })
      state[phaseAt] = GAPPED
    } else {
      if (gapped) gaps.delete(id)
      const settled = next >= table.steadyFrom && table.F[table.steadyFrom] === 1 && theta.length <= m
      state[phaseAt] = settled ? STEADY : Math.min(next, Number.MAX_SAFE_INTEGER) + nd
    }
    return finite ? v / Math.sqrt(f * sigma2) : v
  }

  /** Turns the first d + D·s values of a key into its state. */
  #startLevel(state: Float64Array, at: number, id: number): void {
    const { m, delta, full } = this.#model
    const first = state.slice(at, at + delta.length)
    const start = startAfterDifferencing(m, delta, full, [first])
    state.set(start.means[0]!, at)
    if (start.diffuse.length > 0) {
      this.#states.gapped.set(id, { t: 0, excess: [], diffuse: start.diffuse })
      state[at + this.#states.stride - 1] = GAPPED
    }
  }

  /** Everything as JSON; {@link keyedOnline} restores it. */
  save(): SavedKeyed {
    const { stride } = this.#states
    const keys: SeriesKey[] = []
    const state: (number | null)[] = []
    const gapped: SavedKeyed['gapped'] = []
    this.#states.forEach((key, from, at, live) => {
      if (live) {
        gapped.push({
          key: keys.length,
          t: Number.isFinite(live.t) ? live.t : -1,
          excess: live.excess.map(column => [...column]),
          diffuse: live.diffuse.map(column => [...column]),
        })
      }
      keys.push(key)
      for (let j = at; j < at + stride; j++) state.push(Number.isNaN(from[j]!) ? null : from[j]!)
    })
    return {
      kind: 'arima-keyed',
      version: 1,
      model: this.#model.definition,
      keys: keys.map(key => (typeof key === 'bigint' ? String(key) : key)),
      bigints: keys.map(key => typeof key === 'bigint'),
      state,
      gapped,
    }
  }

  /** @internal */
  static restore(saved: SavedKeyed): KeyedOnlineArima {
    const keyed = new KeyedOnlineArima(compileModel(saved.model))
    const states = keyed.#states
    const { stride } = states
    const keys = saved.keys.map((text, i) => (saved.bigints[i] ? BigInt(text) : text))
    keys.forEach((key, i) => {
      const row = saved.state.slice(i * stride, (i + 1) * stride)
      states.put(
        key,
        Float64Array.from(row, x => x ?? Number.NaN),
      )
    })
    // Only now are all keys where they stay.
    for (const { key, t, excess, diffuse } of saved.gapped) {
      states.gapped.set(states.idOf(keys[key]!), {
        t: t < 0 ? Number.POSITIVE_INFINITY : t,
        excess: excess.map(column => Float64Array.from(column)),
        diffuse: diffuse.map(column => Float64Array.from(column)),
      })
    }
    return keyed
  }
}

/** Rows whose key is steady, until one is not or its value is missing; returns that row. */
function steadyRowsOfTwo(
  model: CompiledModel,
  state: Float64Array,
  keys: Int32Array,
  values: Float64Array,
  innovation: Float64Array,
  z: Float64Array,
  means: Float64Array | null,
  from: number,
  to: number,
): number {
  const { mean, sd, full, theta } = model
  const f1 = full[0] ?? 0
  const f2 = full[1] ?? 0
  const h1 = theta[0] ?? 0
  const h2 = theta[1] ?? 0
  const capacity = state.length >> 2
  for (let i = from; i < to; i++) {
    const key = keys[i]!
    if (key < 0 || key >= capacity) return i
    const at = key << 2
    const y = values[i]! - mean
    if (state[at + 3] !== STEADY || !(y - y === 0)) return i
    const b0 = state[at]!
    const v = y - b0
    state[at] = state[at + 1]! + f1 * y + h1 * v
    state[at + 1] = f2 * y + h2 * v
    innovation[i] = v
    z[i] = v / sd
    if (means !== null) means[i] = mean + b0
  }
  return to
}

type StepColumns = Pick<OnlineColumns, 'mean' | 'variance' | 'innovation'>

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
  const given: unknown = source
  if (given === null || typeof given !== 'object') throw notKeyed(source)
  if ('compiled' in source) return new KeyedOnlineArima(source.compiled)
  if (isSaved(source)) return KeyedOnlineArima.restore(source)
  throw notKeyed(source)
}

const isGapped = (live: SavedKeyed['gapped'][number] | null): boolean =>
  Number.isSafeInteger(live?.key) &&
  [live?.excess, live?.diffuse].every(list => Array.isArray(list) && list.every(isNumbers))

const notKeyed = (got: unknown): ModelError =>
  new ModelError(
    'ONLINE_STATE',
    `keyedOnline() takes a fitted model or what save() gave, got ${shown(got)}`,
    {
      hint: 'keyedOnline(arima.withCoefficients({ ar: [0.6] }))',
    },
  )

/** Whether it has the parts of a saved keyed model, of which the states are as many as the keys. */
function isSaved(saved: SavedKeyed | null | undefined): saved is SavedKeyed {
  const { kind, version, model, keys, bigints, state, gapped } = saved ?? {}
  return (
    kind === 'arima-keyed' &&
    version === 1 &&
    isDefinition(model) &&
    [keys, bigints, gapped].every(Array.isArray) &&
    keys!.every((key, i) => !bigints![i] || /^-?\d+$/.test(String(key))) &&
    isNumbers(state) &&
    gapped!.every(isGapped)
  )
}
