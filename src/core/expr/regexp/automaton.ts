/**
 * Runs a program over the bytes of a text, in time in proportion to its length: all ways to match are followed at once, in the
 * order in which a search with backtracking would try them (R. Pike's machine), and what a step does is remembered, so that most
 * steps are a look into a table (a lazy automaton). Where a group begins and ends is kept in registers per way; steps say which
 * registers they copy and set (V. Laurikari, "NFAs with tagged transitions", 2000).
 *
 * Invariant: the same matches as RE2's: leftmost, and of those the first that backtracking would find.
 */

import type { Alphabet, Kind } from './alphabet.ts'
import type { Instruction, Program } from './program.ts'

/** Entries that the table may have; with more it is made anew. */
const MAX_ENTRIES = 1 << 20
const MAX_STATES = 4096
/** In place of an instruction: the search that goes on to the next place, and a search that begins here alone. */
const SEARCH = -1
const BEGIN = -2

/** Ways that are still open, the preferred one first, before what asserts something is looked at. */
interface State {
  readonly kind: Kind
  readonly threads: readonly number[]
}

/** What a step does with registers. */
interface Transition {
  /** The row of the next state; 0: no way is open. */
  readonly to: number
  /** Register after register: from which it is copied; -1: it is cleared; -2: it becomes the place. */
  readonly registers: Int32Array
  /** The same of the match that ends before the step. */
  readonly match: Int32Array | undefined
}

const CLEAR = -1
const PLACE = -2

export class Automaton {
  readonly #program: Program
  readonly #alphabet: Alphabet
  /** By slot of a program, its register within a way; -1: nobody wants to know. The first is where the match begins. */
  readonly #registerOf: Int32Array
  readonly #perThread: number
  readonly #firstOnly: boolean
  readonly #width: number
  readonly #rows: Map<string, number> = new Map()
  /** Rows in which a search begins, by what comes before; 0: not known yet. */
  readonly #starts = new Int32Array(4)
  readonly #startKind: Kind
  #states: State[] = []
  /** By row and class: 0 not known yet; positive: the next row, and registers stay; negative: a transition. */
  #table = new Int32Array(0)
  #transitions: Transition[] = []
  readonly #maxStates: number
  #current = new Int32Array(64)
  #next = new Int32Array(64)
  readonly #visited: Uint32Array
  #visit = 0
  /** Steps taken, for those who search again and again. */
  steps = 0
  /** Where the last match began and ended, then each group that was asked for. */
  readonly found: Int32Array

  /**
   * @param groups whose places are wanted; group 0 is always
   * @param firstOnly whether it is enough to know that there is a match
   */
  constructor(program: Program, alphabet: Alphabet, groups: readonly number[], firstOnly = false) {
    this.#program = program
    this.#alphabet = alphabet
    this.#firstOnly = firstOnly
    this.#registerOf = new Int32Array(2 * program.groups + 2).fill(-1)
    groups.forEach((group, i) => {
      this.#registerOf[2 * group] = 1 + 2 * i
      this.#registerOf[2 * group + 1] = 2 + 2 * i
    })
    this.#perThread = firstOnly ? 0 : 1 + 2 * groups.length
    this.found = new Int32Array(2 + 2 * groups.length)
    this.#startKind = alphabet.kindAfter(-1)
    this.#width = alphabet.size + 1
    this.#maxStates = Math.max(8, Math.min(MAX_STATES, Math.floor(MAX_ENTRIES / this.#width)))
    this.#visited = new Uint32Array(program.instructions.length)
    this.#reset()
  }

  /** Finds the first match at byte `from` or later; then {@link found} says where. */
  search(a: Uint8Array, s: number, e: number, from: number = s): boolean {
    if (this.#program.anchored && from > s) return false
    const { small } = this.#alphabet
    let row = this.#startRow(from > s ? this.#alphabet.kindAfter(pointBefore(a, from)) : this.#startKind)
    let table = this.#table
    let matched = false
    let at = from
    while (true) {
      let entry = 0
      // Most steps change nothing but the state.
      while (at < e) {
        const byte = a[at]!
        if (byte >= 0x80) break
        entry = table[row + small[byte]!]!
        if (entry <= 0) break
        row = entry
        at++
      }
      const symbol = at >= e ? this.#alphabet.size : this.#alphabet.classOf(pointAt(a, at))
      const next = at + (at < e ? pointSize(a[at]!) : 1)
      entry = table[row + symbol]!
      if (entry === 0) {
        row = this.#roomFor(row)
        entry = this.#compute(row, symbol)
        table = this.#table
      }
      if (entry < 0) {
        const { to, registers, match } = this.#transitions[-entry - 1]!
        if (match) {
          matched = true
          if (this.#firstOnly) return true
          this.#note(match, at)
        }
        if (registers.length > 0) this.#move(registers, at)
        entry = to
      }
      if (entry === 0 || at >= e) break
      row = entry
      at = next
    }
    this.steps = at - from
    return matched
  }

  #startRow(kind: Kind): number {
    const known = this.#starts[kind]!
    if (known > 0) return known
    this.#starts[kind] = this.#rowOf(kind, [this.#program.anchored ? BEGIN : SEARCH])
    return this.#starts[kind]!
  }

  /** The row again, of a table that is made anew if it has become too large. */
  #roomFor(row: number): number {
    if (this.#states.length < this.#maxStates) return row
    const { kind, threads } = this.#states[row / this.#width]!
    this.#reset()
    return this.#rowOf(kind, threads)
  }

  #note(match: Int32Array, at: number): void {
    const { found } = this
    found[0] = registerValue(match[0]!, this.#current, at)
    found[1] = at
    for (let i = 1; i < match.length; i++) found[i + 1] = registerValue(match[i]!, this.#current, at)
  }

  #move(registers: Int32Array, at: number): void {
    const count = registers.length
    if (count > this.#next.length) {
      this.#next = new Int32Array(count * 2)
      const grown = new Int32Array(count * 2)
      grown.set(this.#current)
      this.#current = grown
    }
    const [from, to] = [this.#current, this.#next]
    for (let i = 0; i < count; i++) {
      const source = registers[i]!
      to[i] = source >= 0 ? from[source]! : source === PLACE ? at : -1
    }
    this.#current = to
    this.#next = from
  }

  #reset(): void {
    this.#rows.clear()
    this.#starts.fill(0)
    // Row 0 is that of no open way.
    this.#states = [{ kind: 3, threads: [] }]
    this.#transitions = []
    this.#table = new Int32Array(this.#width * 8)
  }

  #rowOf(kind: Kind, threads: readonly number[]): number {
    if (threads.length === 0) return 0
    const key = `${kind} ${threads.join()}`
    const known = this.#rows.get(key)
    if (known !== undefined) return known
    const row = this.#states.length * this.#width
    this.#states.push({ kind, threads })
    this.#rows.set(key, row)
    if (row + this.#width > this.#table.length) {
      const grown = new Int32Array(this.#table.length * 2)
      grown.set(this.#table)
      this.#table = grown
    }
    return row
  }

  /** Fills an entry of the table, and gives it. */
  #compute(row: number, symbol: number): number {
    const { kind, threads } = this.#states[row / this.#width]!
    const isEnd = symbol === this.#alphabet.size
    const point = isEnd ? -1 : this.#alphabet.pointOf(symbol)
    const step = new Step(
      this.#program,
      this.#registerOf,
      this.#perThread,
      this.#alphabet.assertions(kind, symbol),
      point,
    )
    this.#visit++
    step.take(threads, this.#visited, this.#visit)
    const to = this.#rowOf(this.#alphabet.kindAfter(point), step.threads)
    const stays = to > 0 && !step.match && step.keepsRegisters(threads.length)
    let entry = to
    if (!stays) {
      const transition = { to, registers: Int32Array.from(step.registers), match: step.match }
      entry = -this.#transitions.push(transition)
    }
    this.#table[row + symbol] = entry
    return entry
  }
}

/** One step of all ways. */
class Step {
  readonly threads: number[] = []
  readonly registers: number[] = []
  match: Int32Array | undefined
  readonly #instructions: readonly Instruction[]
  readonly #start: number
  readonly #registerOf: Int32Array
  readonly #perThread: number
  readonly #flags: number
  readonly #point: number

  constructor(
    { instructions, start }: Program,
    registerOf: Int32Array,
    perThread: number,
    flags: number,
    point: number,
  ) {
    this.#instructions = instructions
    this.#start = start
    this.#registerOf = registerOf
    this.#perThread = perThread
    this.#flags = flags
    this.#point = point
  }

  take(threads: readonly number[], visited: Uint32Array, visit: number): void {
    for (let i = 0; i < threads.length; i++) {
      const thread = threads[i]!
      const isNew = thread === SEARCH || thread === BEGIN
      const registers = Array.from({ length: this.#perThread }, (_, k) =>
        isNew ? (k === 0 ? PLACE : CLEAR) : i * this.#perThread + k,
      )
      if (this.#follow(isNew ? this.#start : thread, registers, visited, visit)) return
      // The search goes on at the next place, as the last of all ways.
      if (thread === SEARCH && this.#point >= 0) this.#keep(SEARCH, Array(this.#perThread).fill(CLEAR))
    }
  }

  /** Follows a way up to the next code point; true where it matches, and later ways are not taken. */
  #follow(from: number, registers: readonly number[], visited: Uint32Array, visit: number): boolean {
    const open: { at: number; registers: readonly number[] }[] = [{ at: from, registers }]
    for (let way = open.pop(); way; way = open.pop()) {
      if (visited[way.at] === visit) continue
      visited[way.at] = visit
      const instruction = this.#instructions[way.at]!
      switch (instruction.kind) {
        case 'match':
          this.match = Int32Array.from(way.registers)
          return true
        case 'branch':
          open.push({ at: instruction.other, registers: way.registers })
          open.push({ at: instruction.out, registers: way.registers })
          break
        case 'next':
          open.push({ at: instruction.out, registers: way.registers })
          break
        case 'assert':
          if ((instruction.flags & ~this.#flags) === 0)
            open.push({ at: instruction.out, registers: way.registers })
          break
        case 'capture': {
          const register = this.#registerOf[instruction.slot]!
          const set =
            register > 0 && register < this.#perThread ? way.registers.with(register, PLACE) : way.registers
          open.push({ at: instruction.out, registers: set })
          break
        }
        case 'point':
          if (this.#point >= 0 && isIn(this.#point, instruction.ranges))
            this.#keep(instruction.out, way.registers)
          break
      }
    }
    return false
  }

  #keep(thread: number, registers: readonly number[]): void {
    // Of two ways that go on alike the preferred one is enough.
    if (this.threads.includes(thread)) return
    this.threads.push(thread)
    this.registers.push(...registers)
  }

  /** Whether all registers stay where they are. What a search has in its registers is never read. */
  keepsRegisters(before: number): boolean {
    if (this.threads.length > before) return false
    const per = this.#perThread
    return this.registers.every((source, i) => source === i || this.threads[Math.floor(i / per)] === SEARCH)
  }
}

function isIn(point: number, ranges: readonly number[]): boolean {
  let low = 0
  let high = ranges.length / 2
  while (low < high) {
    const middle = (low + high) >> 1
    if (ranges[2 * middle + 1]! < point) low = middle + 1
    else high = middle
  }
  return 2 * low < ranges.length && ranges[2 * low]! <= point
}

const registerValue = (source: number, registers: Int32Array, at: number): number =>
  source >= 0 ? registers[source]! : source === PLACE ? at : -1

/** The code point at a place. */
function pointAt(a: Uint8Array, at: number): number {
  const byte = a[at]!
  if (byte < 0x80) return byte
  if (byte < 0xe0) return ((byte & 31) << 6) | (a[at + 1]! & 63)
  const rest = ((a[at + 1]! & 63) << 6) | (a[at + 2]! & 63)
  if (byte < 0xf0) return ((byte & 15) << 12) | rest
  return ((byte & 7) << 18) | (rest << 6) | (a[at + 3]! & 63)
}

const pointSize = (byte: number): number => (byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4)

/** A code point that is like the one before a place to any assertion. */
const pointBefore = (a: Uint8Array, at: number): number => Math.min(a[at - 1]!, 0x80)
