/** What bytes are written to: processes, sockets, standard output. */

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { ConnectorError } from '../../core/errors.ts'
import type { ByteTarget } from './byte-sink.ts'
import { type ExecOptions, endProcess, exitOf, lastOf, notStarted, started } from './exec.ts'
import { connected, connectionFailed } from './socket.ts'

/** Writes, and waits while the other side does not keep up. The bytes are copied: they are the encoder's. */
async function written(stream: Writable, bytes: Uint8Array): Promise<void> {
  if (stream.write(Buffer.from(bytes))) return
  await Promise.race([once(stream, 'drain'), once(stream, 'close')])
}

/** The standard input of a command. It fails unless the command ends with code 0. */
export function processTarget(
  label: string,
  command: string | readonly string[],
  options: ExecOptions,
): ByteTarget {
  let child: ChildProcess | undefined
  let complaint = () => ''
  let broken: Error | undefined
  const failed = (what: string, cause?: unknown) =>
    new ConnectorError('PROCESS_FAILED', `${label} failed: ${what}${complaint()}`, {
      hint: 'run the command by itself; code 0 says that all is well',
      ...(cause === undefined ? {} : { cause }),
    })
  return {
    async open() {
      child = started(command, options, ['pipe', 'ignore', 'pipe'])
      complaint = lastOf(child)
      // A pipe that nobody reads any more: the exit says why.
      child.stdin!.on('error', error => {
        broken ??= error
      })
      child.on('error', error => {
        broken ??= error
      })
    },
    async write(bytes) {
      if (broken || child!.exitCode !== null) throw failed(await endOf(child!, broken), broken)
      await written(child!.stdin!, bytes)
    },
    async end() {
      child!.stdin!.end()
      if (child!.pid === undefined) throw failed(broken ? notStarted(broken) : 'it did not start', broken)
      if (child!.exitCode === null && child!.signalCode === null) await once(child!, 'exit')
      if (child!.exitCode !== 0) throw failed(exitOf(child!.exitCode, child!.signalCode))
    },
    async close() {
      if (child) await endProcess(child)
    },
  }
}

async function endOf(child: ChildProcess, broken: Error | undefined): Promise<string> {
  if (child.pid === undefined) return broken ? notStarted(broken) : 'it did not start'
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return exitOf(child.exitCode, child.signalCode)
}

/** A connection. What the other side had not read when it broke is lost. */
export function socketTarget(label: string, url: URL): ByteTarget {
  const ending = new AbortController()
  let socket: Socket | undefined
  let broken: Error | undefined
  return {
    async open() {
      try {
        socket = await connected(url, ending.signal)
      } catch (error) {
        throw connectionFailed(label, error)
      }
      socket.on('error', error => {
        broken ??= error
      })
    },
    async write(bytes) {
      if (broken || socket!.destroyed) throw connectionFailed(label, broken ?? new Error('it was closed'))
      await written(socket!, bytes)
    },
    async end() {
      if (broken) throw connectionFailed(label, broken)
      socket!.end()
      await Promise.race([once(socket!, 'finish'), once(socket!, 'close')])
    },
    async close() {
      ending.abort()
      socket?.destroy()
    },
  }
}

/**
 * Standard output. When nobody reads it any more (`| head`), the rest is dropped in silence, as other commands do.
 */
export function stdoutTarget(): ByteTarget {
  const { stdout } = process
  let gone = false
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    gone = true
  }
  return {
    async open() {
      stdout.on('error', onError)
    },
    async write(bytes) {
      if (!gone) await written(stdout, bytes)
    },
    async end() {},
    async close() {
      stdout.off('error', onError)
    },
  }
}
