/** The sources behind the package's public names, in a clone of this repository. */
export const SOURCES: Readonly<Record<string, URL>> = {
  millrace: new URL('../../index.ts', import.meta.url),
  'millrace/live': new URL('../../live/index.ts', import.meta.url),
  'millrace/models': new URL('../../models/index.ts', import.meta.url),
  'millrace/plot': new URL('../../plot/index.ts', import.meta.url),
  'millrace/testing': new URL('../../testing.ts', import.meta.url),
}
