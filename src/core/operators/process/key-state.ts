/** What a process function keeps per key: named values, and timers. */

import type { ListState, MapState, ValueState } from '../../user-functions/process-function.ts'

export interface KeyState {
  /** By kind and name. */
  readonly values: Map<string, unknown>
  readonly timers: Set<number>
  readonly clockTimers: Set<number>
  /** How many rows it has emitted: part of the places of those to come. */
  emitted: number
}

export const newKeyState = (): KeyState => ({
  values: new Map(),
  timers: new Set(),
  clockTimers: new Set(),
  emitted: 0,
})

/** Whether nothing of the key need be kept. */
export const isEmpty = ({ values, timers, clockTimers }: KeyState): boolean =>
  values.size === 0 && timers.size === 0 && clockTimers.size === 0

/** Handles on the state of whichever key is current. */
export class StateHandles {
  readonly #current: () => KeyState
  readonly #handles = new Map<string, unknown>()

  constructor(current: () => KeyState) {
    this.#current = current
  }

  value<T>(name: string): ValueState<T> {
    return this.#handle(`value ${name}`, key => ({
      get: () => this.#current().values.get(key) as T | undefined,
      set: (value: T) => void this.#current().values.set(key, value),
      clear: () => void this.#current().values.delete(key),
    }))
  }

  list<T>(name: string): ListState<T> {
    return this.#handle(`list ${name}`, key => {
      const items = () => this.#current().values.get(key) as T[] | undefined
      return {
        get: () => items() ?? [],
        add: (value: T) => {
          const list = items()
          if (list) list.push(value)
          else this.#current().values.set(key, [value])
        },
        clear: () => void this.#current().values.delete(key),
      }
    })
  }

  map<K, V>(name: string): MapState<K, V> {
    return this.#handle(`map ${name}`, key => {
      const map = () => this.#current().values.get(key) as Map<K, V> | undefined
      return {
        get size() {
          return map()?.size ?? 0
        },
        get: (item: K) => map()?.get(item),
        has: (item: K) => map()?.has(item) ?? false,
        set: (item: K, value: V) => {
          const known = map()
          if (known) known.set(item, value)
          else this.#current().values.set(key, new Map([[item, value]]))
        },
        delete: (item: K) => {
          const known = map()
          const deleted = known?.delete(item) ?? false
          if (known?.size === 0) this.#current().values.delete(key)
          return deleted
        },
        entries: () => map()?.entries() ?? [],
        clear: () => void this.#current().values.delete(key),
      }
    })
  }

  #handle<H>(key: string, make: (key: string) => H): H {
    const known = this.#handles.get(key) as H | undefined
    if (known) return known
    const handle = make(key)
    this.#handles.set(key, handle)
    return handle
  }
}
