// Where the log goes. A full disk, a closed pipe or a reader that does not read costs lines, which are counted; it never costs a
// request, and never ends the server.
import { writeSync } from 'node:fs'
import { Socket } from 'node:net'

/** What a log is written to: `process.stdout`, `process.stderr`, or an object that receives the lines. */
interface Target {
  write(lines: string): void
}

export interface LogDestination extends Target {
  /** Lines that were lost since the start. */
  dropped(): number
  /** Why the last lines were lost; undefined if they were written. */
  failure(): string | undefined
}

/** Characters that wait for the reader of a pipe, at most. */
const maxWaiting = 4_194_304

export function createLogDestination(target: Target, now: () => number = Date.now): LogDestination {
  const write = writerFor(target)
  let dropped = 0
  let untold = 0
  let failure: string | undefined

  const lose = (count: number, reason: string) => {
    dropped += count
    untold += count
    failure = reason
  }
  return {
    dropped: () => dropped,
    failure: () => failure,
    write(lines) {
      const told = untold
      untold = 0
      write(told === 0 ? lines : describeLoss(told, failure, now()) + lines, (error, rest) => {
        if (!error) return void (failure = undefined)
        // The notice is no line of the log, and what it told is told again.
        lose(Math.min(countLines(rest), countLines(lines)), error.code ?? error.message)
        untold += told
      })
    },
  }
}

/** Calls `done`, now or later, with the error and the text that was not written. */
type Writer = (text: string, done: (error: NodeJS.ErrnoException | null | undefined, rest: string) => void) => void

function writerFor(target: Target): Writer {
  if (target instanceof Socket) return toPipe(target)
  if ('fd' in target && typeof target.fd === 'number') return toFile(target.fd)
  return (text, done) => {
    try {
      target.write(text)
    } catch (error) {
      return done(error as Error, text)
    }
    done(null, '')
  }
}

/** Node's own stream for a file is unusable after its first error, also if the disk has space again. */
function toFile(fd: number): Writer {
  let isTorn = false
  return (text, done) => {
    let rest = Buffer.from(isTorn ? `\n${text}` : text)
    try {
      while (rest.length > 0) {
        const written = writeSync(fd, rest)
        if (written > 0) isTorn = rest[written - 1] !== lineFeed
        rest = rest.subarray(written)
      }
    } catch (error) {
      return done(error as Error, rest.toString())
    }
    done(null, '')
  }
}

const lineFeed = 10

/** Pipes, sockets (of the journal, for example) and terminals. */
function toPipe(socket: Socket): Writer {
  socket.on('error', () => {}) // Each write reports its own error; without a listener, an error would end the process.
  return (text, done) => {
    if (!socket.writable) return done(new Error('the pipe is closed'), text)
    if (socket.writableLength > maxWaiting) return done(new Error('the reader of the pipe does not read'), text)
    socket.write(text, (error) => done(error, error ? text : ''))
  }
}

function countLines(text: string): number {
  return text.split('\n').length - 1
}

/** In the form of the other lines. */
function describeLoss(count: number, reason: string | undefined, time: number): string {
  const msg = `${count} lines of the log were dropped before this one, because they could not be written: ${reason}`
  return `${JSON.stringify({ level: 50, time, pid: process.pid, msg })}\n`
}
