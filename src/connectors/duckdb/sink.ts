/**
 * A DuckDB table as a sink: exactly once.
 *
 * The rows of an epoch and its number are committed in one transaction, so that after a crash the table says itself
 * how far it got: table `millrace_epochs` holds, per sink table and job, the last epoch that is in. An epoch that is
 * already there is not written again. Rows of a changelog, and rows with keys, are gathered first (`changes-table.ts`).
 */

import { stat } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type Batch, rowCount } from '../../core/batch/batch.ts'
import type { Sink, SinkContext } from '../../core/connector.ts'
import { ConnectorError, PlanError } from '../../core/errors.ts'
import { writesEpoch } from '../../core/sink-epochs.ts'
import { isTimestamp, timestampUnit, timestampZone } from '../../core/types/column-type.ts'
import type { Schema } from '../../core/types/schema.ts'
import { uniqueId } from '../../core/unique-id.ts'
import { quoteIdentifier } from '../../sql/quote.ts'
import { sqlType } from '../../sql/types.ts'
import { ChangesTable } from './changes-table.ts'
import { RowStage } from './chunk-writer.ts'
import { DatabaseCopy } from './database-copy.ts'
import { explain } from './errors.ts'
import { type Database, openDatabase } from './instances.ts'
import { textParam, wholeParam } from './params.ts'
import { RowFeed } from './row-feed.ts'
import { shortQuery } from './short-query.ts'

export interface DuckdbSinkOptions {
  /**
   * `replace` (the default): the first epoch of a job drops and makes the table again, in its own transaction; until
   * then, and if the job fails before, the old rows stay. `append`: rows are added to what is there.
   */
  readonly mode?: 'replace' | 'append'
  /**
   * What the job is called in the table's record of commits. By default its identity, which a snapshot keeps: a restored
   * job finds what it wrote. A name is for a job over data that ends, which is run again from its beginning after a crash.
   */
  readonly job?: string
  /**
   * Columns that no two rows of the table share: a row takes the place of the one that has its keys, also of one that was
   * there before the job (`mode: 'append'`). Nulls are equal. Without keys, rows are added, and those that a changelog
   * takes back are found by all their columns, or by the keys that the plan knows.
   */
  readonly keys?: string | readonly string[]
  /**
   * A file that others can open: while a job writes the database, no other process can. It gets a copy of the whole database,
   * in one step, after a commit now and then, and at the end.
   */
  readonly snapshotTo?: string
  /** How often, at most; a minute by default. */
  readonly snapshotEveryMs?: number
}

export interface DuckdbSink extends Sink {
  committed(): Promise<number | undefined>
}

/** Where the last epoch of each job is written down. */
export const EPOCHS_TABLE = 'millrace_epochs'

/** Rows gathered before DuckDB gets them: half of one of its row groups, twice. */
const STAGE_ROWS = 61_440

/**
 * A table of a DuckDB file as a sink. Names may hold any characters but NUL.
 *
 * Errors: `DATABASE_LOCKED`, `CORRUPT_FILE`, `PERMISSION` and others of the file; `SINK_SCHEMA` when rows are appended
 * to a table of other columns, or the columns differ by upper and lower case only; `SINK_IS_VIEW`; `SINK_BUSY` when two
 * sinks of this process write one table; `SINK_BEHIND` when a restored job finds another table than it left; `DISK_FULL`;
 * `FILE_CHANGED` when the file is deleted or replaced under way.
 */
export function duckdbSink(path: string, table: string, options: DuckdbSinkOptions = {}): DuckdbSink {
  return new TableSink(path, table, options)
}

class TableSink implements DuckdbSink {
  readonly label: string
  readonly guarantee = 'exactly-once'
  readonly accepts: 'upsert' | 'changes'
  readonly keys?: readonly string[]
  #committed: number | undefined
  readonly #path: string
  readonly #table: string
  readonly #target: string
  readonly #mode: 'replace' | 'append'
  #job: string | undefined
  #schema: Schema = []
  #database: Database | undefined
  #connection: DuckDBConnection | undefined
  #feed: RowFeed | undefined
  #stages: RowStage[] = []
  /** For rows that are not just added. */
  #changes: ChangesTable | undefined
  #inserting: Promise<void> | undefined
  #insertError: unknown
  /** Whether it is this sink that is down as the table's writer. */
  #holdsTable = false
  #inTransaction = false
  readonly #copy: DatabaseCopy | undefined
  /** Of the file as it was opened. */
  #inode: number | undefined
  /** The epoch under way is in the table already: its rows are dropped. */
  #skipping = false

  constructor(path: string, table: string, options: DuckdbSinkOptions) {
    const { mode = 'replace', job, keys, snapshotTo, snapshotEveryMs } = options
    this.#copy = snapshotTo === undefined ? undefined : new DatabaseCopy(path, snapshotTo, snapshotEveryMs)
    this.#path = path
    this.#table = table
    this.#target = quoteIdentifier(table)
    this.#mode = mode
    this.#job = job
    this.accepts = keys === undefined ? 'changes' : 'upsert'
    if (keys !== undefined) this.keys = [keys].flat()
    this.label = `duckdb ${path} ${table}`
    if (table.toLowerCase() === EPOCHS_TABLE) {
      throw new PlanError('SINK_TABLE', `${EPOCHS_TABLE} is where sinks keep their epochs`, {
        hint: 'give the results another table',
      })
    }
  }

  async open(schema: Schema, context?: SinkContext): Promise<void> {
    this.#schema = schema
    this.#job ??= context?.job ?? uniqueId()
    checkNames(schema, this.label)
    const database = await openDatabase(this.#path)
    this.#database = database
    this.#inode = (await stat(this.#path)).ino
    const name = this.#table.toLowerCase()
    if (database.writing.has(name)) {
      throw new ConnectorError('SINK_BUSY', `${this.label} is already being written by this process`, {
        hint: 'give each sink a table of its own, or union the datasets first',
      })
    }
    database.writing.add(name)
    this.#holdsTable = true
    try {
      const connection = await database.connect()
      this.#connection = connection
      // An insert waits for rows of ours. If a thread of DuckDB's own ran it, the one that asked for it would spin.
      await database.exclusively(() => connection.run('SET threads = 1'))
      // Two connections that both make this table would conflict: one at a time, and before any long transaction.
      await database.exclusively(() =>
        connection.run(
          `CREATE TABLE IF NOT EXISTS ${EPOCHS_TABLE} (sink VARCHAR NOT NULL, job VARCHAR NOT NULL, epoch BIGINT NOT NULL)`,
        ),
      )
      const present = await this.#lookUp()
      // Where the table is gone, its record of commits says nothing any more.
      this.#committed = present ? await this.#lastEpoch() : undefined
      if (present && (this.#mode === 'append' || this.#committed !== undefined)) await this.#checkColumns()
      this.#changes = this.#changesOf(schema, context)
      await this.#changes?.create(connection)
      const staged = this.#changes?.schema ?? schema
      this.#feed = await RowFeed.open(database, connection, staged)
      this.#stages = [new RowStage(staged, STAGE_ROWS)]
    } catch (error) {
      throw this.#explain(error)
    }
  }

  #changesOf(schema: Schema, context: SinkContext | undefined): ChangesTable | undefined {
    const changes = context?.rows === 'changes'
    if (!changes && this.keys === undefined) return undefined
    // Rows of others that were there before may share the keys that the plan knows.
    const known = this.#mode === 'replace' ? context?.keys : undefined
    const { label } = this
    const keys = this.keys ?? known
    return new ChangesTable({ label, target: this.#target, schema, keys, overwrites: !changes })
  }

  async committed(): Promise<number | undefined> {
    return this.#committed
  }

  async begin(epoch: number): Promise<void> {
    this.#skipping = !writesEpoch(this.label, this.#committed, epoch)
    if (this.#skipping) return
    try {
      await this.#run('BEGIN TRANSACTION')
      this.#inTransaction = true
      const columns = this.#schema.map(({ name, type }) => `${quoteIdentifier(name)} ${sqlType(type)}`)
      const create = `${this.#target} (${columns.join(', ')})`
      if (this.#mode === 'append') await this.#run(`CREATE TABLE IF NOT EXISTS ${create}`)
      else if (epoch === 0) {
        await this.#run(`DROP TABLE IF EXISTS ${this.#target}`)
        await this.#run(`CREATE TABLE ${create}`)
      }
    } catch (error) {
      throw this.#explain(error)
    }
  }

  async write(batch: Batch): Promise<void> {
    if (this.#skipping) return
    const count = rowCount(batch)
    try {
      const rows = this.#changes?.gather(batch) ?? batch
      for (let from = 0; from < count; ) {
        const stage = this.#stages[0]!
        from += stage.append(rows, from)
        if (stage.isFull) await this.#insert()
      }
    } catch (error) {
      throw this.#explain(error)
    }
  }

  async commit(epoch: number, isEnd = false): Promise<void> {
    if (this.#skipping) return
    try {
      await this.#checkFile()
      await this.#insert()
      await this.#settle()
      await this.#changes?.apply(this.#connection!)
      await this.#markEpoch(epoch)
      await this.#run('COMMIT')
      this.#inTransaction = false
      this.#committed = epoch
      await this.#copy?.afterCommit(this.#connection!, isEnd)
    } catch (error) {
      throw this.#explain(error)
    }
  }

  /** What is written to a file that has lost its name is lost with it. */
  async #checkFile(): Promise<void> {
    const found = await stat(this.#path).catch(() => undefined)
    if (found?.ino === this.#inode) return
    const what = found ? 'was replaced by another file' : 'was deleted'
    throw new ConnectorError('FILE_CHANGED', `${JSON.stringify(this.#path)} ${what} while it was written`, {
      hint: 'its rows are lost: run the job again',
    })
  }

  async abort(): Promise<void> {
    if (this.#inserting) {
      this.#connection?.interrupt()
      await this.#inserting
    }
    this.#inserting = undefined
    this.#insertError = undefined
    for (const stage of this.#stages) stage.clear()
    this.#changes?.clear()
    if (!this.#inTransaction) return
    this.#inTransaction = false
    // After a failed commit DuckDB has rolled back itself.
    await this.#run('ROLLBACK').catch(() => {})
  }

  async close(): Promise<void> {
    const database = this.#database
    if (!database) return
    this.#database = undefined
    // Whatever fails, the table is free for whoever writes to it next.
    try {
      await this.abort()
      this.#feed?.close()
    } finally {
      if (this.#holdsTable) database.writing.delete(this.#table.toLowerCase())
      if (database.writing.size === 0) await this.#connection?.run('RESET threads').catch(() => {})
      this.#connection?.disconnectSync()
      this.#connection = undefined
      await database.release()
    }
  }

  /** Sends the staged rows on their way; waits only for those before them. */
  async #insert(): Promise<void> {
    const stage = this.#stages[0]!
    if (stage.rows === 0) return
    await this.#settle()
    const staged = this.#changes?.schema ?? this.#schema
    this.#stages = [this.#stages[1] ?? new RowStage(staged, STAGE_ROWS), stage]
    const target = this.#changes?.gathered ?? this.#target
    this.#inserting = this.#feed!.insert(this.#connection!, target, stage).then(
      () => stage.clear(),
      error => {
        this.#insertError = error
      },
    )
  }

  async #settle(): Promise<void> {
    await this.#inserting
    this.#inserting = undefined
    if (this.#insertError !== undefined) throw this.#insertError
  }

  async #run(sql: string): Promise<void> {
    await this.#connection!.run(sql)
  }

  async #rows(sql: string, params: ReturnType<typeof textParam>[]) {
    return (await shortQuery(this.#database!, sql, params, this.#connection!)).rows
  }

  /** Whether the table is there. */
  async #lookUp(): Promise<boolean> {
    const rows = await this.#rows(
      `SELECT table_type FROM information_schema.tables
WHERE table_catalog = current_database() AND table_schema = current_schema() AND lower(table_name) = lower($1)`,
      [textParam(this.#table)],
    )
    if (rows.length > 0 && rows[0]![0] === 'VIEW') {
      throw new ConnectorError(
        'SINK_IS_VIEW',
        `${this.label} is a view, and rows cannot be written to a view`,
        {
          hint: 'give the results another name, or drop the view first',
        },
      )
    }
    return rows.length > 0
  }

  async #checkColumns(): Promise<void> {
    const result = await this.#connection!.runAndReadAll(`SELECT * FROM ${this.#target} LIMIT 0`)
    const types = result.columnTypes()
    const there = result.columnNames().map((name, i) => `${name} ${types[i]!.toString()}`)
    // Asked of DuckDB, which spells types in ways of its own.
    const nulls = this.#schema.map(({ type }) => `CAST(NULL AS ${sqlType(type)})`)
    const own = (await this.#connection!.runAndReadAll(`SELECT ${nulls.join(', ')} LIMIT 0`)).columnTypes()
    const wanted = this.#schema.map(({ name }, i) => `${name} ${own[i]!.toString()}`)
    if (there.length === wanted.length && there.every((column, i) => column === wanted[i])) return
    throw new ConnectorError(
      'SINK_SCHEMA',
      `${this.label} has the columns (${there.join(', ')}), but the rows to append have (${wanted.join(', ')})`,
      { hint: "select and cast the columns to match, or write with mode: 'replace'" },
    )
  }

  async #lastEpoch(): Promise<number | undefined> {
    const rows = await this.#rows(`SELECT max(epoch) FROM ${EPOCHS_TABLE} WHERE sink = $1 AND job = $2`, [
      textParam(this.#table),
      textParam(this.#job!),
    ])
    const epoch = rows[0]?.[0]
    return epoch === null || epoch === undefined ? undefined : Number(epoch)
  }

  /** Writes the epoch down in the transaction of its rows. Jobs whose rows a replace has dropped are forgotten. */
  async #markEpoch(epoch: number): Promise<void> {
    const sink = textParam(this.#table)
    const job = textParam(this.#job!)
    if (this.#mode === 'replace') await this.#rows(`DELETE FROM ${EPOCHS_TABLE} WHERE sink = $1`, [sink])
    else await this.#rows(`DELETE FROM ${EPOCHS_TABLE} WHERE sink = $1 AND job = $2`, [sink, job])
    await this.#rows(`INSERT INTO ${EPOCHS_TABLE} VALUES ($1, $2, $3)`, [sink, job, wholeParam(epoch)])
  }

  #explain(error: unknown): Error {
    return explain(error, this.label, 'SINK')
  }
}

function checkNames(schema: Schema, label: string): void {
  const seen = new Map<string, string>()
  if (schema.length === 0) {
    throw new ConnectorError('SINK_SCHEMA', `${label} cannot hold rows without columns`)
  }
  for (const { name, type } of schema) {
    quoteIdentifier(name)
    const lower = name.toLowerCase()
    const other = seen.get(lower)
    if (other !== undefined) {
      throw new ConnectorError(
        'SINK_SCHEMA',
        `${label} cannot have both ${JSON.stringify(other)} and ${JSON.stringify(name)}: DuckDB does not tell upper from lower case`,
        { hint: 'rename one of them' },
      )
    }
    seen.set(lower, name)
    if (isTimestamp(type) && timestampZone(type) !== undefined && timestampUnit(type) === 'ns') {
      throw new PlanError(
        'UNSUPPORTED_TYPE',
        `column ${JSON.stringify(name)} is ${type}, and DuckDB has no nanoseconds with a zone`,
        { hint: `cast it to timestamp[us, ${timestampZone(type)}]` },
      )
    }
  }
}
