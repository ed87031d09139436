/** Files that are read as they grow: through renaming, cutting off, restarts. */

import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rowsOf } from '../../../src/core/batch/rows.ts'
import { type Job, type JobOptions, read, type Sink } from '../../../src/index.ts'
import { temporaryDirectory } from '../duckdb/helpers.ts'

const directory = temporaryDirectory()
const fresh = () => mkdtempSync(join(directory, 'follow-'))

/** Keeps the texts that come, and says when some have. */
class Texts implements Sink {
  readonly label = 'texts'
  readonly guarantee = 'at-least-once'
  readonly texts: string[] = []
  #wake = () => {}

  /** Resolves once so many texts have come in all. */
  async until(count: number): Promise<readonly string[]> {
    while (this.texts.length < count)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    return this.texts
  }

  async write(batch: Parameters<Sink['write']>[0]) {
    this.texts.push(...rowsOf(batch).map(row => String(row.text)))
    this.#wake()
  }
  async open() {}
  async begin() {}
  async commit() {}
  async abort() {}
  async close() {}
}

async function following(
  paths: string,
  act: (sink: Texts, job: Job) => Promise<void>,
  options: JobOptions = {},
) {
  const sink = new Texts()
  const job = await read
    .lines(paths, { follow: true })
    .write(sink)
    .start({ shards: 0, ...options })
  try {
    await act(sink, job)
  } finally {
    await job.abort().catch(() => {})
  }
  return sink.texts
}

describe('a followed file', () => {
  it('gives lines as they end, also where it appears later', async () => {
    const path = join(fresh(), 'later.log')
    const texts = await following(path, async sink => {
      writeFileSync(path, 'one\ntwo\npart')
      await sink.until(2)
      appendFileSync(path, 'ial\n')
      await sink.until(3)
      appendFileSync(path, 'no end')
    })
    expect(texts).toEqual(['one', 'two', 'partial'])
  })

  it('is read to its end after it was renamed, and then the one that took its place', async () => {
    const path = join(fresh(), 'app.log')
    writeFileSync(path, 'one\nun')
    const texts = await following(path, async sink => {
      await sink.until(1)
      renameSync(path, `${path}.1`)
      appendFileSync(`${path}.1`, 'finished')
      writeFileSync(path, 'two\n')
      await sink.until(3)
      appendFileSync(path, 'three\n')
      await sink.until(4)
    })
    expect(texts).toEqual(['one', 'unfinished', 'two', 'three'])
  })

  it('begins again where it was cut off', async () => {
    const path = join(fresh(), 'app.log')
    writeFileSync(path, 'one\ntwo\n')
    const texts = await following(path, async sink => {
      await sink.until(2)
      truncateSync(path)
      appendFileSync(path, 'x\n')
      await sink.until(3)
    })
    expect(texts).toEqual(['one', 'two', 'x'])
  })

  it('is read in any blocks, also lines longer than they are', async () => {
    const path = join(fresh(), 'app.log')
    const lines = Array.from({ length: 50 }, (_, i) => `${i} ${'x'.repeat((i * 37) % 300)}`)
    writeFileSync(path, lines.map(line => `${line}\n`).join(''))
    const texts = await following(path, async sink => void (await sink.until(50)), {
      batchRows: 1,
      shards: 2,
    })
    expect(texts).toEqual(lines)
  })
})

describe('a job over a followed file goes on', () => {
  /** Reads two lines, stops, lets something happen to the file, and reads on. */
  async function restarted(happens: (path: string) => void, expected: number): Promise<string[]> {
    const path = join(fresh(), 'app.log')
    writeFileSync(path, 'one\ntwo\n')
    const sink = new Texts()
    const begin = (options: JobOptions) => read.lines(path, { follow: true }).write(sink).start(options)
    const job = await begin({ shards: 2 })
    await sink.until(2)
    const snapshot = await job.stop()
    happens(path)
    const next = await begin({ shards: 0, restore: structuredClone(snapshot) })
    await sink.until(expected)
    await next.abort()
    return sink.texts
  }

  it('where it was stopped', async () => {
    expect(await restarted(path => appendFileSync(path, 'three\n'), 3)).toEqual(['one', 'two', 'three'])
  })

  it('in a file that was renamed, through those that came after it', async () => {
    const rotate = (path: string) => {
      appendFileSync(path, 'three\n')
      renameSync(path, `${path}.2`)
      writeFileSync(`${path}.1`, 'four\nfive')
      writeFileSync(path, 'six\n')
    }
    expect(await restarted(rotate, 6)).toEqual(['one', 'two', 'three', 'four', 'five', 'six'])
  })

  it('at the beginning of one that was cut off or replaced', async () => {
    const cut = (path: string) => {
      truncateSync(path)
      appendFileSync(path, 'x\n')
    }
    expect(await restarted(cut, 3)).toEqual(['one', 'two', 'x'])
    const replace = (path: string) => {
      rmSync(path)
      writeFileSync(path, 'other\nthan before\n')
    }
    expect(await restarted(replace, 4)).toEqual(['one', 'two', 'other', 'than before'])
  })
})

describe('a followed directory', () => {
  it('gives the files that appear, with the columns their paths name', async () => {
    const folder = join(fresh(), 'logs')
    mkdirSync(join(folder, 'day=2026-01-01'), { recursive: true })
    writeFileSync(join(folder, 'day=2026-01-01', 'a.log'), 'one\n')
    const texts = await following(folder, async sink => {
      await sink.until(1)
      writeFileSync(join(folder, 'day=2026-01-01', 'b.log'), 'two\n')
      await sink.until(2)
      mkdirSync(join(folder, 'day=2026-01-02'))
      writeFileSync(join(folder, 'day=2026-01-02', 'a.log'), 'three\n')
      appendFileSync(join(folder, 'day=2026-01-01', 'a.log'), 'four\n')
      await sink.until(4)
    })
    expect(texts.toSorted()).toEqual(['four', 'one', 'three', 'two'])
  })
})

it('packed files, and other encodings, are not followed', async () => {
  const counted = (path: string, options = {}) =>
    following(path, async () => {}, options).catch(error => error.code)
  expect(await counted(join(fresh(), 'x.log.gz'))).toBe('FOLLOW')
  expect(() => read.lines('x.log', { follow: true, encoding: 'latin1' })).toThrow(/FOLLOW|latin1/)
})

describe('other formats', () => {
  it('are followed, too: a header is read once a file, from file to file', async () => {
    const path = join(fresh(), 'sold.csv')
    const sink = new Texts()
    const job = await read
      .csv(path, { text: 'utf8', n: 'int32' }, { follow: true })
      .filter(r => r.n.gt(1))
      .write(sink)
      .start({ shards: 0 })
    writeFileSync(path, 'n,te')
    appendFileSync(path, 'xt\n1,a\n2,"b\n')
    appendFileSync(path, 'c"\n')
    expect(await sink.until(1)).toEqual(['b\nc'])
    renameSync(path, `${path}.1`)
    writeFileSync(path, 'text,n\nd,3\n')
    expect(await sink.until(2)).toEqual(['b\nc', 'd'])
    await job.abort()
  })

  it('are followed, too: lines of JSON', async () => {
    const path = join(fresh(), 'events.jsonl')
    const sink = new Texts()
    const job = await read.json(path, { text: 'utf8' }, { follow: true }).write(sink).start({ shards: 0 })
    writeFileSync(path, '{"text":"a"}\n{"te')
    await sink.until(1)
    appendFileSync(path, 'xt":"b"}\n')
    expect(await sink.until(2)).toEqual(['a', 'b'])
    await job.abort()
  })
})
