import { expect, it } from 'vitest'
import { execStream } from '../../../src/connectors/net/exec.ts'
import { processTarget } from '../../../src/connectors/net/targets.ts'
import { textOf } from './servers.ts'

const node = process.execPath

it('the output of a line for the shell, and of a program with arguments that no shell reads', async () => {
  expect(await textOf(execStream('printf "a\\nb\\n" | tail -n 1'))).toBe('b\n')
  expect(await textOf(execStream([node, '-e', 'console.log(process.argv[1])', '$(id); *']))).toBe(
    '$(id); *\n',
  )
})

it('the environment and the directory of a command', async () => {
  expect(await textOf(execStream('echo $PLACE; pwd', { env: { PLACE: 'here' }, cwd: '/' }))).toBe('here\n/\n')
})

it('a command that fails says how, with what it wrote to its standard error', async () => {
  const failing = textOf(execStream('echo one; echo no such unit >&2; exit 3'))
  await expect(failing).rejects.toMatchObject({
    code: 'PROCESS_FAILED',
    message: expect.stringContaining('it ended with code 3: no such unit'),
  })
  await expect(textOf(execStream(['no-such-program']))).rejects.toMatchObject({
    code: 'PROCESS_FAILED',
    message: expect.stringContaining('there is no such program'),
  })
})

it('a command that never ends is ended with its children when nobody reads on', async () => {
  const pids = await textOf(
    execStream(`echo $$; ${node} -e 'console.log(process.pid); setInterval(() => {}, 1e6)'`),
    4,
  )
  for (const pid of pids.trim().split('\n').map(Number)) expect(isAlive(pid)).toBe(false)
})

it('rows go to the standard input of a command, whose code has to be 0', async () => {
  const good = processTarget('exec cat', 'cat >/dev/null', {})
  await good.open()
  await good.write(Buffer.from('a\n'))
  await good.end()
  await good.close()
  const bad = processTarget('exec false', 'cat >/dev/null; echo full >&2; exit 1', {})
  await bad.open()
  await bad.write(Buffer.from('a\n'))
  await expect(bad.end()).rejects.toThrow('exec false failed: it ended with code 1: full')
  await bad.close()
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
