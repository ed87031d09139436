/**
 * JSON as bytes: what readers look at, and where they say what is wrong.
 *
 * Functions that read take an offset and give the one after what they read. `-1` means that the record is bad: the input
 * then says why. Nothing is thrown, because a file may have as many bad records as good ones.
 */

/** Bytes with a meaning in JSON. */
export const QUOTE = 0x22
export const BACKSLASH = 0x5c
export const COMMA = 0x2c
export const COLON = 0x3a
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d
export const OPEN_LIST = 0x5b
export const CLOSE_LIST = 0x5d
export const MINUS = 0x2d
export const DOT = 0x2e
export const NEWLINE = 0x0a

/** The first four bytes of `null` and `true`, and of `alse`, as little-endian words. */
export const NULL_WORD = 0x6c6c756e
export const TRUE_WORD = 0x65757274
export const ALSE_WORD = 0x65736c61

/** What a reader gives for a bad record. */
export const BAD = -1

export type JsonProblem = 'JSON_SYNTAX' | 'UTF8' | 'VALUE_TYPE' | 'ROW_TYPE'

export class JsonInput {
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(new ArrayBuffer(0))
  /** Readers stop here. */
  end = 0
  /** 1 for the bytes that may stand between tokens: in lines of JSON, a line feed may not. */
  readonly space: Uint8Array
  /** Set by {@link JsonInput.fail}: where, what, and in which column, outermost name first. */
  at = 0
  code: JsonProblem = 'JSON_SYNTAX'
  problem = ''
  hint: string | undefined
  path: string[] = []

  constructor(lines: boolean) {
    this.space = new Uint8Array(256)
    this.space[0x20] = this.space[0x09] = this.space[0x0d] = 1
    if (!lines) this.space[NEWLINE] = 1
  }

  /** Begins with other bytes. */
  take(bytes: Uint8Array): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.end = bytes.length
  }

  /** Notes what is wrong at an offset. */
  fail(at: number, code: JsonProblem, problem: string, hint?: string): typeof BAD {
    this.at = at
    this.code = code
    this.problem = problem
    this.hint = hint
    this.path = []
    return BAD
  }

  /** Notes that something else was expected at `at`. */
  unexpected(at: number, expected: string): typeof BAD {
    return this.fail(at, 'JSON_SYNTAX', `${expected} expected, got ${this.show(at)}`)
  }

  /** What stands at an offset, for messages. */
  show(at: number): string {
    if (at >= this.end || this.bytes[at] === NEWLINE) return 'the end of the record'
    const byte = this.bytes[at]!
    if (byte < 0x20 || byte === 0x7f) return `byte 0x${byte.toString(16).padStart(2, '0')}`
    return byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `byte 0x${byte.toString(16)}`
  }
}
