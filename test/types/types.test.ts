import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { FULL } from '../effort.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))

/** What the type checker prints for a project of this folder. */
const check = (project: string, ...options: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const args = [compiler, '--noEmit', '--pretty', 'false', '-p', here + project, ...options]
    execFile(process.execPath, args, { cwd: here, maxBuffer: 1 << 26 }, (error, stdout) => {
      // The checker exits with 1 or 2 when it finds errors, which is an answer too.
      if (error && typeof error.code !== 'number') reject(error)
      else resolve(stdout)
    })
  })

// `npm run typecheck` compiles these files with all others, and so do the static checks of CI.
it.runIf(FULL)('what makes no sense does not compile, and what does has the rows it should', async () => {
  // Errors in the sources are the business of `npm run typecheck`.
  const errors = (await check('tsconfig.json'))
    .split('\n')
    .filter(line => line.includes('error TS') && !line.startsWith('../../src/'))
  expect(errors).toEqual([])
})

/** Type instantiations that the verbs of `cost.fixture.ts` need. Raise it only for a reason worth writing down. */
const PINNED_INSTANTIATIONS = 9256

it.runIf(FULL)(
  'thirty chained verbs cost the type checker what they cost when this was written, give or take 20 %',
  async () => {
    const instantiations = async (project: string) =>
      Number(
        /Instantiations:\s+(\d+)/.exec(await check(project, '--extendedDiagnostics', '--singleThreaded'))![1],
      )
    const cost =
      (await instantiations('cost.tsconfig.json')) - (await instantiations('cost-baseline.tsconfig.json'))
    expect(cost / PINNED_INSTANTIATIONS).toBeGreaterThan(0.8)
    expect(cost / PINNED_INSTANTIATIONS).toBeLessThan(1.2)
  },
)
