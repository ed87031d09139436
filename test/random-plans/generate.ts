import { randomColumns, randomSource } from './data.ts'
import type { Edge, PlanNode, RandomPlan, Shape } from './plan.ts'
import { Senseless } from './plan.ts'
import { Random } from './random.ts'
import { type Ends, shapeAt, shapesOf, sourceShape } from './shapes.ts'
import type { Candidate } from './verb.ts'
import { shapeOf, VERBS, verbOf } from './verbs.ts'

/** More would take long, here and in DuckDB. */
const MOST_ROWS = 2000

const WEIGHTS = Object.fromEntries(Object.entries(VERBS).map(([name, { weight }]) => [name, weight]))

/**
 * The plan of a seed. Half of them make sense over data that does not end, too (`streams`): the others are richer in
 * verbs that need an end.
 */
export function randomPlan(seed: number): RandomPlan {
  const random = new Random(seed)
  const columns = randomColumns(random)
  const sources = Array.from({ length: random.pick([1, 1, 2]) }, () => randomSource(random, columns))
  const ends: Ends = random.chance(0.5) ? 'bounded' : 'unbounded'
  const growing = new Growing(random, { seed, sources, nodes: [], sinks: [] }, ends)
  const verbs = random.int(1, 9)
  // Many verbs go by event time.
  if (random.chance(0.4)) growing.tryOne('watermark')
  for (let tries = 0; tries < 40 && growing.nodes.length < verbs; tries++) growing.tryOne()
  const plan = growing.finish()
  return makesSense(plan, ends) ? plan : randomPlan(seed + 0x10000000)
}

/** Whether a plan can be run over data that ends, or that does not. */
export function makesSense(plan: RandomPlan, ends: Ends): boolean {
  try {
    shapesOf(plan, ends)
    return true
  } catch (error) {
    if (error instanceof Senseless) return false
    throw error
  }
}

/** Whether a plan makes sense where its sources do not end. */
export const streams = (plan: RandomPlan): boolean =>
  makesSense(plan, 'unbounded') && plan.sources.some(source => !source.alwaysBounded)

class Growing {
  readonly nodes: PlanNode[] = []
  readonly #random: Random
  readonly #plan: RandomPlan
  readonly #shapes: Shape[]

  constructor(random: Random, plan: RandomPlan, ends: Ends) {
    this.#random = random
    this.#plan = { ...plan, nodes: this.nodes }
    this.#shapes = plan.sources.map(source => sourceShape(source, ends))
  }

  tryOne(name = this.#random.weighted(WEIGHTS)): void {
    const random = this.#random
    const verb = verbOf(name)
    const edge = this.#anEdge()
    const input = shapeAt(this.#shapes, this.#plan, edge)
    const partners = verb.partners?.(random, input, this.#candidates())
    if (verb.partners && !partners) return
    const taken = [{ edge, shape: input }, ...(partners ?? [])]
    if (random.chance(0.5)) taken.reverse()
    const [first, ...others] = taken.map(({ shape }) => shape)
    const parameters = verb.propose(random, first!, others)
    if (!parameters) return
    try {
      const shape = shapeOf(name, parameters, [first!, ...others])
      if (shape.atMost > MOST_ROWS) return
      this.nodes.push({ verb: name, inputs: taken.map(each => each.edge), parameters })
      this.#shapes.push(shape)
      if (name === 'agg' && shape.windowMs !== undefined && random.chance(0.3)) this.tryOne('fillGaps')
    } catch (error) {
      if (!(error instanceof Senseless)) throw error
    }
  }

  finish(): RandomPlan {
    const { nodes } = this
    const last = this.#shapes.length - 1
    const sinks: Edge[] = [{ node: last, port: 'out' }]
    // What nobody reads is written, mostly; and now and then what others read.
    for (let node = this.#plan.sources.length; node < last; node++) {
      const read = nodes.some(({ inputs }) => inputs.some(edge => edge.node === node))
      if (sinks.length < 3 && this.#random.chance(read ? 0.1 : 0.8)) sinks.push({ node, port: 'out' })
    }
    for (let node = this.#plan.sources.length; node <= last; node++) {
      if (sinks.length < 4 && this.#shapes[node]!.hasLate && this.#random.chance(0.4))
        sinks.push({ node, port: 'late' })
    }
    return withoutDead({ ...this.#plan, nodes: [...nodes], sinks })
  }

  /** Mostly the newest rows. */
  #anEdge(): Edge {
    const random = this.#random
    const last = this.#shapes.length - 1
    const node = random.chance(0.6) ? last : random.int(0, last)
    return { node, port: this.#shapes[node]!.hasLate && random.chance(0.15) ? 'late' : 'out' }
  }

  /** All rows there are, itself among them. */
  #candidates(): Candidate[] {
    return this.#shapes.map((shape, node) => ({ edge: { node, port: 'out' }, shape }))
  }
}

/** The plan without the nodes and sources that no sink reads. */
export function withoutDead(plan: RandomPlan): RandomPlan {
  const { sources, nodes, sinks } = plan
  const alive = new Set<number>()
  const visit = (node: number) => {
    if (alive.has(node)) return
    alive.add(node)
    for (const edge of nodes[node - sources.length]?.inputs ?? []) visit(edge.node)
  }
  for (const { node } of sinks) visit(node)
  const places = new Map([...alive].sort((a, b) => a - b).map((node, at) => [node, at]))
  const moved = (edge: Edge): Edge => ({ ...edge, node: places.get(edge.node)! })
  return {
    ...plan,
    sources: sources.filter((_, node) => alive.has(node)),
    nodes: nodes.flatMap((node, i) =>
      alive.has(sources.length + i) ? [{ ...node, inputs: node.inputs.map(moved) }] : [],
    ),
    sinks: sinks.map(moved),
  }
}
