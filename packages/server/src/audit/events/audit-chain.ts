// The chain of one node's events: every event gets the node's next number and a MAC under a key that is not in the store, so
// that one that is altered, moved, inserted or missing shows. seal-events.ts closes the numbering from time to time.
import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import type { Insertable } from 'kysely'
import { hmacSha256 } from '../../keys/hmac.ts'
import type { KeyRing } from '../../keys/key-ring.ts'
import type { Schema } from '../../store/schema.ts'
import type { AuditEvent } from './audit-event.ts'

export type EventRow = Required<Insertable<Schema['audit_events']>>

export interface AuditChain {
  /** Eight hexadecimal digits, new at every start. */
  readonly node: string
  /** The event as a row, with its place in the chain. Every row must be settled or skipped in the end. */
  stamp(event: AuditEvent, at: number): EventRow
  /** The row is stored for good. */
  settle(row: EventRow): void
  /** The row will never be stored; its number stays empty, which the next seal says. */
  skip(row: EventRow): void
  /** How many rows are neither settled nor skipped. */
  underWay(): number
  /** What a seal can say now: the last number up to which nothing is under way, and which numbers before it are empty. */
  takeSealable(): { readonly lastEvent: number; readonly skipped: readonly number[] }
  /** Under the current version of the key. */
  mac(values: readonly unknown[]): string
}

export function createAuditChain(pepper: KeyRing): AuditChain {
  const node = randomBytes(4).toString('hex')
  const mac = createMac(pepper)
  const underWay = new Set<number>()
  let skipped: number[] = []
  let last = 0
  let latestAt = 0
  const prefixAt = (at: number) => `${idFrom(at)}-${node}-`
  let prefix = prefixAt(latestAt)

  return {
    node,
    stamp(event, at) {
      if (at > latestAt) {
        latestAt = at
        prefix = prefixAt(at)
      }
      last++
      underWay.add(last)
      const row = toRow(`${prefix}${last.toString(16).padStart(8, '0')}`, event, at)
      const values: unknown[] = Object.values(row)
      values.pop() // the MAC, still to come
      row.mac = mac(values)
      return row
    },
    settle: (row) => void underWay.delete(numberOf(row.id)),
    skip(row) {
      const number = numberOf(row.id)
      if (underWay.delete(number)) skipped.push(number)
    },
    underWay: () => underWay.size,
    takeSealable() {
      const lastEvent = Math.min(last, ...[...underWay].map((number) => number - 1))
      const sealed = skipped.filter((number) => number <= lastEvent)
      skipped = skipped.filter((number) => number > lastEvent)
      return { lastEvent, skipped: sealed.toSorted((a, b) => a - b) }
    },
    mac,
  }
}

/** The number of an event on its node. */
export function numberOf(id: string): number {
  return Number.parseInt(id.slice(-8), 16)
}

export function nodeOf(id: string): string {
  return id.slice(13, 21)
}

/** Ids of events at or after an instant are not before this. */
export function idFrom(at: number): string {
  return at.toString(16).padStart(12, '0')
}

/** MACs "version:22 characters" (128 bits) under keys that are derived from the pepper, so no further key has to be kept. */
export function createMac(pepper: KeyRing): (values: readonly unknown[], version?: number) => string {
  const keys = new Map<number, KeyObject>()
  for (const [version, key] of pepper.versions) keys.set(version, createSecretKey(hmacSha256(key, 'countersign audit chain'), 'base64url'))
  return (values, version = pepper.currentVersion) => {
    const key = keys.get(version)
    return key ? `${version}:${hmacSha256(key, JSON.stringify(values)).slice(0, 22)}` : ''
  }
}

/** Kysely takes the columns in the order of these members, and the MAC, still to come, is over the values before it in this order. */
function toRow(id: string, event: AuditEvent, at: number): EventRow {
  return {
    id,
    at,
    kind: event.kind,
    outcome: event.outcome,
    reason: event.reason ?? null,
    realm: event.realm ?? null,
    organization_id: event.organizationId ?? null,
    // The one value that is as callers sent it: what a database could not keep as it is would break the MAC.
    client_id: event.clientId?.toWellFormed().replaceAll('\0', '\uFFFD') ?? null,
    address: event.address ?? null,
    request_id: event.requestId ?? null,
    detail: JSON.stringify(event.detail ?? {}),
    mac: '',
  }
}
