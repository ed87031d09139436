/**
 * The line between the coordinator and a shard: places for a few frames in shared memory, and a message port.
 *
 * A request is answered by one reply, in order, and the coordinator sends no more than {@link AHEAD} requests that are not
 * answered: so that every {@link AHEAD}th frame has the same place both ways, and no place is ever written over before it
 * was read. Either side counts what it has published, and wakes the other only where that one said that it sleeps: the
 * shard by a notification, or by the port where it must not block; the coordinator by the port, which it hears in its
 * event loop. A coordinator that dozes is not woken by replies that can wait until it wakes by itself: to wake it takes
 * either thread more than a small step does. It says when it is woken: what it was woken for may need what waits on other
 * lines.
 *
 * The port also brings attachments: those of a request before it is published, those of a reply after, so that they wake the
 * coordinator as well.
 */

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { FrameReader, FrameWriter, hasAttachments, kindOf } from './frame.ts'

/** Requests sent ahead, so that a shard does not wait while the coordinator is busy. A power of two. */
export const AHEAD = 8

/** Numbers in a place: a few hundred columns. A frame that is longer goes by the port. */
const PLACE = 1 << 11

/** Words that either side reads and writes, each in a cache line of its own. */
const [REQUESTS, REPLIES, SHARD_SLEEPS, COORDINATOR_SLEEPS] = [0, 16, 32, 48]
const WORDS = 64

const AWAKE = 0
/** How a shard sleeps. Until it is notified: a thread that does nothing else. */
const BLOCKED = 1
/** Until a message comes. */
const LISTENING = 2

/** How the coordinator sleeps, if it does: until any reply, or until one that cannot wait. */
const [ASLEEP, DOZING] = [1, 2]

/** What wakes who listens; attachments are arrays. */
const WAKE = 0

/** The memory of a line. */
export type LineMemory = SharedArrayBuffer

/** @param count both ends count frames from here on, in 32 bits that wrap around */
export function newLineMemory(count = 0): LineMemory {
  const memory = new SharedArrayBuffer(4 * WORDS + 2 * 8 * AHEAD * PLACE)
  const words = new Int32Array(memory, 0, WORDS)
  words[REQUESTS] = count
  words[REPLIES] = count
  return memory
}

/** The count after this one: of messages there is no end, of numbers in a word there is. */
const next = (count: number): number => (count + 1) | 0

/** Which place the frame of a count has. */
const placeOf = (count: number): number => count & (AHEAD - 1)

interface Places {
  readonly words: Int32Array
  readonly requests: readonly Float64Array[]
  readonly replies: readonly Float64Array[]
}

function placesIn(memory: LineMemory): Places {
  const at = (place: number) => new Float64Array(memory, 4 * WORDS + 8 * PLACE * place, PLACE)
  return {
    words: new Int32Array(memory, 0, WORDS),
    requests: Array.from({ length: AHEAD }, (_, i) => at(i)),
    replies: Array.from({ length: AHEAD }, (_, i) => at(AHEAD + i)),
  }
}

/** What has come through a port and not been taken: attachments, in order. */
class Attachments {
  readonly #port: MessagePort
  readonly #arrived: (readonly unknown[])[] = []

  constructor(port: MessagePort) {
    this.#port = port
  }

  /** Takes a message that the event loop brought. */
  add(message: unknown): void {
    if (message !== WAKE) this.#arrived.push(message as unknown[])
  }

  /** Those of the next frame that has any; undefined: they are still on their way. */
  take(): readonly unknown[] | undefined {
    while (this.#arrived.length === 0) {
      const next = receiveMessageOnPort(this.#port)
      if (!next) return undefined
      this.add(next.message)
    }
    return this.#arrived.shift()
  }
}

const NOTHING: readonly unknown[] = []

/** The coordinator's end. */
export class CoordinatorEnd {
  readonly #port: MessagePort
  readonly #places: Places
  readonly #attachments: Attachments
  readonly #writer = new FrameWriter()
  readonly #reader = new FrameReader()
  readonly #onReply: (kind: number, frame: FrameReader) => void
  #sent: number
  #received: number
  #dozes = false
  #receiving = false

  /**
   * @param onReply is called with every reply, in the order of the requests; it reads it before it sends anything
   * @param onWoken is called when a message has woken this end, after it has taken what was there
   */
  constructor(
    memory: LineMemory,
    port: MessagePort,
    onReply: (kind: number, frame: FrameReader) => void,
    onWoken: () => void = () => {},
  ) {
    this.#places = placesIn(memory)
    this.#port = port
    this.#attachments = new Attachments(port)
    this.#onReply = onReply
    const { words } = this.#places
    this.#sent = words[REQUESTS]!
    this.#received = words[REPLIES]!
    words[COORDINATOR_SLEEPS] = ASLEEP
    port.on('message', message => {
      this.#attachments.add(message)
      this.receiveAll()
      onWoken()
    })
    // The thread's task keeps the process alive.
    port.unref()
  }

  /** Whether another request may be sent now. */
  get hasRoom(): boolean {
    return ((this.#sent - this.#received) | 0) < AHEAD
  }

  /** Sends a request, of which there is room for one. */
  send(kind: number, write: (frame: FrameWriter) => void): void {
    const { words, requests } = this.#places
    const frame = this.#writer.begin(requests[placeOf(this.#sent)]!, kind)
    write(frame)
    const attachments = frame.end()
    if (attachments.length > 0) this.#port.postMessage(attachments)
    this.#sent = next(this.#sent)
    Atomics.store(words, REQUESTS, this.#sent)
    const asleep = Atomics.exchange(words, SHARD_SLEEPS, AWAKE)
    if (asleep === BLOCKED) Atomics.notify(words, SHARD_SLEEPS)
    else if (asleep === LISTENING) this.#port.postMessage(WAKE)
  }

  close(): void {
    this.#port.close()
  }

  /**
   * Whether replies that can wait wake nobody from now on. Those that have come are taken soon, never at once: whoever calls
   * may be about to send a step to several shards, and a reply that is taken in between would have later steps sent first.
   */
  doze(dozes: boolean): void {
    if (dozes === this.#dozes) return
    this.#dozes = dozes
    // If it is receiving, or has been woken, it will say so when it has received all.
    if (this.#receiving) return
    const { words } = this.#places
    Atomics.compareExchange(words, COORDINATOR_SLEEPS, dozes ? ASLEEP : DOZING, dozes ? DOZING : ASLEEP)
    if (!dozes && this.#received !== Atomics.load(words, REPLIES)) queueMicrotask(() => this.receiveAll())
  }

  /** Takes all replies that are there, and says that it sleeps. */
  receiveAll(): void {
    // Whoever takes a reply may ask for others: they are taken after it.
    if (this.#receiving) return
    this.#receiving = true
    const { words } = this.#places
    try {
      do {
        while (this.#received !== Atomics.load(words, REPLIES) && this.#receive());
        Atomics.store(words, COORDINATOR_SLEEPS, this.#dozes ? DOZING : ASLEEP)
        // What was published before that has woken nobody.
      } while (this.#received !== Atomics.load(words, REPLIES) && this.#receive())
    } finally {
      this.#receiving = false
    }
  }

  /** Takes one reply, unless its attachments are still on their way: they will wake this end. */
  #receive(): boolean {
    const place = this.#places.replies[placeOf(this.#received)]!
    const attachments = hasAttachments(place) ? this.#attachments.take() : NOTHING
    if (!attachments) return false
    this.#received = next(this.#received)
    this.#onReply(kindOf(place), this.#reader.begin(place, attachments))
    return true
  }
}

/** The shard's end. */
export class ShardEnd {
  readonly #port: MessagePort
  readonly #places: Places
  readonly #attachments: Attachments
  readonly #writer = new FrameWriter()
  readonly #reader = new FrameReader()
  #received: number
  #sent: number
  #listening = false
  #heard: (() => void) | undefined

  constructor(memory: LineMemory, port: MessagePort) {
    this.#places = placesIn(memory)
    this.#port = port
    this.#attachments = new Attachments(port)
    // What it answers it has received: it may begin after the first request was sent.
    this.#received = this.#sent = this.#places.words[REPLIES]!
  }

  get hasRequest(): boolean {
    return Atomics.load(this.#places.words, REQUESTS) !== this.#received
  }

  /** Blocks the thread until there is a request. */
  block(): void {
    const { words } = this.#places
    while (!this.hasRequest) {
      Atomics.store(words, SHARD_SLEEPS, BLOCKED)
      // On that word, not on the count: a coordinator that was held up while it sent what has been answered already ends this
      // sleep, too, and would end no other.
      if (!this.hasRequest) Atomics.wait(words, SHARD_SLEEPS, BLOCKED)
    }
    Atomics.store(words, SHARD_SLEEPS, AWAKE)
  }

  /** Waits for a request in the event loop: what else runs in the thread goes on. */
  async listen(): Promise<void> {
    const { words } = this.#places
    this.#startListening()
    while (!this.hasRequest) {
      const heard = new Promise<void>(resolve => {
        this.#heard = resolve
      })
      Atomics.store(words, SHARD_SLEEPS, LISTENING)
      if (!this.hasRequest) await heard
    }
    Atomics.store(words, SHARD_SLEEPS, AWAKE)
  }

  /** The request that has come. */
  receive(): { readonly kind: number; readonly frame: FrameReader } {
    const place = this.#places.requests[placeOf(this.#received)]!
    this.#received = next(this.#received)
    // Those of a request were posted before it was published.
    const attachments = hasAttachments(place) ? this.#attachments.take()! : NOTHING
    return { kind: kindOf(place), frame: this.#reader.begin(place, attachments) }
  }

  close(): void {
    this.#port.close()
  }

  /**
   * Answers the oldest request that is not answered.
   *
   * @param canWait a coordinator that dozes need not hear of it now
   */
  reply(kind: number, write: (frame: FrameWriter) => void, canWait = false): void {
    const { words, replies } = this.#places
    const frame = this.#writer.begin(replies[placeOf(this.#sent)]!, kind)
    write(frame)
    const attachments = frame.end()
    this.#sent = next(this.#sent)
    Atomics.store(words, REPLIES, this.#sent)
    // Attachments wake the coordinator by themselves. It may have taken them already and sleep again: that is not ended here.
    if (attachments.length > 0) this.#port.postMessage(attachments)
    else if (this.#mustWake(canWait)) this.#port.postMessage(WAKE)
  }

  #mustWake(canWait: boolean): boolean {
    const { words } = this.#places
    if (canWait && Atomics.load(words, COORDINATOR_SLEEPS) !== ASLEEP) return false
    return Atomics.exchange(words, COORDINATOR_SLEEPS, AWAKE) !== AWAKE
  }

  /** From then on: without a listener, messages that come while the event loop runs would be lost. */
  #startListening(): void {
    if (this.#listening) return
    this.#listening = true
    this.#port.on('message', message => {
      this.#attachments.add(message)
      this.#heard?.()
    })
  }
}
