// Readers of the feed that ask for it and do not read: what they cost the servers, first while the kernel takes what is written to them,
// then when more has been written than it takes.
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { logManyChanges } from '@countersign/server/store/log-many-changes.fixture'
import { realm } from '../served-nodes.ts'
import type { FeedCluster } from './feed-cluster.ts'
import { settledMemory } from './measure-memory.ts'

export interface UnreadStreamsOptions {
  readonly readers: number
  /** Changes of the realm; each is about 100 bytes in a stream, and the kernel takes some 4 MB for each connection. */
  readonly changes: number
  readonly settleMs: number
}

/** In which what was written to all of them is read. */
const readingMs = 2000

export async function leaveStreamsUnread(
  cluster: FeedCluster,
  { readers, changes, settleMs }: UnreadStreamsOptions,
  say: (progress: string) => void,
) {
  const { nodes, served, guardCredentials } = cluster
  const { json } = await nodes[0]!.requestToken(guardCredentials)
  const before = await settledMemory(nodes, settleMs)
  let ended = 0
  const sockets: Socket[] = []
  for (let i = 0; i < readers; i++) {
    const socket = await openUnread(Number(new URL(nodes[i % nodes.length]!.url).port), String(json['access_token']))
    sockets.push(socket.once('close', () => ended++))
  }
  const opened = await settledMemory(nodes, settleMs)
  say(`feed: ${readers} streams are not read`)
  await logManyChanges(served.location, realm, changes)
  const written = await settledMemory(nodes, settleMs)
  // A socket tells that it was reset when it is read.
  for (const socket of sockets) socket.resume()
  await pause(readingMs)
  const endedByServers = ended
  for (const socket of sockets) socket.destroy()
  return {
    readers,
    changes,
    endedByServers,
    mebibytesOfAllNodes: { before, opened, written, closed: await settledMemory(nodes, settleMs) },
  }
}

/** A paused socket: nothing is read, not even the headers of the response. */
async function openUnread(port: number, token: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').pause()
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.pause()
  socket.write(
    `GET /${realm}/v1/changes HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\nauthorization: Bearer ${token}\r\n\r\n`,
  )
  return socket
}
