import { MessageChannel } from 'node:worker_threads'
import { afterEach, expect, it, vi } from 'vitest'
import { CoordinatorEnd, newLineMemory, ShardEnd } from '../../src/workers/line.ts'

afterEach(() => void vi.restoreAllMocks())

const nothing = () => {}

/** Both ends of a line in one thread. What is sent counts up; what comes back is kept. */
function line() {
  const { port1, port2 } = new MessageChannel()
  const memory = newLineMemory()
  const got: number[] = []
  const coordinator = new CoordinatorEnd(memory, port1, (_, frame) => void got.push(frame.take()))
  const shard = new ShardEnd(memory, port2)
  let sent = 0
  const owed: number[] = []
  const ends = {
    got,
    send: () => coordinator.send(1, frame => frame.put(sent++)),
    receive: () => void owed.push(shard.receive().frame.take()),
    reply: (canWait = false) => {
      const number = owed.shift()!
      shard.reply(1, frame => frame.put(number), canWait)
    },
    close: () => {
      coordinator.close()
      shard.close()
    },
  }
  return { ...ends, shard, coordinator }
}

const OPERATIONS = ['store', 'load', 'exchange', 'compareExchange'] as const

/** Does something just before or after `Atomics[operation]` is called for the `nth` time from now. */
function during(
  operation: (typeof OPERATIONS)[number],
  nth: number,
  when: 'before' | 'after',
  work: () => void,
) {
  const real = Atomics[operation] as (...args: unknown[]) => unknown
  let calls = 0
  vi.spyOn(Atomics, operation).mockImplementation(((...args: unknown[]) => {
    const mine = ++calls === nth
    if (mine && when === 'before') work()
    const result = real(...args)
    if (mine && when === 'after') work()
    return result
  }) as never)
}

const operations = OPERATIONS.flatMap(operation =>
  [1, 2, 3, 4].flatMap(nth => (['before', 'after'] as const).map(when => [operation, nth, when] as const)),
)

/** Lets messages of ports arrive until it holds; false if it does not though all has arrived. */
async function soon(holds: () => boolean): Promise<boolean> {
  for (let turn = 0; turn < 20 && !holds(); turn++) await new Promise(resolve => setImmediate(resolve))
  return holds()
}

it.each(operations)(
  'the coordinator hears of a reply that comes while it takes another: %s %i %s',
  async (...at) => {
    const { got, send, receive, reply, close } = line()
    send()
    send()
    receive()
    receive()
    reply()
    let second = false
    const replySecond = () => {
      second = true
      reply()
    }
    during(...at, replySecond)
    expect(await soon(() => got.length > 0)).toBe(true)
    vi.restoreAllMocks()
    if (!second) replySecond()
    expect(await soon(() => got.length === 2)).toBe(true)
    expect(got).toEqual([0, 1])
    close()
  },
)

it.each(operations)(
  'a shard hears of a request that comes while it falls asleep: %s %i %s',
  async (...at) => {
    const { send, shard, close } = line()
    let [sent, heard] = [false, false]
    during(...at, () => {
      sent = true
      send()
    })
    shard.listen().then(() => {
      heard = true
    }, nothing)
    vi.restoreAllMocks()
    if (!sent) send()
    expect(await soon(() => heard)).toBe(true)
    close()
  },
)

it('a coordinator that dozes takes replies that can wait when it likes, or with one that cannot', async () => {
  const { got, send, receive, reply, coordinator, close } = line()
  coordinator.doze(true)
  for (let i = 0; i < 3; i++) send()
  for (let i = 0; i < 3; i++) receive()
  reply(true)
  expect(await soon(() => got.length > 0)).toBe(false)
  coordinator.receiveAll()
  expect(got).toEqual([0])
  reply(true)
  reply()
  expect(await soon(() => got.length === 3)).toBe(true)
  close()
})

it('a coordinator that dozes no longer takes what has come soon, not while it sends to others', async () => {
  const { got, send, receive, reply, coordinator, close } = line()
  coordinator.doze(true)
  send()
  receive()
  reply(true)
  coordinator.doze(false)
  expect(got).toEqual([])
  expect(await soon(() => got.length === 1)).toBe(true)
  close()
})

it.each(operations)(
  'a coordinator that dozes no longer hears of a reply that can wait and comes just then: %s %i %s',
  async (...at) => {
    const { got, send, receive, reply, coordinator, close } = line()
    coordinator.doze(true)
    send()
    receive()
    let replied = false
    during(...at, () => {
      replied = true
      reply(true)
    })
    coordinator.doze(false)
    vi.restoreAllMocks()
    if (!replied) reply(true)
    expect(await soon(() => got.length === 1)).toBe(true)
    close()
  },
)
