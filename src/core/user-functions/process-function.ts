/**
 * Process functions: a user's function of rows and timers with state per key. This file is what such a function is written
 * against; `operators/process/` runs it.
 */

/** One value per key. */
export interface ValueState<T> {
  /** Undefined before it was set. */
  get(): T | undefined
  set(value: T): void
  clear(): void
}

/** A list per key. */
export interface ListState<T> {
  get(): readonly T[]
  add(value: T): void
  clear(): void
}

/** A map per key. */
export interface MapState<K, V> {
  readonly size: number
  get(key: K): V | undefined
  has(key: K): boolean
  set(key: K, value: V): void
  delete(key: K): boolean
  entries(): Iterable<[K, V]>
  clear(): void
}

/** What a function may ask and do, whatever it is called for. It is valid only during the call. */
export interface ProcessContext<Out = any> {
  /** The values of the key columns: `{ user: 'ann' }`; empty without `by`. */
  readonly key: Readonly<Record<string, any>>
  /** The event time of the row, or of the timer; undefined without event time. */
  readonly time: Date | undefined
  /** The clock's reading. @throws {DataError} `PROCESS_TIMER` unless `process` was given `clock` */
  readonly now: Date
  /** A row of the output: cells by column name, absent ones are null. */
  emit(row: Out): void
  /** A row of a side output. */
  emitTo(side: string, row: Readonly<Record<string, unknown>>): void
  /**
   * State of the key, by name: what JSON holds, and undefined, bigint, Date, Map, Set and numbers that are not finite.
   * Objects are kept as they are, and may be changed in place.
   */
  value<T>(name: string): ValueState<T>
  list<T>(name: string): ListState<T>
  map<K, V>(name: string): MapState<K, V>
  /** State that broadcast rows have made, the same for all keys. */
  broadcast<K, V>(name: string): ReadonlyMap<K, V>
  /** Forgets all state of the key, and its timers. */
  clear(): void
  /**
   * Calls `onTimer` for the key when event time has passed `at`: after all rows up to it, before any later one. A time that
   * has passed is due at once; one that is set already is not set again.
   */
  setTimer(at: Date | number): void
  clearTimer(at: Date | number): void
  /** Calls `onClockTimer` for the key when the clock has come to `at`. */
  setClockTimer(at: Date | number): void
  clearClockTimer(at: Date | number): void
}

/** What `onBroadcast` is given: state of all keys. It must do the same in every shard. */
export interface BroadcastContext {
  /** The event time of the row; undefined without. */
  readonly time: Date | undefined
  broadcast<K, V>(name: string): Map<K, V>
}

/** What a module exports for `process`. */
export interface ProcessFunction<In = any, Out = any, Broadcast = any> {
  /** A row: objects as `collect` gives them. */
  onRow(row: In, context: ProcessContext<Out>): void
  /** A timer of event time is due; `context.time` is what it was set to. */
  onTimer?(context: ProcessContext<Out>): void
  /** A timer of the clock is due; `at` is what it was set to. */
  onClockTimer?(context: ProcessContext<Out>, at: Date): void
  /** A row of the dataset that was given as `broadcast`. */
  onBroadcast?(row: Broadcast, context: BroadcastContext): void
}

/**
 * A process function, typed: gives it back as it is.
 *
 * @example
 * export const doubled = processFunction<{ n: number }, { twice: number }>({
 *   onRow: ({ n }, context) => context.emit({ twice: 2 * n }),
 * })
 */
export const processFunction = <In, Out, Broadcast = never>(
  definition: ProcessFunction<In, Out, Broadcast>,
): ProcessFunction<In, Out, Broadcast> => definition
