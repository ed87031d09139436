/** The operators of one stage on one shard, wired up: rows go in, flow through, and leave as the step's result. */

import { type Batch, rowCount } from '../core/batch/batch.ts'
import { mergeOrdered, runsInOrder } from '../core/batch/merge.ts'
import { weightsOf } from '../core/batch/meta.ts'
import { SlabArena, type SlabPool } from '../core/batch/slab.ts'
import type { Background } from '../core/detector.ts'
import { JobError, MillraceError, setNode } from '../core/errors.ts'
import { compileKernel } from '../core/expr/compile.ts'
import type { Expr } from '../core/expr/expr.ts'
import { failedExpr } from '../core/expr/overflow.ts'
import type { Models } from '../core/model-registry.ts'
import {
  type EdgeTime,
  type Emit,
  leastKnown,
  NOTHING_KNOWN,
  type Operator,
  type OperatorContext,
  type PartialAggregation,
  type Signal,
  type StepReport,
} from '../core/operators/contract.ts'
import { definitionOf } from '../core/operators/index.ts'
import { openRuntime } from '../core/operators/runtimes.ts'
import type { LocalEdge, Stage, StageOperator } from '../core/planner/stages.ts'
import { partitionRows } from '../core/state/hash.ts'
import { partitionByWindow } from '../core/state/partition-by-window.ts'
import { ownedState } from '../core/state/state-reader.ts'
import { type SavedState, StateCollector } from '../core/state/state-writer.ts'
import { timeWindows } from '../core/time/windows/time-windows.ts'
import { fieldIndex } from '../core/types/schema.ts'
import type { Functions } from '../core/user-functions/function-ref.ts'
import { arrivalOf, joined, ownAndOthers } from './forwarded-step.ts'
import type {
  ForwardTo,
  SavedByNode,
  SeenTimes,
  StepInput,
  StepMessage,
  StepOutput,
  StepResult,
  Writable,
} from './messages.ts'
import { after, OperatorQueues } from './operator-queues.ts'
import type { StageMeter } from './shard-meter.ts'

export interface StageEnvironment {
  readonly shard: number
  readonly shards: number
  /** Of the stage, see `OpenMessage`. */
  readonly splits: number
  readonly pool: SlabPool
  readonly models: Models
  readonly functions: Functions
  readonly background: Background
  readonly meter: StageMeter
  /** Aborts with the job: what operators still emit then goes nowhere. */
  readonly signal: AbortSignal
}

type Consumer = { readonly operator: number; readonly input: number } | { readonly output: number }

export class StageRuntime {
  readonly #stage: Stage
  readonly #environment: StageEnvironment
  readonly #arena: SlabArena
  readonly #meter: StageMeter
  readonly #operators: readonly Operator[]
  /** Who reads the stage's input, and each operator's ports. */
  readonly #consumers: ReadonlyMap<string, readonly Consumer[]>
  readonly #emits: readonly Emit[]
  readonly #queues: OperatorQueues
  /** By operator: what the batch it works on arrived with. */
  readonly #arrivals: StepInput['arrival'][] = []

  /** Its reading of the step. */
  readonly #clock = { nowMs: Number.NaN }
  #arrival: StepInput['arrival']
  #partitionedBy: StepMessage['partitionedBy'] = []
  #outputs: StepOutput[] = []
  #seen: SeenTimes[] = []
  #late: { node: string; rows: number }[] = []
  #scored: { node: string; values: number }[] = []
  #decoded: { node: string; rows: number; skipped: number }[] = []
  /** Whether rows alone advance time: an operator here makes watermarks of them. */
  readonly #keepsTime: boolean
  /** The inputs of the stage whose rows are taken in the order of their places. */
  readonly #ordered: ReadonlySet<number>
  /** By input of the stage. */
  #inputTimes: readonly EdgeTime[] = []
  /** By operator: what it was told of time last, and whether its outputs had ended then. */
  readonly #told: { signal: Signal; exhausted: boolean; restored?: true }[]

  constructor(stage: Stage, environment: StageEnvironment) {
    this.#stage = stage
    this.#environment = environment
    this.#arena = new SlabArena(environment.pool)
    this.#meter = environment.meter
    this.#consumers = wire(stage)
    this.#keepsTime =
      stage.partitioning !== 'any' &&
      stage.operators.some(({ node }) => definitionOf(node).eventTime !== undefined)
    this.#ordered = new Set(
      stage.operators
        .filter(({ node }) => definitionOf(node).ordered?.(node))
        .flatMap(({ from }) => from.flatMap(edge => ('input' in edge ? [edge.input] : []))),
    )
    this.#operators = stage.operators.map((operator, index) =>
      within(operator, () => this.#open(operator, index)),
    )
    this.#queues = new OperatorQueues(stage.operators.length)
    this.#emits = stage.operators.map((operator, index) => this.#emitOf(operator, index))
    this.#told = stage.operators.map(({ from }) => ({
      signal: signalOf(from.map(() => NOTHING_KNOWN)),
      exhausted: false,
    }))
  }

  /** What the step gives: at once, or once operators that answer with promises are done. */
  step(message: StageStep): StepResult | Promise<StepResult> {
    this.#outputs = []
    this.#seen = []
    this.#late = []
    this.#scored = []
    this.#decoded = []
    this.#partitionedBy = message.partitionedBy
    this.#clock.nowMs = message.clockMs ?? Number.NaN
    const fed = this.#feed(this.#inOrder(message.inputs))
    return after(fed, () => this.#finish(message))
  }

  /** Sends the inputs through the operators, each when all is done with the one before. */
  #feed(inputs: readonly StepInput[], from = 0): void | Promise<void> {
    for (let i = from; i < inputs.length; i++) {
      const { batch, input, arrival } = inputs[i]!
      this.#arrival = arrival
      this.#send(this.#consumersOf({ input }), batch)
      const busy = this.#queues.settled()
      if (busy) return busy.then(() => this.#feed(inputs, i + 1))
    }
    this.#arrival = undefined
  }

  #finish(message: StageStep): StepResult | Promise<StepResult> {
    const aggregating = this.#operators.findIndex(operator => operator.partialAggregation)
    const aggregation = this.#operators[aggregating]?.partialAggregation
    const { mergePartials = [], takePartials } = message
    const aggregate = <T>(work: () => T): T => this.#working(aggregating, work)
    for (const batch of mergePartials) aggregate(() => aggregation!.mergePartials(batch))
    const partials = takePartials
      ? aggregate(() => aggregation!.takePartials(takePartials.toMs, takePartials.owners))
      : []
    return after(this.#advance(message.times), times => this.#result(times, partials, aggregation))
  }

  #result(
    times: EdgeTime[] | undefined,
    partials: StepResult['partials'],
    aggregation: PartialAggregation | undefined,
  ): StepResult {
    this.#meter.sample(this.#operators)
    const slabs = this.#arena.take()
    const result: Writable<StepResult> = {
      outputs: this.#outputs,
      seen: this.#seen,
      partials,
      late: this.#late,
      scored: this.#scored,
      decoded: this.#decoded,
      slabs,
      slabBytes: slabs.map(slab => this.#environment.pool.bytesOf(slab)),
    }
    if (times) result.times = times
    if (aggregation) result.measured = { ...aggregation.measured }
    return result
  }

  /** Does an operator's work, in its name and on its account. */
  #working<T>(index: number, work: () => T): T {
    const before = this.#meter.enter(index)
    try {
      return within(this.#stage.operators[index]!, work)
    } finally {
      this.#meter.leave(before)
    }
  }

  /** The job is over: what its operators kept last. */
  close(): void {
    this.#meter.sample(this.#operators, true)
    for (const operator of this.#operators) operator.close?.()
  }

  /** Rows that several shards made in the step, by place, for operators that go by it. */
  #inOrder(inputs: readonly StepInput[]): readonly StepInput[] {
    if (this.#ordered.size === 0 || inputs.length < 2) return inputs
    return [...Map.groupBy(inputs, ({ input }) => input)].flatMap(([input, own]) => {
      // What a split knew before a batch goes with the batch.
      if (own.length < 2 || !this.#ordered.has(input) || own.some(({ arrival }) => arrival)) return own
      // A row comes before it is taken back: changes keep the order in which they were made.
      if (own.some(({ batch }) => weightsOf(batch))) return own
      const runs = runsInOrder(own.map(({ batch }) => batch))
      return mergeOrdered(runs, this.#arena).map(batch => ({ batch, input }))
    })
  }

  /**
   * A step whose rows, where they belong to this shard, are forwarded to the next stage; the others are in the result, and
   * with them what leaves that stage.
   */
  stepAndForward(
    next: StageRuntime,
    forward: ForwardTo,
    message: StepMessage,
  ): StepResult | Promise<StepResult> {
    return after(this.step(message), result => {
      const { inputs, outputs } = ownAndOthers(result.outputs, this.#environment.shard)
      const arrival = arrivalOf(forward, result)
      const { clockMs } = message
      const forwarded = next.step({
        inputs: arrival ? inputs.map(input => ({ ...input, arrival })) : inputs,
        partitionedBy: forward.partitionedBy,
        ...(clockMs === undefined ? {} : { clockMs }),
      })
      const rows = inputs.reduce((sum, { batch }) => sum + rowCount(batch), 0)
      return after(forwarded, made => joined({ ...result, outputs }, made, rows))
    })
  }

  /** The state of each operator that has some: all of it, or what changed since that save. */
  save(since: number | undefined): SavedByNode {
    const state: Record<string, SavedState> = {}
    this.#operators.forEach((operator, i) => {
      if (!operator.save) return
      const collector = new StateCollector(since)
      within(this.#stage.operators[i]!, () => operator.save!(collector))
      state[this.#stage.operators[i]!.id] = collector.saved
    })
    state[this.#timeKey] = { since: undefined, tables: new Map(), scalars: this.#toldTimes() }
    return state
  }

  /** Gives each operator the state that this shard owns. */
  load(state: Readonly<Record<string, readonly SavedState[]>>): void {
    const { shard } = this.#environment
    // What operators have been told of time all shards know alike.
    this.#restoreTimes(state[this.#timeKey]?.[0]?.scalars ?? {})
    // Where one shard has all rows, it has the state of all keys, too.
    const shards = this.#stage.partitioning === 'one' ? 1 : this.#environment.shards
    this.#operators.forEach((operator, i) => {
      const parts = state[this.#stage.operators[i]!.id]
      if (!parts || (this.#stage.partitioning === 'one' && shard > 0)) return
      within(this.#stage.operators[i]!, () => operator.load?.(ownedState(parts, shard, shards)))
    })
  }

  /** Where in a snapshot it is said what the stage knew of time. No plan node is called so. */
  get #timeKey(): string {
    return `stage ${this.#stage.id}`
  }

  /** What each operator has been told of time: an end that was told is not to be told again. */
  #toldTimes(): Record<string, number> {
    const times: Record<string, number> = {}
    this.#told.forEach(({ signal, exhausted }, i) => {
      const { id } = this.#stage.operators[i]!
      times[`${id} max`] = signal.maxTimeMs
      times[`${id} exhausted`] = Number(exhausted)
      signal.inputs.forEach((ms, input) => {
        times[`${id} ${input}`] = ms
      })
    })
    return times
  }

  #restoreTimes(times: Readonly<Record<string, number>>): void {
    this.#stage.operators.forEach(({ id, from }, i) => {
      const maxTimeMs = times[`${id} max`]
      if (maxTimeMs === undefined) return
      const signal = signalOf(from.map((_, input) => ({ watermarkMs: times[`${id} ${input}`]!, maxTimeMs })))
      // What it knows of its inputs is told once more: that one has ended, too, is no part of what operators save.
      this.#told[i] = { signal, exhausted: times[`${id} exhausted`] === 1, restored: true }
    })
  }

  #open(operator: StageOperator, index: number): Operator {
    if (operator.steps) {
      const kernel = compileKernel(operator.inputs[0]!.schema, operator.steps, {
        distributions: this.#environment.models.distributions,
        functions: this.#environment.functions,
      })
      return {
        onBatch: (batch, _port, emit) => {
          const out = kernel.run(batch, this.#arena)
          if (rowCount(out) > 0) emit(out)
        },
      }
    }
    const { shard, shards, splits, models, functions, background, signal } = this.#environment
    const context: OperatorContext = {
      ...models,
      functions,
      signal,
      id: operator.id,
      inputs: operator.inputs,
      output: operator.output,
      arena: this.#arena,
      placement: typeof this.#stage.partitioning === 'object' ? 'keys' : this.#stage.partitioning,
      shard,
      shards,
      splits,
      background,
      clock: this.#clock,
      report: this.#reportOf(operator, index),
      ...(operator.owners && { owners: operator.owners }),
      ...this.#wantedOf(index),
    }
    return openRuntime(operator.node, context)
  }

  /** What the one reader of an operator's rows wants of them, if there is one and no other. */
  #wantedOf(index: number): Pick<OperatorContext, 'wanted' | 'placesIgnored'> {
    const [reader, ...others] = this.#consumersOf({ operator: index, port: 'out' })
    if (!reader || !('operator' in reader) || others.length > 0) return {}
    return {
      wanted: rows => {
        const wants = this.#operators[reader.operator]!.wants
        return wants && this.#working(reader.operator, () => wants(rows))
      },
      placesIgnored: () => this.#operators[reader.operator]!.ignoresPlaces === true,
    }
  }

  #reportOf({ id }: StageOperator, index: number): StepReport {
    const meter = this.#meter
    return {
      times: (node, { minMs, maxMs, watermarkMs }) => {
        this.#seen.push({ node, times: Float64Array.of(minMs, maxMs, watermarkMs) })
      },
      late: rows => {
        if (rows === 0) return
        this.#late.push({ node: id, rows })
        meter.late(index, rows)
      },
      scored: (values, anomalies) => {
        if (values === 0) return
        this.#scored.push({ node: id, values })
        meter.scored(index, values, anomalies)
      },
      decoded: (rows, skipped) => {
        this.#decoded.push({ node: id, rows, skipped })
        meter.bad(index, skipped)
      },
    }
  }

  #consumersOf(edge: LocalEdge): readonly Consumer[] {
    return this.#consumers.get(edgeKey(edge)) ?? []
  }

  #send(consumers: readonly Consumer[], batch: Batch): void {
    for (const consumer of consumers) {
      if ('operator' in consumer) {
        const { operator: index, input } = consumer
        const arrival = this.#arrival
        this.#queues.add(index, () => {
          this.#arrivals[index] = arrival
          this.#meter.took(index, batch)
          return this.#working(index, () =>
            this.#operators[index]!.onBatch(batch, input, this.#emits[index]!, arrival),
          )
        })
      } else {
        this.#leave(consumer.output, batch)
      }
    }
  }

  #leave(output: number, batch: Batch): void {
    const { partitionBy } = this.#stage.outputs[output]!
    const { shards } = this.#environment
    const partitionedBy = this.#partitionedBy[output]
    const column = (name: string) => batch.columns[fieldIndex(batch.schema, name)]!
    if (!partitionBy || !partitionedBy) this.#outputs.push({ output, batch })
    else if (partitionedBy === 'keys') {
      const rows = partitionRows(partitionBy.map(column), batch, shards, this.#arena)
      this.#outputs.push({ output, batch, rows })
    } else {
      const { time, window, runs } = partitionedBy
      const parts = partitionByWindow(
        batch,
        column(time),
        timeWindows(window)!.panes,
        shards,
        this.#arena,
        runs,
      )
      for (const { shard, batch } of parts) this.#outputs.push({ output, batch, owner: shard, runs })
    }
  }

  /**
   * Event time flows after the rows, operator by operator; what an operator emits on the way flows at once. Gives what the
   * outputs know, unless nothing has changed.
   */
  #advance(times: readonly EdgeTime[] | undefined): EdgeTime[] | undefined | Promise<EdgeTime[] | undefined> {
    const ended = this.#operators.some(({ exhausted }, i) => exhausted === true && !this.#told[i]!.exhausted)
    if (!times && !ended && !this.#keepsTime) return undefined
    if (times) this.#inputTimes = times
    return after(this.#tellTimes(), () => this.#stage.outputs.map(output => this.#timeAt(output.operator)))
  }

  /** An operator hears of time when it is done with what those before it emitted. */
  #tellTimes(from = 0): void | Promise<void> {
    for (let i = from; i < this.#operators.length; i++) {
      const busy = this.#queues.settled()
      if (busy) return busy.then(() => this.#tellTimes(i))
      this.#tellTime(i)
    }
    return this.#queues.settled()
  }

  #tellTime(index: number): void {
    const operator = this.#stage.operators[index]!
    const { nowMs } = this.#clock
    const goesByClock =
      definitionOf(operator.node).clock?.(operator.node) !== undefined && !Number.isNaN(nowMs)
    const signal: Signal = {
      ...signalOf(operator.from.map(edge => this.#timeAt(edge))),
      ...(goesByClock ? { clockMs: nowMs } : {}),
    }
    const runtime = this.#operators[index]!
    const { signal: before, restored } = this.#told[index]!
    this.#arrivals[index] = undefined
    if (!runtime.exhausted && !hasEnded(before) && (restored || !sameSignal(signal, before)))
      this.#working(index, () => runtime.onTime?.(signal, this.#emits[index]!))
    this.#told[index] = { signal, exhausted: runtime.exhausted ?? false }
  }

  #timeAt(edge: LocalEdge): EdgeTime {
    if ('input' in edge) return this.#inputTimes[edge.input] ?? NOTHING_KNOWN
    const { signal, exhausted } = this.#told[edge.operator]!
    if (exhausted) return { watermarkMs: Number.POSITIVE_INFINITY, maxTimeMs: signal.maxTimeMs }
    return this.#operators[edge.operator]!.outputTime?.(edge.port, signal) ?? signal
  }

  /** Where an operator's rows go. Those that declare event time anew leave without what they arrived with. */
  #emitOf({ node }: StageOperator, index: number): Emit {
    const declaresTime = definitionOf(node).eventTime !== undefined
    const { signal } = this.#environment
    const own = this.#consumersOf({ operator: index, port: 'out' })
    return (batch, port = 'out') => {
      if (signal.aborted) return
      this.#meter.gave(index, batch, port)
      const arrival = this.#arrival
      this.#arrival = declaresTime ? undefined : this.#arrivals[index]
      this.#send(port === 'out' ? own : this.#consumersOf({ operator: index, port }), batch)
      this.#arrival = arrival
    }
  }
}

/** What a stage is told in a step. */
type StageStep = Pick<
  StepMessage,
  'inputs' | 'mergePartials' | 'times' | 'takePartials' | 'partitionedBy' | 'clockMs'
>

/** Does an operator's work; what it throws, now or later, is then an error of its plan node. */
function within<T>(operator: StageOperator, work: () => T): T {
  const failed = (error: unknown): never => {
    const known =
      error instanceof MillraceError
        ? error
        : new JobError('INTERNAL', error instanceof Error ? error.message : String(error), { cause: error })
    setNode(known, failingVerb(operator, known))
    throw known
  }
  try {
    const result = work()
    return result instanceof Promise ? (result.catch(failed) as T) : result
  } catch (error) {
    return failed(error)
  }
}

/** Of verbs that became one kernel, the one whose expression failed. */
function failingVerb({ id, steps = [], verbs = [] }: StageOperator, error: MillraceError): string {
  const failed = failedExpr(error)
  if (!failed) return id
  const holds = (expr: Expr): boolean => expr === failed || (expr.kind === 'call' && expr.args.some(holds))
  const step = steps.findIndex(step =>
    step.kind === 'filter' ? holds(step.test) : step.columns.some(({ expr }) => holds(expr)),
  )
  return verbs[step] ?? id
}

const edgeKey = (edge: LocalEdge): string =>
  'input' in edge ? `${edge.input}` : `${edge.operator}:${edge.port}`

const signalOf = (times: readonly EdgeTime[]): Signal => ({
  ...leastKnown(times),
  inputs: times.map(({ watermarkMs }) => watermarkMs),
})

/** Whether all inputs had ended: an operator hears of that once. */
const hasEnded = ({ watermarkMs }: Signal): boolean => watermarkMs === Number.POSITIVE_INFINITY

const sameSignal = (a: Signal, b: Signal): boolean =>
  a.maxTimeMs === b.maxTimeMs &&
  a.clockMs === b.clockMs &&
  a.inputs.every((ms, input) => ms === b.inputs[input])

function wire(stage: Stage): Map<string, Consumer[]> {
  const consumers = new Map<string, Consumer[]>()
  const add = (edge: LocalEdge, consumer: Consumer) => {
    const key = edgeKey(edge)
    consumers.set(key, [...(consumers.get(key) ?? []), consumer])
  }
  stage.operators.forEach((operator, i) => {
    operator.from.forEach((edge, input) => {
      add(edge, { operator: i, input })
    })
  })
  stage.outputs.forEach((output, i) => {
    add(output.operator, { output: i })
  })
  return consumers
}
