/** What DuckDB's messages mean, as errors with a code. */

import { ConnectorError, MillraceError } from '../../core/errors.ts'

interface Meaning {
  readonly pattern: RegExp
  readonly code: string
  readonly say: (where: string) => string
  readonly hint?: string
}

const MEANINGS: readonly Meaning[] = [
  {
    pattern:
      /No space left on device|ENOSPC|Disk quota exceeded|File too large|out of disk space|wrote only|Could not write all bytes/i,
    code: 'DISK_FULL',
    say: where => `there is no room left on the disk for ${where}`,
    hint: 'free some space or write elsewhere; what was committed before is still there',
  },
  {
    pattern: /Could not set lock on file|Conflicting lock|being used by another process/i,
    code: 'DATABASE_LOCKED',
    say: where => `${where} is open in another process`,
    hint: 'close it there (a DuckDB shell, a notebook, another job), or use another file',
  },
  {
    pattern: /database has been invalidated/i,
    code: 'DUCKDB',
    say: where => `DuckDB gave up while it read ${where}, because of a file that was read beside it`,
    hint: 'read it again: the next job gets another DuckDB',
  },
  {
    pattern: /is encrypted, but/i,
    code: 'UNSUPPORTED_FILE',
    say: where => `${where} is encrypted`,
    hint: 'write it again without encryption: Millrace keeps no keys',
  },
  {
    pattern:
      /Unsupported compression codec|MAP_KEY_VALUE requires|^Not implemented Error|not supported|encoding is only supported|Unsupported (?:encoding|type|logical)/i,
    code: 'UNSUPPORTED_FILE',
    say: where => `${where} may be whole, but it has what DuckDB does not read`,
    hint: 'write the file again without it: with pyarrow or Spark, for example, and compression zstd',
  },
  {
    pattern:
      /not a valid DuckDB database file|Corrupt database|Checksum .*(?:does not match|mismatch)|Failed to load metadata|Serialization Error|No magic bytes found|too small to be a Parquet file|Invalid Parquet|TProtocolException|Failed to read|Footer length error|don't know what type|ZSTD Decompression|Snappy|Gzip|Out of buffer|Malformed|Corrupt|unexpected end|could not read enough bytes|reading from page|Invalid string encoding/i,
    code: 'CORRUPT_FILE',
    say: where => `${where} is damaged, cut short, or of another format`,
  },
  {
    pattern: /No files found that match/i,
    code: 'FILE_NOT_FOUND',
    say: () => 'the query names a file that is not there',
    hint: 'paths are relative to the working directory of the process',
  },
  {
    pattern: /do not support negative intervals/i,
    code: 'SINK_SCHEMA',
    say: where => `${where}: Parquet has no durations below zero`,
    hint: "cast the column to text before: .cast({ took: 'utf8' })",
  },
  {
    pattern: /disabled by configuration/i,
    code: 'SQL',
    say: where => `a query of ${where} reads its own tables, and no other files`,
    hint: 'in sql`…` put a dataset where the file stands: ${read.csv(path)}; read.duckdb(path, { sql, allowFiles: true }) and --allow-files let a query reach files',
  },
  {
    pattern:
      /^Conversion Error: (?:Unimplemented type for cast \(.* -> .*\[\]\)|Type .* can't be cast to the destination type .*\[\])/,
    code: 'SQL',
    say: where => `the SQL of ${where} takes a value for a list`,
    hint: 'what is cast to a list must be one; an array in sql`…` is a list, and stands for its elements only where it is all that is in the brackets of IN: IN (${[1, 2]}), not IN (${1}, ${[2]})',
  },
  {
    pattern: /Extension Autoloading Error|Missing Extension Error/i,
    code: 'EXTENSION',
    say: where => `${where} needs an extension of DuckDB that is not installed`,
    hint: 'Millrace installs none. Install it once, with DuckDB of the same version: duckdb -c "INSTALL httpfs"',
  },
  {
    pattern:
      /HTTP (?:Error|GET|HEAD)|Connection error|Could not (?:connect|establish)|SSL|Unable to connect/i,
    code: 'NETWORK',
    say: where => `${where} could not be fetched`,
    hint: 'for s3 make a secret in DuckDB first: CREATE PERSISTENT SECRET …',
  },
  {
    // `at` begins AT (VERSION => …) since DuckDB 1.3, and is a common name of columns.
    pattern: /syntax error at or near[\s\S]*LINE \d+:[\s\S]*[\s,(.]at\b(?!\s+time\s+zone|\s*\()/i,
    code: 'SQL',
    say: where => `the SQL of ${where} has a syntax error`,
    hint: 'at is a word of DuckDB\'s SQL: a column of that name is "at", in double quotes',
  },
  {
    pattern: /Permission denied|Read-only file system|Operation not permitted/i,
    code: 'PERMISSION',
    say: where => `${where} may not be opened by this process`,
    hint: 'check the owner and the mode of the file and of its directory',
  },
  {
    pattern: /attached in read-only mode|in read-only mode|read-only mode!/i,
    code: 'READ_ONLY',
    say: where => `${where} is open for reading only`,
  },
]

/** After these an instance of DuckDB refuses everything. */
const LAST_WORDS = /^(?:INTERNAL|FATAL) Error|database has been invalidated/i
let ended = 0

/** How often an instance has said its last words: one that was made before may be among them. */
export const instancesEnded = (): number => ended

/** DuckDB's message without the lines that repeat the SQL. */
export const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim()

/** The same with what it suggests: `Candidate bindings: "path"`. */
const beforeSql = (text: string): string => text.split('\n\nLINE ')[0]!.trim()

/**
 * DuckDB's error as a {@link ConnectorError}; errors of ours pass as they are.
 *
 * @param where what was being read or written: `"f.duckdb"`
 * @param otherwise the code for any other message
 */
export function explain(error: unknown, where: string, otherwise = 'DUCKDB'): MillraceError {
  if (error instanceof MillraceError) return error
  const text = error instanceof Error ? error.message : String(error)
  const isLast = LAST_WORDS.test(text)
  if (isLast) ended++
  for (const { pattern, code, say, hint } of MEANINGS) {
    // An assertion that failed inside DuckDB names what it tripped over, not what is wrong.
    if (isLast && code !== 'DUCKDB') continue
    if (pattern.test(text)) {
      return new ConnectorError(code, `${say(where)} (DuckDB: ${firstLine(error)})`, {
        ...(hint === undefined ? {} : { hint }),
        cause: error,
      })
    }
  }
  return new ConnectorError(
    otherwise,
    `DuckDB failed on ${where}: ${isLast ? firstLine(error) : beforeSql(text)}`,
    { cause: error },
  )
}
