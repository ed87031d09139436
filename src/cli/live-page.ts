/** `--ui`: the live page of a command's job. */

import type { Job } from '../index.ts'
import { numberIn } from './usage.ts'

export const UI_OPTIONS = { ui: { type: 'boolean' }, 'ui-port': { type: 'string' } } as const

/** What `--help` says of them. */
export const UI_HELP = `  --ui                 a live page of the job, until Ctrl-C: http://127.0.0.1:8081
  --ui-port N          its port; 0: any that is free (default: 8081)`

/** The live page of a job, while there is one. */
export interface LivePage {
  /** The page stays as it is until Ctrl-C. */
  stay(): Promise<void>
}

/** Serves the page of a job, if it was asked for, and says where it is on stderr. */
export async function livePage(
  job: Job,
  name: string,
  values: { readonly ui?: boolean | undefined; readonly 'ui-port'?: string | undefined },
): Promise<LivePage | undefined> {
  const port = numberIn(values['ui-port'], 'ui-port', { least: 0, most: 65_535, whole: true })
  if (!values.ui && port === undefined) return undefined
  const page = await job.dashboard({ name, ...(port === undefined ? {} : { port }) })
  process.stderr.write(`live page ${page.url}\n`)
  return {
    async stay() {
      process.stderr.write(`live page ${page.url}, until Ctrl-C\n`)
      await untilAsked()
      await page.close()
    },
  }
}

/** Resolves at the first SIGINT or SIGTERM. */
async function untilAsked(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  // Listeners of signals keep no process running.
  const held = setInterval(() => {}, 2 ** 30)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  await promise
  clearInterval(held)
}
