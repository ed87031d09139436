/** What a command of the command line is, and how it exits. */

export interface Command {
  /** Everything `--help` prints. */
  readonly help: string
  /** Runs it; throws what goes wrong. Resolves to the exit code. */
  run(args: readonly string[]): Promise<number>
}

/** Exit codes, as `--help` and the docs give them. */
export const EXIT = Object.freeze({ ok: 0, failure: 1, usage: 2, interrupted: 130, terminated: 143 })
