/** Messages that two wires send each other without threads: through a frame, and attachments that are cloned. */

import { FrameReader, FrameWriter } from '../../src/workers/frame.ts'
import type { StepMessage, StepResult } from '../../src/workers/messages.ts'
import type { RequestMemory } from '../../src/workers/packer.ts'
import type { Wire } from '../../src/workers/wire.ts'

/** Large enough for a small message only. */
const PLACE = 150

/** A frame as the other end finds it, and what was attached. */
export function over(write: (frame: FrameWriter) => unknown) {
  const place = new Float64Array(PLACE)
  const writer = new FrameWriter().begin(place, 0)
  write(writer)
  const attachments = writer.end()
  return { attachments, reader: new FrameReader().begin(place, structuredClone(attachments)) }
}

export interface There {
  readonly message: StepMessage
  readonly memory: RequestMemory
  /** Of the end that sent it. */
  readonly sent: RequestMemory
}

/** A step at the far end. */
export function sentOver(near: Wire, far: Wire, step: StepMessage): There {
  let sent: RequestMemory = []
  const { reader } = over(frame => {
    sent = near.writeStep(step, frame)
  })
  return { ...far.readStep(reader), sent }
}

/** The result of a step, as whoever asked for it gets it. */
export const backOver = (far: Wire, near: Wire, result: StepResult, { memory, sent }: There): StepResult =>
  near.readResult(over(frame => far.writeResult(result, memory, frame)).reader, sent)
