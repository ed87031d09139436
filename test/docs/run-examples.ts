/**
 * Runs examples in a process of their own: `node run-examples.ts FILE…`, in the directory they may use. The last line
 * it prints is JSON: for each file what it printed, and how it failed if it did.
 */

import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { entries } from './entries.ts'

registerHooks({
  resolve: (specifier, context, next) => {
    const file = entries[specifier]
    return file ? { url: pathToFileURL(file).href, shortCircuit: true } : next(specifier, context)
  },
})

const write = process.stdout.write.bind(process.stdout)
let output = ''
process.stdout.write = ((text: string | Uint8Array, ...rest: unknown[]) => {
  output += typeof text === 'string' ? text : Buffer.from(text).toString('utf8')
  for (const done of rest) if (typeof done === 'function') done()
  return true
}) as typeof process.stdout.write

const results: { output: string; failed?: string; ms: number }[] = []
for (const file of process.argv.slice(2)) {
  output = ''
  const began = performance.now()
  const failed = await import(pathToFileURL(file).href).then(
    () => undefined,
    error => inspect(error),
  )
  const ms = Math.round(performance.now() - began)
  results.push({ output, ms, ...(failed === undefined ? {} : { failed }) })
}
write(JSON.stringify(results), () => process.exit())
