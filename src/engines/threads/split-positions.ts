/** How far each split of a job's sources has been read. Splits are known by their labels. */

import { rowCount } from '../../core/batch/batch.ts'
import { slice } from '../../core/batch/take.ts'
import type { ReaderMemory, Split, SplitPosition, SplitReader } from '../../core/connector.ts'
import type { JobSnapshot, SavedPosition } from '../../core/engine.ts'
import { ConnectorError } from '../../core/errors.ts'
import type { Scan } from './plan-job.ts'
import type { BatchPart } from './replay-group.ts'

interface Position {
  /** Of the split, unique in the job and the same in every run: part of the order of rows. */
  readonly number: number
  rows: number
  /** Where the split can be opened: `rows`, or at the end of a batch before. */
  from: SplitPosition
  ended: boolean
}

export class SplitPositions {
  /** By source node, then label. */
  readonly #bySource = new Map<string, Map<string, Position>>()
  /** Those that a snapshot knows and that have not appeared yet. */
  readonly #absent = new Map<string, Map<string, Position>>()
  #splits = 0

  /** @throws {ConnectorError} `SPLIT_LABEL` when two splits of a source have one label */
  constructor(scans: readonly Scan[]) {
    for (const { id, source, splits } of scans) {
      const positions = new Map<string, Position>()
      for (const { label } of splits) {
        if (positions.has(label)) throw sameLabel(source.label, label)
        positions.set(label, this.#begin())
      }
      this.#bySource.set(id, positions)
    }
  }

  of(scan: Scan, { label }: Split): Readonly<Position> {
    return this.#bySource.get(scan.id)!.get(label)!
  }

  /** Where a split can be opened again; undefined where its source goes by rows. */
  resumeOf(source: string, label: string): unknown {
    return this.#bySource.get(source)?.get(label)?.from.resume
  }

  /**
   * A split appears; a snapshot may know it.
   *
   * @throws {ConnectorError} `SPLIT_LABEL` when the source has another of this label
   */
  begin(scan: Scan, { label }: Split): void {
    const positions = this.#bySource.get(scan.id)!
    if (positions.has(label)) throw sameLabel(scan.source.label, label)
    const before = this.#absent.get(scan.id)?.get(label)
    this.#absent.get(scan.id)?.delete(label)
    positions.set(label, before ?? this.#begin())
  }

  /** Takes note of a batch that was read. */
  advance(scan: Scan, split: Split, { batch, resume, isPart }: BatchPart): void {
    const position = this.of(scan, split) as Position
    position.rows += rowCount(batch)
    if (isPart) return
    if (resume !== undefined) position.from = { rows: position.rows, resume }
    // Rows after a batch that said where to go on are read again and left out, unless the split counts rows itself.
    else if (position.from.resume === undefined) position.from = { rows: position.rows }
  }

  end(scan: Scan, split: Split): void {
    ;(this.of(scan, split) as Position).ended = true
  }

  save(): JobSnapshot['positions'] {
    const saved: Record<string, Record<string, SavedPosition>> = {}
    for (const [source, positions] of this.#bySource) {
      const of: Record<string, SavedPosition> = Object.create(null)
      for (const [label, { number, rows, from, ended }] of [
        ...positions,
        ...(this.#absent.get(source) ?? []),
      ])
        of[label] = { number, rows, from, ended }
      saved[source] = of
    }
    return structuredClone(saved)
  }

  /**
   * Goes on where a snapshot left the splits; splits that it does not know begin at their beginning.
   *
   * @returns tells whether the snapshot knows a split
   * @throws {ConnectorError} `SPLIT_GONE` when a split is no longer there, and had not ended
   */
  restore(
    saved: JobSnapshot['positions'],
    scans: readonly Scan[],
  ): (source: string, label: string) => boolean {
    const known = Object.values(saved).flatMap(splits => Object.values(splits).map(({ number }) => number))
    this.#splits = Math.max(-1, ...known) + 1
    for (const { id, source } of scans) {
      const positions = this.#bySource.get(id)!
      const before = saved[id] ?? {}
      for (const [label, { ended }] of Object.entries(before)) {
        if (ended || positions.has(label)) continue
        if (source.watchSplits) {
          const absent = this.#absent.get(id) ?? new Map<string, Position>()
          this.#absent.set(id, absent.set(label, structuredClone(before[label]!)))
          continue
        }
        throw new ConnectorError(
          'SPLIT_GONE',
          `${source.label} no longer has ${JSON.stringify(label)}, which the job was reading`,
          {
            hint: 'bring it back, or start the job without a snapshot',
          },
        )
      }
      for (const label of positions.keys())
        positions.set(
          label,
          Object.hasOwn(before, label) ? { ...structuredClone(before[label]!) } : this.#begin(),
        )
    }
    return (source, label) => Object.hasOwn(saved[source] ?? {}, label)
  }

  #begin(): Position {
    return { number: this.#splits++, rows: 0, from: { rows: 0 }, ended: false }
  }
}

const sameLabel = (source: string, label: string) =>
  new ConnectorError('SPLIT_LABEL', `${source} has two splits ${JSON.stringify(label)}`, {
    hint: 'each split of a source needs a label of its own, which snapshots know it by',
  })

/** A reader without its first rows, which were delivered before. */
export function withoutRows(reader: SplitReader, rows: number, { pool }: ReaderMemory): SplitReader {
  if (rows === 0) return reader
  let left = rows
  return {
    async next() {
      for (;;) {
        const read = await reader.next()
        if (!read || left === 0) return read
        const count = rowCount(read.batch)
        if (count > left) {
          const batch = slice(read.batch, left, count)
          left = 0
          return { ...read, batch }
        }
        left -= count
        for (const slab of read.slabs) pool.release(slab)
      }
    },
    close: () => reader.close(),
  }
}
