/**
 * Files that a sink writes exactly once.
 *
 * The rows of an epoch are parts in a hidden directory beside what is written; the file `state.json` there says which of them
 * are committed. Now and then, at the end at the latest, the parts become files and are moved to where others see them. What
 * is moved is written down before, in the same step that commits the epoch: whoever opens the directory after a crash goes on
 * with the moves, and throws away what no commit knows.
 */

import { createHash } from 'node:crypto'
import { copyFile, link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ConnectorError } from '../../core/errors.ts'

export interface EpochFilesOptions {
  /** One file, or a directory of files. */
  readonly kind: 'file' | 'folder'
  /** How the names of files end: `.parquet`. */
  readonly extension: string
  /** Of folders: a file is made of what came in this time, ms. Default: at each commit. */
  readonly rollEveryMs?: number | undefined
  /** Of folders: a file is made once parts have this many bytes. */
  readonly rollBytes?: number | undefined
  /** Of folders: whether there may be files of other jobs. */
  readonly append?: boolean
}

/**
 * Makes files of parts, in order, below a directory.
 *
 * @param parts none where there were no rows; they stay as they are
 * @param folderOf what `nextPart` was told of a part
 * @returns their paths below the directory; of a sink of one file exactly one
 */
export type Assemble = (
  parts: readonly string[],
  directory: string,
  folderOf: (part: string) => string,
) => Promise<readonly string[]>

/** Makes a part a file as it is. The part stays: until the commit nobody else knows of the file. */
export async function placePart(part: string, target: string): Promise<void> {
  // Not every file system has links.
  await link(part, target).catch(() => copyFile(part, target))
}

/** What ends an epoch. */
export interface Commit {
  /** Whether the data has ended. */
  readonly isEnd: boolean
  /** Whether the job has: with its data, or because it was stopped. */
  readonly isLast: boolean
  readonly assemble: Assemble
}

interface State {
  /** The last epoch that is committed. */
  readonly epoch: number
  /** Files that others see were made so often. */
  readonly made: number
  /** Committed parts that are not yet in such a file. */
  readonly parts: readonly string[]
  /** By part, the folder that its rows are of, where that is not the one that is written. */
  readonly folders?: Readonly<Record<string, string>>
  /** When the first of them came, ms. */
  readonly sinceMs: number
  /** What is on its way to where others see it. */
  readonly moves?: readonly (readonly [from: string, to: string])[]
}

/** Paths that are being written in this process. */
const writing = new Set<string>()

export class EpochFiles {
  readonly path: string
  readonly #options: EpochFilesOptions
  readonly #work: string
  readonly #tag: string
  #state: State | undefined
  /** Parts of the epoch under way. */
  #fresh: string[] = []
  readonly #folders = new Map<string, string>()
  #next = 0
  #isOpen = false

  /** @param job the job's identity: jobs do not see each other's parts */
  constructor(path: string, job: string, options: EpochFilesOptions) {
    this.path = resolve(path)
    this.#options = options
    this.#tag = createHash('sha256').update(job).digest('hex').slice(0, 12)
    this.#work =
      options.kind === 'file'
        ? join(dirname(this.path), `.${basename(this.path)}.${this.#tag}`)
        : join(this.path, `.millrace-${this.#tag}`)
  }

  /** The last committed epoch of the job, if there is one. */
  get committed(): number | undefined {
    return this.#state?.epoch
  }

  /**
   * Makes the directories, ends what a commit has begun and drops what none knows.
   *
   * @throws {ConnectorError} `SINK_BUSY`, `SINK_EXISTS`, `IS_DIRECTORY`, `DIRECTORY`
   */
  async open(): Promise<void> {
    if (writing.has(this.path)) {
      throw new ConnectorError(
        'SINK_BUSY',
        `${JSON.stringify(this.path)} is already being written by this process`,
        {
          hint: 'give each sink a path of its own, or union the datasets first',
        },
      )
    }
    writing.add(this.path)
    this.#isOpen = true
    await this.#checkTarget()
    await mkdir(this.#work, { recursive: true })
    this.#state = await this.#load()
    for (const [name, folder] of Object.entries(this.#state?.folders ?? {})) this.#folders.set(name, folder)
    if (this.#state?.moves) await this.#move(this.#state)
    const kept = new Set(['state.json', ...(this.#state?.parts ?? [])])
    for (const name of await readdir(this.#work)) if (!kept.has(name)) await this.#remove(name)
  }

  /** Where the next part of the epoch is to be written. @param folder of the rows in it: `year=2026/` */
  nextPart(epoch: number, folder = ''): string {
    const name = `${epoch}-${this.#next++}${this.#options.extension}`
    this.#fresh.push(name)
    if (folder !== '') this.#folders.set(name, folder)
    return join(this.#work, name)
  }

  /**
   * Commits the parts of the epoch; makes files of all that wait, if it is time for it. A folder shows what there is also where
   * a job is stopped (`isLast`); one file is made at the end of the data only.
   */
  async commit(epoch: number, { isEnd, isLast, assemble }: Commit): Promise<void> {
    const before = this.#state ?? { made: 0, parts: [], sinceMs: 0 }
    const parts = [...before.parts, ...this.#fresh]
    const sinceMs = before.parts.length > 0 ? before.sinceMs : Date.now()
    const { made } = before
    const shows = this.#options.kind === 'folder' && parts.length > 0
    if (!(isEnd || (shows && (isLast || (await this.#isTime(parts, sinceMs)))))) {
      const folders = Object.fromEntries(this.#folders)
      await this.#save({ epoch, made, parts, sinceMs, ...(this.#folders.size > 0 && { folders }) })
    } else {
      const directory = join(this.#work, 'made')
      await rm(directory, { recursive: true, force: true })
      await mkdir(directory)
      const paths = parts.map(name => join(this.#work, name))
      const files = await assemble(paths, directory, part => this.#folders.get(basename(part)) ?? '')
      const moves = files.map((file): [string, string] => [join('made', file), this.#target(file, made)])
      const state = { epoch, made: made + 1, parts: [], sinceMs: 0, moves }
      await this.#save(state)
      await this.#move(state)
      for (const name of parts) await this.#remove(name)
      this.#folders.clear()
    }
    this.#fresh = []
    this.#next = 0
    if (isEnd) await this.end()
  }

  /** Nothing comes any more, and all of it is where others see it. */
  async end(): Promise<void> {
    await rm(this.#work, { recursive: true, force: true })
  }

  /** Drops the parts of the epoch under way. */
  async abort(): Promise<void> {
    const fresh = this.#fresh
    this.#fresh = []
    for (const name of fresh) {
      this.#folders.delete(name)
      await this.#remove(name)
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    writing.delete(this.path)
    // Nobody can go on from here.
    if (!this.#state) await rm(this.#work, { recursive: true, force: true })
  }

  async #checkTarget(): Promise<void> {
    const { kind, extension, append } = this.#options
    const there = await stat(this.path).catch(() => undefined)
    if (kind === 'file' && there?.isDirectory()) {
      throw new ConnectorError(
        'IS_DIRECTORY',
        `${JSON.stringify(this.path)} is a directory, not a file to be written`,
        { hint: 'partitionBy, rollEveryMs or rollBytes write a folder of files; else give the name of one' },
      )
    }
    if (kind === 'file' || append || !there) return
    if (!there.isDirectory()) {
      throw new ConnectorError(
        'DIRECTORY',
        `${JSON.stringify(this.path)} is a file, not a directory for files`,
        { hint: 'give the path of a folder: it gets a file now and then' },
      )
    }
    const names = await readdir(this.path, { recursive: true })
    const other = names.find(
      name =>
        name.endsWith(extension) &&
        !name.split(/[/\\]/).some(piece => piece.startsWith('.')) &&
        !name.includes(this.#tag),
    )
    if (other === undefined) return
    throw new ConnectorError(
      'SINK_EXISTS',
      `${JSON.stringify(this.path)} already holds files, such as ${JSON.stringify(other)}`,
      {
        hint: "write to another folder, or beside them: mode: 'append'",
      },
    )
  }

  /** Where a file goes: below a folder under a name that no other job and no other commit gives. */
  #target(file: string, made: number): string {
    if (this.#options.kind === 'file') return this.path
    const number = String(made).padStart(6, '0')
    return join(this.path, dirname(file), `${this.#tag}-${number}-${basename(file)}`)
  }

  async #isTime(parts: readonly string[], sinceMs: number): Promise<boolean> {
    const { rollEveryMs, rollBytes } = this.#options
    if (rollEveryMs === undefined && rollBytes === undefined) return true
    if (rollEveryMs !== undefined && Date.now() - sinceMs >= rollEveryMs) return true
    if (rollBytes === undefined) return false
    let bytes = 0
    for (const name of parts) bytes += (await stat(join(this.#work, name))).size
    return bytes >= rollBytes
  }

  async #move(state: State): Promise<void> {
    for (const [from, to] of state.moves!) {
      await mkdir(dirname(to), { recursive: true })
      await rename(join(this.#work, from), to).catch(error => {
        // It was moved before a crash.
        if (error.code !== 'ENOENT') throw error
      })
    }
    const { moves: _moved, ...rest } = state
    await this.#save(rest)
  }

  async #load(): Promise<State | undefined> {
    const text = await readFile(join(this.#work, 'state.json'), 'utf8').catch(() => undefined)
    return text === undefined ? undefined : (JSON.parse(text) as State)
  }

  /** Whole or not at all, also when the machine loses power. */
  async #save(state: State): Promise<void> {
    const path = join(this.#work, 'state.json')
    const file = await open(`${path}.new`, 'w')
    try {
      await file.writeFile(JSON.stringify(state))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${path}.new`, path)
    this.#state = state
  }

  #remove(name: string): Promise<void> {
    return rm(join(this.#work, name), { recursive: true, force: true })
  }
}
