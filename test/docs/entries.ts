import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const src = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url))

/** The files of `src` behind the package's public names. */
export const entries: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['millrace', src('index.ts')],
    ['millrace/models', src('models/index.ts')],
    ['millrace/plot', src('plot/index.ts')],
    ['millrace/live', src('live/index.ts')],
    ['millrace/testing', src('testing.ts')],
  ].filter(([, file]) => existsSync(file!)),
)
